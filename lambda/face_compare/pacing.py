"""Keeping to a rate: calls start evenly spaced, however many are under way."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

# An invocation has to wait for its last call's answer and for S3, when no call starts any more:
# about so long. Its calls are that much closer together, so that this time is not lost.
_TAIL_SECONDS = 0.4
# Moments missed by up to so much are made up for at once: a processor that stalls for a moment
# costs nothing then, and the burst is a quarter of a second's worth at most.
_SLACK_SECONDS = 0.25


class Pacer:
    """Hands out the moments at which one invocation's calls may start.

    A new one is made for each invocation, and ``finish`` holds the invocation until the share
    of time of all its calls is over. As many invocations as run at once therefore never call
    more often than their number times the pace, whichever instances they run in, and nothing
    has to be shared between instances.
    """

    def __init__(
        self,
        calls_per_second: float,
        expected_calls: int = 0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Take the pace, above 0, and about how many calls there will be.

        The clock and the sleep are replaced in tests only.
        """
        self._interval = 1 / calls_per_second
        self._closer = min(_TAIL_SECONDS / max(1, expected_calls), self._interval / 2)
        self._ahead_at_most = _TAIL_SECONDS if expected_calls else 0.0
        self._clock = clock
        self._sleep = sleep
        self._lock = Lock()
        self._next = clock()
        self._ahead = 0.0
        self._free = self._next

    def reserve(self, calls: int, within_seconds: float) -> list[float]:
        """Return the next moments at which ``calls`` calls may start, one after another.

        If the last of them is not within so many seconds, none is taken and the list is empty:
        whoever cannot finish all its calls had better not begin.
        """
        with self._lock:
            before = self._next, self._ahead, self._free
            moments = [self._take() for _ in range(calls)]
            if moments[-1] - self._clock() > within_seconds:
                self._next, self._ahead, self._free = before
                return []
            return moments

    def until(self, moment: float) -> None:
        """Wait until a reserved moment."""
        left = moment - self._clock()
        if left > 0:
            self._sleep(left)

    def finish(self) -> None:
        """Wait until the time of all calls is over."""
        self.until(self._free)

    def _take(self) -> float:
        moment = max(self._next, self._clock() - _SLACK_SECONDS)
        closer = min(self._closer, self._ahead_at_most - self._ahead)
        self._ahead += closer
        self._next = moment + self._interval - closer
        self._free += self._interval
        return moment
