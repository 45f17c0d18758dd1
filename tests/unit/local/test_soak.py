"""The soak's verdict: a leak is noticed, and what is none is not taken for one."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from local import soak
from local.soak import Demand, Soak

MIB = 1024 * 1024


def flat(samples: int) -> list[int]:
    return [90 * MIB + each % 3 * 4096 for each in range(samples)]


def warming(samples: int) -> list[int]:
    """Half as much again within the first fifth, then flat."""
    early = samples // 5
    return [60 * MIB + 30 * MIB * each // early for each in range(early)] + flat(samples - early)


def leaking(samples: int) -> list[int]:
    """A fifth more over the whole run."""
    return [90 * MIB + 18 * MIB * each // samples for each in range(samples)]


def test_a_leak_is_a_problem() -> None:
    """Else a function that leaks would be called sound."""
    report = Soak(memory={1: flat(100), 2: leaking(100)})
    assert report.growth == pytest.approx(0.08, abs=0.02)
    (problem,) = report.problems()
    assert "memory grew by" in problem


def test_warming_up_is_no_leak() -> None:
    """Else every run would fail, and nobody would look any more."""
    report = Soak(memory={1: warming(100)})
    assert report.growth == pytest.approx(0, abs=0.001)
    assert report.problems() == []


def test_an_environment_that_came_late_does_not_count() -> None:
    """Else the start of a second environment would look like a leak of the first."""
    report = Soak(memory={1: flat(100), 2: [10 * MIB * each for each in range(1, 40)]})
    assert report.lasting == [flat(100)]
    assert report.problems() == []


@pytest.mark.parametrize("memory", [{}, {1: []}, {1: [MIB]}])
def test_memory_that_was_not_seen_is_a_problem_and_no_traceback(
    memory: dict[int, list[int]],
) -> None:
    """Else a run that measured nothing would pass, or end in a riddle."""
    report = Soak(memory=memory)
    assert report.growth is None
    (problem,) = report.problems()
    assert "not seen often enough" in problem


def test_two_samples_are_enough_for_a_figure() -> None:
    """Else the shortest run would end in a traceback."""
    assert soak.growth([100, 110]) == pytest.approx(0.1)


class Function:
    """A Lambda client whose function answers as a test says."""

    def __init__(self, answer: dict[str, Any], error: str | None = None) -> None:
        self._answer = answer
        self._error = error

    def invoke(self, **_: object) -> dict[str, Any]:
        payload = io.BytesIO(json.dumps(self._answer).encode())
        return {"Payload": payload, **({"FunctionError": self._error} if self._error else {})}


@pytest.mark.parametrize(
    ("function", "expected", "came"),
    [
        (Function({"request_id": "1", "decision": "match"}), "match", None),
        (Function({"request_id": "1", "decision": "match"}), "no_match", "match"),
        (Function({"errorType": "ImageFormatError"}, "Unhandled"), "ImageFormatError", None),
        (Function({"errorType": "Runtime.ExitError"}, "Unhandled"), "match", "Runtime.ExitError"),
        (None, "match", "no answer"),
    ],
)
def test_a_request_that_is_not_answered_as_it_must_be_is_a_problem(
    function: Function | None, expected: str, came: str | None
) -> None:
    """Else a wrong decision among a million would pass unseen."""
    report = Soak(memory={1: flat(100)})
    soak._send(function, "f", Demand("good", {"source": "a"}, expected), report)
    assert report.outcomes == {"good": 1}
    problems = report.problems()
    if came is None:
        assert problems == []
    else:
        (problem,) = problems
        assert f"came to {came}" in problem
        assert problem.endswith(f"in place of {expected}.")


@pytest.mark.parametrize("seconds", ["0", "-1", "9.9", "nan"])
def test_a_run_too_short_to_tell_anything_is_refused_in_one_sentence(
    seconds: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else it would apply an example for a minute and end in a traceback."""
    with pytest.raises(SystemExit) as ended:
        soak.main(["--seconds", seconds])
    assert ended.value.code == 2
    assert "must be 10 or more" in capsys.readouterr().err
