"""Quota, latency, scripted errors and counters: what benchmarks and error tests set and read."""

import pytest

from local.rekognition.control import OK, Control, TokenBucket
from local.rekognition.errors import Code, ServiceError


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def outcomes(control: Control, calls: int) -> list[str]:
    found: list[str] = []
    for _ in range(calls):
        try:
            with control.call("CompareFaces"):
                found.append(OK)
        except ServiceError as error:
            found.append(error.code)
    return found


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


def test_a_client_within_the_quota_is_never_refused() -> None:
    assert served(1, 0.999, 100) == 100


def test_a_pause_does_not_save_up_a_flood() -> None:
    clock = Clock()
    bucket = TokenBucket(5, clock)
    clock.now += 3600
    assert [bucket.take() for _ in range(6)].count(True) == 5


def test_a_client_that_backs_off_is_not_locked_out() -> None:
    clock = Clock()
    bucket = TokenBucket(1, clock)
    assert [bucket.take() for _ in range(10)].count(True) == 1
    clock.now += 1.001
    assert bucket.take()


def test_calls_are_counted_by_outcome() -> None:
    control = Control(tps=3, clock=Clock())
    over = Code.PROVISIONED_THROUGHPUT_EXCEEDED
    assert outcomes(control, 5) == [OK, OK, OK, over, over]
    report = control.report()
    assert (report["calls"], report["served"], report["throttled"]) == (5, 3, 2)
    assert report["outcomes"] == {"CompareFaces": {OK: 3, over: 2}}
    control.apply(reset_counters=True)
    assert control.report()["calls"] == 0


def test_a_crash_is_counted_as_the_error_that_its_caller_sees() -> None:
    control = Control()
    with pytest.raises(ZeroDivisionError), control.call("CompareFaces"):
        raise ZeroDivisionError
    assert control.report()["outcomes"] == {"CompareFaces": {Code.INTERNAL: 1}}


def test_calls_that_are_not_answered_yet_are_seen() -> None:
    control = Control()
    with control.call("CompareFaces"), control.call("CompareFaces"):
        assert control.report()["in_flight"] == 2
    assert control.report()["in_flight"] == 0


def test_a_storm_is_played_as_it_is_scripted() -> None:
    control = Control()
    control.apply(script=[{"fault": "throttling", "count": 2}, {"fault": "internal"}])
    control.apply(script=[{"fault": "provisioned"}])
    assert outcomes(control, 5) == [
        Code.THROTTLING,
        Code.THROTTLING,
        Code.INTERNAL,
        Code.PROVISIONED_THROUGHPUT_EXCEEDED,
        OK,
    ]
    control.apply(script=[{"fault": "throttling"}])
    control.apply(clear_script=True)
    assert outcomes(control, 1) == [OK]


def test_a_setting_that_is_not_given_stays() -> None:
    control = Control(tps=1, clock=Clock())
    control.apply(latency_ms=1)
    assert outcomes(control, 2)[1] != OK
    control.apply(tps=None)
    assert outcomes(control, 2) == [OK, OK]
