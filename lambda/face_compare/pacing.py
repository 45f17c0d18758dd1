"""Keeping to a rate: calls start evenly spaced, however many are under way."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock


class Pacer:
    """Hands out the moments at which one invocation's calls may start.

    A new one is made for each invocation, and ``finish`` holds the invocation until its last
    call's share of time is over. As many invocations as run at once therefore never call more
    often than their number times the pace, whichever instances they run in, and nothing has to
    be shared between instances.
    """

    def __init__(
        self,
        calls_per_second: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Take the pace, above 0. The clock and the sleep are replaced in tests only."""
        self._interval = 1 / calls_per_second
        self._clock = clock
        self._sleep = sleep
        self._lock = Lock()
        self._next = clock()

    def wait(self) -> None:
        """Wait until the next call may start."""
        with self._lock:
            moment = max(self._next, self._clock())
            self._next = moment + self._interval
        self._until(moment)

    def finish(self) -> None:
        """Wait until a call after the last one could start."""
        self._until(self._next)

    def _until(self, moment: float) -> None:
        left = moment - self._clock()
        if left > 0:
            self._sleep(left)
