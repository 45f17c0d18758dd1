"""Control and counters: what benchmarks set and read."""

from typing import Any

import pytest

from local.rekognition.control import OK, Control, Fault, Settings

THROTTLED = "ProvisionedThroughputExceededException"


class Clock:
    def __init__(self) -> None:
        self.now = 10.0

    def __call__(self) -> float:
        return self.now


def test_calls_are_counted_by_outcome_and_second() -> None:
    """Else a benchmark could not tell how much of the quota was used."""
    clock = Clock()
    control = Control(clock=clock)
    for second, outcomes in enumerate([[OK, OK], [], [THROTTLED, OK, "InternalServerError"]]):
        clock.now = 10.5 + second
        for outcome in outcomes:
            control.started()
            control.ended("CompareFaces", outcome)
    report = control.report()
    assert (report["calls"], report["served"], report["throttled"], report["failed"]) == (
        5,
        3,
        1,
        1,
    )
    assert [one["served"] for one in report["per_second"]] == [2, 0, 1]
    assert [one["throttled"] for one in report["per_second"]] == [0, 0, 1]
    assert report["outcomes"]["CompareFaces"][OK] == 3
    assert report["in_flight"] == 0
    control.apply({"reset_counters": True})
    assert control.report()["calls"] == 0
    assert control.report()["per_second"] == []


def test_concurrent_calls_are_seen() -> None:
    """Else a test could not show that calls run side by side."""
    control = Control()
    control.started()
    control.started()
    control.ended("CompareFaces", OK)
    assert (control.report()["in_flight"], control.report()["most_in_flight"]) == (1, 2)


def test_faults_come_in_the_order_scripted() -> None:
    """Else a storm could not be played."""
    control = Control()
    control.apply({"script": [{"fault": "throttling", "count": 2}, {"fault": "reset"}]})
    control.script([Fault.INTERNAL])
    taken = [control.next_fault() for _ in range(5)]
    assert taken == [Fault.THROTTLING, Fault.THROTTLING, Fault.RESET, Fault.INTERNAL, None]


def test_what_is_not_named_stays() -> None:
    """Else setting the rate would forget the latency."""
    control = Control(Settings(latency_ms=300, tps=5))
    control.apply({"tps": 50})
    assert (control.report()["latency_ms"], control.report()["tps"]) == (300, 50)
    assert control.latency() == pytest.approx(0.3)
    control.apply({"tps": None})
    assert control.quota.tps is None


@pytest.mark.parametrize(
    "wish",
    [
        {"tsp": 5}, {"tps": 0}, {"tps": "5"}, {"tps": True}, {"latency_ms": -1}, {"burst": 5},
        {"script": [{"fault": "fire"}]}, {"script": [{}]}, [], None,
    ],
)  # fmt: skip
def test_a_wish_that_cannot_be_meant_changes_nothing(wish: Any) -> None:
    """Else a typing error would make a benchmark measure something else."""
    control = Control(Settings(tps=5))
    before = control.report()
    with pytest.raises((KeyError, TypeError, ValueError)):
        control.apply(wish)
    after = control.report()
    for name in ("tps", "latency_ms", "scripted"):
        assert before[name] == after[name]
