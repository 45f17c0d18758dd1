"""Otherwise bulk work would exceed the account's quota, or leave it unused."""

from __future__ import annotations

import threading
import time

import pytest

from face_compare.bulk.pacer import Pacer


class FakeTime:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def wait(pacer: Pacer) -> None:
    """Wait for the start of one call, however late it is."""
    (start,) = pacer.reserve(1, float("inf"))
    pacer.wait_until(start)


@pytest.fixture
def fake() -> FakeTime:
    return FakeTime()


def test_calls_start_evenly_spaced_from_the_first(fake: FakeTime) -> None:
    pacer = Pacer(4.0, clock=fake.clock, sleep=fake.sleep)
    starts = []
    for _ in range(5):
        wait(pacer)
        starts.append(fake.now)
    assert starts == [100.0, 100.25, 100.5, 100.75, 101.0]


def test_after_a_slow_call_at_most_a_quarter_of_a_second_is_made_up_for(
    fake: FakeTime,
) -> None:
    pacer = Pacer(8.0, clock=fake.clock, sleep=fake.sleep)
    wait(pacer)
    fake.now += 10
    starts = []
    for _ in range(5):
        wait(pacer)
        starts.append(fake.now)
    assert starts == [110.0, 110.0, 110.0, 110.125, 110.25]


def test_a_short_stall_costs_nothing(fake: FakeTime) -> None:
    """Otherwise a part of the quota would stay unused on a shared processor."""
    pacer = Pacer(8.0, clock=fake.clock, sleep=fake.sleep)
    for _ in range(16):
        wait(pacer)
        fake.now += 0.2
    pacer.finish()
    assert fake.now == pytest.approx(100.0 + 15 * 0.2 + 0.2, abs=0.2)


def test_an_invocation_does_not_end_before_the_time_that_its_calls_own(fake: FakeTime) -> None:
    """Otherwise invocations one after another would not keep the pace."""
    for _ in range(3):
        pacer = Pacer(4.0, clock=fake.clock, sleep=fake.sleep)
        wait(pacer)
        wait(pacer)
        pacer.finish()
    assert fake.now == pytest.approx(100.0 + 6 * 0.25)


def test_waiting_for_the_last_answers_costs_no_time(fake: FakeTime) -> None:
    """Otherwise 0.4 s of each batch of 12 s, 3 % of the quota, would be lost."""
    for _ in range(3):
        pacer = Pacer(16.0, 192, fake.clock, fake.sleep)
        for _ in range(192):
            wait(pacer)
        fake.now += 0.4
        pacer.finish()
    assert fake.now == pytest.approx(100.0 + 3 * 192 / 16)


@pytest.mark.parametrize("expected", [0, 1, 3, 10, 192, 1000])
def test_calls_are_never_half_a_second_ahead_of_the_pace(fake: FakeTime, expected: int) -> None:
    """Otherwise a batch would begin with a burst, which the service throttles."""
    pacer = Pacer(16.0, expected, fake.clock, fake.sleep)
    for calls in range(192):
        wait(pacer)
        assert calls <= 16.0 * (fake.now - 100.0 + 0.5) + 1e-6
        assert expected < 192 or calls <= 16.0 * 1.05 * (fake.now - 100.0) + 1e-6
    pacer.finish()
    assert fake.now >= 100.0 + 192 / 16.0 - 1e-9


def test_an_unexpected_second_call_does_not_start_with_the_first(fake: FakeTime) -> None:
    """Otherwise an image with several references would begin with a burst."""
    pacer = Pacer(16.0, 1, fake.clock, fake.sleep)
    wait(pacer)
    first = fake.now
    wait(pacer)
    assert fake.now - first >= 0.5 / 16


def test_an_invocation_without_calls_takes_no_time(fake: FakeTime) -> None:
    Pacer(0.1, clock=fake.clock, sleep=fake.sleep).finish()
    assert fake.now == 100.0


def test_threads_share_one_pace() -> None:
    began = time.monotonic()
    pacer = Pacer(200.0)
    started: list[float] = []
    lock = threading.Lock()

    def work() -> None:
        for _ in range(10):
            wait(pacer)
            with lock:
                started.append(time.monotonic())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(started) - began >= 39 / 200 - 1e-6


def test_calls_that_do_not_all_fit_are_not_reserved_and_delay_no_others(
    fake: FakeTime,
) -> None:
    pacer = Pacer(4.0, clock=fake.clock, sleep=fake.sleep)
    assert pacer.reserve(4, within_seconds=0.5) == []
    assert pacer.reserve(3, within_seconds=0.5) == [100.0, 100.25, 100.5]
    pacer.finish()
    assert fake.now == 100.75
