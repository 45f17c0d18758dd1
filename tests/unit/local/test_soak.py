"""The soak's verdict: a leak and a wrong answer are noticed, and nothing else is."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from local import soak
from local.soak import Demand, Soak

MIB = 1024 * 1024
FLAT = [90 * MIB + each % 3 * 4096 for each in range(100)]
LEAKING = [90 * MIB + 18 * MIB * each // 100 for each in range(100)]
"""A fifth more over the whole run."""
WARMING = [60 * MIB + 30 * MIB * each // 20 for each in range(20)] + FLAT[:80]
"""Half as much again within the first fifth, then flat."""
UNSEEN = "The function's memory was not seen often enough to tell whether it grew."
LATE = [10 * MIB * each for each in range(1, 40)]


@pytest.mark.parametrize(
    ("memory", "problems"),
    [
        ({1: FLAT, 2: LEAKING}, ["The function's memory grew by 7.4%."]),
        ({1: WARMING}, []),
        ({1: FLAT, 2: LATE}, []),
        ({}, [UNSEEN]),
        ({1: []}, [UNSEEN]),
        ({1: [MIB]}, [UNSEEN]),
    ],
)
def test_a_leak_is_noticed_and_a_start_is_not_taken_for_one(
    memory: dict[int, list[int]], problems: list[str]
) -> None:
    assert Soak(memory=memory).problems() == problems


class Function:
    """A Lambda client whose function answers as a test says."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self._answer = answer

    def invoke(self, **_: object) -> dict[str, Any]:
        payload = io.BytesIO(json.dumps(self._answer).encode())
        error = {"FunctionError": "Unhandled"} if "errorType" in self._answer else {}
        return {"Payload": payload, **error}


@pytest.mark.parametrize(
    ("function", "expected", "came"),
    [
        (Function({"request_id": "1", "decision": "match"}), "match", None),
        (Function({"request_id": "1", "decision": "match"}), "no_match", "match"),
        (Function({"errorType": "ImageFormatError"}), "ImageFormatError", None),
        (Function({"errorType": "Runtime.ExitError"}), "match", "Runtime.ExitError"),
        (None, "match", "no answer"),
    ],
)
def test_a_wrong_answer_among_a_million_is_noticed(
    function: Function | None, expected: str, came: str | None
) -> None:
    report = Soak(memory={1: FLAT})
    soak.send(function, "f", Demand("good", {"source": "a"}, expected), report)
    assert report.outcomes == {"good": 1}
    problems = report.problems()
    assert len(problems) == (came is not None)
    assert all(f"came to {came}" in each and expected in each for each in problems)
