"""Each check passes where AWS is as the module assumes, and fails where it is not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import batched
from typing import Any

import httpx
import pytest

from acceptance import checks
from acceptance.checks import free
from acceptance.model import CHECKS, Result
from acceptance.trial import tried
from local import use
from tests.unit.acceptance.cases import CASES, RENDERED
from tests.unit.acceptance.fakes import Answers, scene

assert checks
TURNED = [(name, number) for name, case in CASES.items() for number in range(len(case.turned))]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing waits, and only the posts of a case are answered."""
    monkeypatch.setattr("local.runs.eventually", _at_once)
    monkeypatch.setattr(free, "rendered", lambda: RENDERED)
    monkeypatch.setattr(free, "stand_in", lambda _album: defaultdict(float))


def _at_once(condition: Any, _seconds: float, what: str, **_more: Any) -> Any:
    for _attempt in range(3):
        if found := condition():
            return found
    raise AssertionError(what)


def _posted(statuses: Iterator[int]) -> Any:
    def post(*_arguments: Any, **_named: Any) -> httpx.Response:
        status = next(statuses)
        content = {"match": True, "decision": "match", "request_id": "r"} if status == 200 else {}
        return httpx.Response(status, json=content)

    return post


def _result(name: str, answers: Answers, status: int, monkeypatch: pytest.MonkeyPatch) -> Result:
    monkeypatch.setattr(httpx, "post", _posted(iter([status] * 5)))
    return tried(CHECKS[name], scene(answers)).result


def test_one_batch_of_a_list_has_no_image_and_each_other_has_one() -> None:
    """Otherwise a run over the tolerance is blamed on the module."""
    put: list[str] = []
    name = "failed-batch-within-tolerance"
    answers = {
        **CASES[name].good,
        "s3.put_object": lambda **call: put.append(call["Body"].decode()),
    }
    assert tried(CHECKS[name], scene(answers)).result is Result.PASSED
    # modules/batch divides calls_per_batch by sources_per_pair.
    batches = batched(put[0].splitlines()[1:], 11 // 2)
    assert [sum(use.DARK in pair for pair in batch) for batch in batches] == [0] + [1] * 24


def test_every_check_is_shown_to_be_able_to_fail() -> None:
    assert set(CASES) == set(CHECKS)
    assert [name for name, case in CASES.items() if not case.turned] == []


@pytest.mark.parametrize("name", CASES)
def test_an_account_that_is_as_assumed_is_not_refused(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = CASES[name]
    status = case.posts[0] if case.posts else 0
    assert _result(name, case.good, status, monkeypatch) is Result.PASSED


@pytest.mark.parametrize(("name", "number"), TURNED)
def test_an_account_that_is_not_as_assumed_is_noticed(
    name: str, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = CASES[name]
    status = case.posts[number + 1] if case.posts else 0
    answers = {**case.good, **case.turned[number]}
    assert _result(name, answers, status, monkeypatch) is Result.FAILED
