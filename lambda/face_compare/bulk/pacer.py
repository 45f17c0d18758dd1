"""Keeps to a pace: calls start evenly spaced, however many run at the same time."""

import time
from collections.abc import Callable
from threading import Lock
from typing import NamedTuple

# When no more calls start, an invocation still waits about so long for the last answer and for
# S3. Its calls are closer together by this much in total, so that the time is not lost.
_TAIL_SECONDS = 0.4
# A call that is late by at most so much does not delay the calls after it: a short stall of the
# processor costs nothing then, and the burst is a quarter of a second's worth at most.
_SLACK_SECONDS = 0.25


class _Schedule(NamedTuple):
    """What the calls reserved so far leave for the next one. All numbers are seconds.

    Each call owns one interval of time. ``owned_until`` is the end of the last interval,
    ``next_start`` when the next call may start, and ``saved`` how much of the tail is saved by
    calls that start closer together.
    """

    next_start: float
    owned_until: float
    saved: float


class Pacer:
    """Hands out the times at which the calls of one invocation may start.

    Each invocation makes a new one, and ``finish`` holds the invocation until the time that its
    calls own is over. So all invocations together never call more often than their number times
    the pace, on whichever instances they run, and the instances share nothing.
    """

    def __init__(
        self,
        calls_per_second: float,
        expected_calls: int = 0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Take the pace, above 0, and about how many calls there will be.

        Only tests replace the clock and the sleep.
        """
        self._interval = 1 / calls_per_second
        self._saved_per_call = min(_TAIL_SECONDS / max(1, expected_calls), self._interval / 2)
        self._most_saved = _TAIL_SECONDS if expected_calls else 0.0
        self._clock = clock
        self._sleep = sleep
        self._lock = Lock()
        now = clock()
        self._schedule = _Schedule(next_start=now, owned_until=now, saved=0.0)

    def reserve(self, calls: int, within_seconds: float) -> list[float]:
        """Return the start times of the next ``calls`` calls.

        If the last of them is not within ``within_seconds``, the list is empty and nothing is
        reserved: an image whose calls cannot all be made is better not begun.
        """
        with self._lock:
            schedule = self._schedule
            starts = []
            for _ in range(calls):
                start, schedule = self._scheduled(schedule)
                starts.append(start)
            if starts[-1] - self._clock() > within_seconds:
                return []
            self._schedule = schedule
            return starts

    def wait_until(self, start: float) -> None:
        """Wait until a start time."""
        left = start - self._clock()
        if left > 0:
            self._sleep(left)

    def finish(self) -> None:
        """Wait until the time that all calls own is over."""
        self.wait_until(self._schedule.owned_until)

    def _scheduled(self, schedule: _Schedule) -> tuple[float, _Schedule]:
        """Return the start of one more call, and the schedule after it."""
        start = max(schedule.next_start, self._clock() - _SLACK_SECONDS)
        saved = min(self._saved_per_call, self._most_saved - schedule.saved)
        return start, _Schedule(
            next_start=start + self._interval - saved,
            owned_until=schedule.owned_until + self._interval,
            saved=schedule.saved + saved,
        )
