"""Quota, latency, scripted errors and counters: what benchmarks and error tests set and read."""

import pytest

from local.rekognition.control import TokenBucket


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def served(tps: float, calls_per_second: float, seconds: float) -> int:
    clock = Clock()
    bucket = TokenBucket(tps, clock)
    count = 0
    for _ in range(round(calls_per_second * seconds)):
        clock.now += 1 / calls_per_second
        count += bucket.take()
    return count


@pytest.mark.parametrize("tps", [5.0, 50.0])
def test_a_benchmark_is_served_the_quota_in_the_long_run(tps: float) -> None:
    assert served(tps, 3 * tps, 60) == pytest.approx(61 * tps, rel=0.01)


def test_a_pause_does_not_save_up_a_flood() -> None:
    clock = Clock()
    bucket = TokenBucket(5, clock)
    clock.now += 3600
    assert [bucket.take() for _ in range(6)].count(True) == 5
