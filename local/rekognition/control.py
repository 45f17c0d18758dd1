"""What a test or benchmark sets and reads while the stand-in runs."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from local.rekognition.errors import Code, ServiceError

OK = "ok"
"""The outcome of a call that was answered; the other outcomes are error codes."""

_SCRIPTED = {
    "provisioned": Code.PROVISIONED_THROUGHPUT_EXCEEDED,
    "throttling": Code.THROTTLING,
}
_THROTTLED = (Code.PROVISIONED_THROUGHPUT_EXCEEDED, Code.THROTTLING)
_UNCHANGED: Any = object()


class TokenBucket:
    """``rate`` tokens a second, saved up for one second. A refused call costs nothing."""

    def __init__(self, rate: float, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._clock = clock
        self._burst = max(1.0, rate)
        self._tokens = self._burst
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


class Control:
    """Quota, latency, scripted errors and counters. Safe to use from several threads."""

    def __init__(
        self,
        tps: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lock = threading.Lock()
        self._clock = clock
        self._script: deque[Code] = deque()
        self._in_flight = 0
        self._outcomes: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.apply(latency_ms=0.0, tps=tps)

    @contextlib.contextmanager
    def call(self, operation: str) -> Iterator[None]:
        """Admit a call for the length of the block, delay it and count its outcome.

        Raises ServiceError at once for a scripted error and above the quota.
        """
        outcome: str = Code.INTERNAL
        with self._lock:
            self._in_flight += 1
        try:
            self._admit()
            try:
                yield
            finally:
                time.sleep(self._latency)
            outcome = OK
        except ServiceError as error:
            outcome = error.code
            raise
        finally:
            with self._lock:
                self._in_flight -= 1
                self._outcomes[operation][outcome] += 1

    def apply(
        self,
        *,
        latency_ms: float = _UNCHANGED,
        tps: float | None = _UNCHANGED,
        script: Sequence[dict[str, Any]] = (),
        clear_script: bool = False,
        reset_counters: bool = False,
    ) -> None:
        """Change what is given; the rest stays.

        Args:
            latency_ms: added to every call that is not refused.
            tps: calls a second that are served, None for no quota; starts a full bucket.
            script: errors of the next calls, such as [{"fault": "throttling", "count": 3}];
                appended.
            clear_script: forget what is scripted.
            reset_counters: count from 0.
        """
        errors = [
            code for step in script for code in [_SCRIPTED[step["fault"]]] * step.get("count", 1)
        ]
        with self._lock:
            if tps is not _UNCHANGED:
                self._bucket = None if tps is None else TokenBucket(tps, self._clock)
            if latency_ms is not _UNCHANGED:
                self._latency = latency_ms / 1000
            if clear_script:
                self._script.clear()
            self._script.extend(errors)
            if reset_counters:
                self._outcomes.clear()

    def report(self) -> dict[str, Any]:
        """Return the counters: calls by outcome, and how many are not answered yet."""
        with self._lock:
            total = sum(self._outcomes.values(), Counter[str]())
            return {
                "calls": total.total(),
                "served": total[OK],
                "throttled": sum(total[code] for code in _THROTTLED),
                "outcomes": {name: dict(counts) for name, counts in self._outcomes.items()},
                "in_flight": self._in_flight,
            }

    def _admit(self) -> None:
        with self._lock:
            if self._script:
                raise ServiceError(self._script.popleft())
            if self._bucket is not None and not self._bucket.take():
                raise ServiceError(Code.PROVISIONED_THROUGHPUT_EXCEEDED)
