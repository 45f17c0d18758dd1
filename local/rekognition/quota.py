"""The account's transactions per second, enforced as the service does: by refusing."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from enum import Enum

SURGE = 4.0
"""Calls in the last second, as a multiple of the quota, from which the rise counts as sudden."""


class Verdict(Enum):
    """What becomes of a call."""

    SERVED = "served"
    ABOVE_QUOTA = "above quota"
    SUDDEN_RISE = "sudden rise"


class TokenBucket:
    """``rate`` tokens a second, at most ``burst`` saved up. A refused call costs nothing."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float]) -> None:
        if rate <= 0 or burst < 1:
            raise ValueError(f"rate above 0 and burst of at least 1, got {rate} and {burst}")
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._tokens = burst
        self._at = clock()

    def take(self) -> bool:
        """Take one token if there is one."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Quota:
    """Decides call by call. All operations draw on one quota each account and region has."""

    def __init__(
        self,
        tps: float | None,
        burst: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``tps`` None means no quota. ``burst`` defaults to one second's worth, at least 1."""
        self._tps = tps
        self._clock = clock
        self._lock = threading.Lock()
        self._recent: deque[float] = deque()
        self._bucket = None if tps is None else TokenBucket(tps, max(1.0, burst or tps), clock)

    @property
    def tps(self) -> float | None:
        """Calls per second that are served."""
        return self._tps

    def admit(self) -> Verdict:
        """Count a call and say whether it is served."""
        if self._bucket is None or self._tps is None:
            return Verdict.SERVED
        with self._lock:
            now = self._clock()
            self._recent.append(now)
            while self._recent[0] <= now - 1:
                self._recent.popleft()
            if self._bucket.take():
                return Verdict.SERVED
            sudden = len(self._recent) > SURGE * max(1.0, self._tps)
            return Verdict.SUDDEN_RISE if sudden else Verdict.ABOVE_QUOTA
