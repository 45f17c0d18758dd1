"""The quota: how many calls a second are served."""

import pytest

from local.rekognition.quota import Quota, Verdict


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def served(quota: Quota, clock: Clock, calls_per_second: float, seconds: float) -> int:
    count = 0
    for _ in range(round(calls_per_second * seconds)):
        clock.now += 1 / calls_per_second
        count += quota.admit() is Verdict.SERVED
    return count


def test_without_a_quota_everything_is_served() -> None:
    """Else the demo would be throttled."""
    quota = Quota(None)
    assert {quota.admit() for _ in range(1000)} == {Verdict.SERVED}


@pytest.mark.parametrize("tps", [5.0, 50.0])
def test_the_quota_is_what_is_served_in_the_long_run(tps: float) -> None:
    """Else the benchmark's "share of the quota used" would have a wrong base."""
    clock = Clock()
    quota = Quota(tps, clock=clock)
    assert served(quota, clock, 3 * tps, 60) == pytest.approx(61 * tps, rel=0.01)


def test_a_caller_at_the_quota_is_never_refused() -> None:
    """Else a well-paced client would be throttled all the same."""
    clock = Clock()
    quota = Quota(5, burst=1, clock=clock)
    assert served(quota, clock, 4.999, 100) == 500


def test_idle_time_saves_up_no_more_than_the_burst() -> None:
    """Else a pause would be followed by a flood that the account would refuse."""
    clock = Clock()
    quota = Quota(5, clock=clock)
    clock.now += 3600
    assert [quota.admit() for _ in range(6)].count(Verdict.SERVED) == 5


def test_a_refused_call_costs_nothing() -> None:
    """Else a caller that backs off would stay locked out."""
    clock = Clock()
    quota = Quota(5, burst=1, clock=clock)
    for _ in range(10):
        quota.admit()
    clock.now += 0.2001
    assert quota.admit() is Verdict.SERVED


def test_a_flood_is_throttled_by_its_own_name() -> None:
    """Else ThrottlingException would never be met before the account."""
    clock = Clock()
    quota = Quota(5, clock=clock)
    verdicts = [quota.admit() for _ in range(30)]
    assert verdicts[:5] == [Verdict.SERVED] * 5
    assert verdicts[5:20] == [Verdict.ABOVE_QUOTA] * 15
    assert set(verdicts[20:]) == {Verdict.SUDDEN_RISE}


@pytest.mark.parametrize("tps", [0.0, -1.0])
def test_a_quota_of_nothing_is_refused(tps: float) -> None:
    """Else a typing error would look like an outage."""
    with pytest.raises(ValueError, match="rate"):
        Quota(tps)
