"""Keeps to a pace: calls start evenly spaced, however many run at the same time."""

import time
from collections.abc import Callable
from threading import Lock
from typing import NamedTuple

# At its end, an invocation waits about this long for the last answer and for S3, without new
# calls. So that this time is not lost, its calls start closer together, by this much in total.
_TAIL_SECONDS = 0.4
# A call that starts late by up to this much does not delay the calls after it. So a short stall of
# the processor costs nothing. At most the calls of a quarter of a second are made up for.
_SLACK_SECONDS = 0.25


class _Schedule(NamedTuple):
    """The state after the calls that are reserved so far. All numbers are seconds.

    ``next_start`` is when the next call may start. ``ahead`` is how much earlier that is than at
    an even pace. Each call owns one interval of time. ``owned_until`` is the end of the last one.
    """

    next_start: float
    ahead: float
    owned_until: float


class Pacer:
    """Hands out the times at which the calls of one invocation may start.

    Each invocation makes a new pacer, and ``finish`` waits until the intervals of its calls are
    over. So all invocations together never call more often than their number times the pace. It
    does not matter on which instances they run, and the instances share nothing.
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
        self._ahead_per_call = min(_TAIL_SECONDS / max(1, expected_calls), self._interval / 2)
        self._most_ahead = _TAIL_SECONDS if expected_calls else 0.0
        self._clock = clock
        self._sleep = sleep
        self._lock = Lock()
        now = clock()
        self._schedule = _Schedule(next_start=now, ahead=0.0, owned_until=now)

    def reserve(self, calls: int, within_seconds: float) -> list[float]:
        """Return the start times of the next ``calls`` calls.

        If the last of them is not within ``within_seconds``, the list is empty and nothing is
        reserved. An image is not begun if not all of its calls can be made.
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
        """Wait until the intervals of all calls are over."""
        self.wait_until(self._schedule.owned_until)

    def _scheduled(self, schedule: _Schedule) -> tuple[float, _Schedule]:
        """Return the start of one more call, and the schedule after it."""
        start = max(schedule.next_start, self._clock() - _SLACK_SECONDS)
        closer = min(self._ahead_per_call, self._most_ahead - schedule.ahead)
        return start, _Schedule(
            next_start=start + self._interval - closer,
            ahead=schedule.ahead + closer,
            owned_until=schedule.owned_until + self._interval,
        )
