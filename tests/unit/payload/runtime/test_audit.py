"""Audit records of what failed. The tests of each way of work look at the other records."""

from __future__ import annotations

import logging
from types import SimpleNamespace

import pytest

from face_compare.model import errors
from tests.unit.payload.direct import DECIDED, FAILED, Direct, Records


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds on the clock, which a test can move."""
    now = [100.0]
    for module in ("engine.comparer", "runtime.audit"):
        fake = SimpleNamespace(monotonic=lambda: now[0])
        monkeypatch.setattr(f"face_compare.{module}.time", fake)
    return now


def test_the_duration_of_a_comparison_is_recorded_in_milliseconds(
    direct: Direct, records: Records, clock: list[float]
) -> None:
    """Otherwise nobody could distinguish a slow service from a slow function."""

    def slow(*_: str) -> None:
        clock[0] += 0.25

    direct.rekognition.before = slow
    direct.serve(source="s", target="t")
    assert records.the(DECIDED)["duration_ms"] == 250.0


def test_a_defect_of_our_own_is_recorded_under_its_own_name_with_its_duration(
    direct: Direct, records: Records, clock: list[float]
) -> None:
    """Otherwise a slow failure would look like a fast one."""

    def fail(*_: str) -> None:
        clock[0] += 1.5
        raise LookupError("a defect")

    direct.rekognition.before = fail
    with pytest.raises(LookupError):
        direct.serve(source="s", target="t")
    failed = records.the(FAILED)
    assert (failed["error_type"], failed["duration_ms"]) == ("LookupError", 1500.0)
    assert failed["levelno"] == logging.ERROR


def test_an_unreadable_batch_is_recorded_once(direct: Direct, records: Records) -> None:
    """Otherwise a run would fail without a trace in the function's log."""
    with pytest.raises(errors.InvalidRequestError):
        direct.serve(pairs=[])
    failed = records.the(FAILED)
    assert failed["error_type"] == "InvalidRequestError"
    assert failed["duration_ms"] >= 0
