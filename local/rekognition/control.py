"""What a test or benchmark may set, and what it may read, while the stand-in runs."""

from __future__ import annotations

import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from local.rekognition.quota import Quota

OK = "ok"
"""The outcome of a call that was answered; the others are error codes, "reset" and "hang"."""

_REFUSED = ("ProvisionedThroughputExceededException", "ThrottlingException")


class Fault(StrEnum):
    """What a scripted call ends in."""

    THROTTLING = "throttling"
    PROVISIONED = "provisioned"
    INTERNAL = "internal"
    UNAVAILABLE = "unavailable"
    RESET = "reset"
    HANG = "hang"


@dataclass(frozen=True, slots=True)
class Settings:
    """``latency_ms`` is added to every call that is not refused; ``tps`` None means no quota."""

    latency_ms: float = 0.0
    tps: float | None = None

    def __post_init__(self) -> None:
        """Refuse values that cannot be meant."""
        if self.latency_ms < 0:
            raise ValueError("latency_ms is not negative")
        if self.tps is not None and self.tps <= 0:
            raise ValueError("tps is above 0, or null for no quota")


class Control:
    """Settings, scripted faults and counters. Safe to use from several threads."""

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lock = threading.Lock()
        self._clock = clock
        self._settings = settings or Settings()
        self._quota = self._new_quota()
        self._script: deque[Fault] = deque()
        self._in_flight = 0
        self._most_in_flight = 0
        self._reset_counts()

    @property
    def quota(self) -> Quota:
        """The quota in force."""
        return self._quota

    def latency(self) -> float:
        """Return the seconds to add to this call."""
        with self._lock:
            return self._settings.latency_ms / 1000

    def next_fault(self) -> Fault | None:
        """Take the next scripted fault, if any is left."""
        with self._lock:
            return self._script.popleft() if self._script else None

    def script(self, faults: Iterable[Fault]) -> None:
        """Let the next calls end in these faults, one each, after those already scripted."""
        with self._lock:
            self._script.extend(faults)

    def started(self) -> None:
        """Count a call that has arrived."""
        with self._lock:
            self._in_flight += 1
            self._most_in_flight = max(self._most_in_flight, self._in_flight)

    def ended(self, operation: str, outcome: str) -> None:
        """Count a call's outcome: OK, an error code, or what was scripted."""
        with self._lock:
            self._in_flight -= 1
            self._outcomes[operation][outcome] += 1
            self._seconds[int(self._clock() - self._since)][_group(outcome)] += 1

    def apply(self, wish: Any) -> None:
        """Change what the keys name; the rest stays.

        latency_ms      as in Settings
        tps             as in Settings; a new one starts a full bucket
        script          [{"fault": "throttling", "count": 3}, …]   appended
        clear_script    true: forget what is scripted
        reset_counters  true

        Raises ValueError, TypeError or KeyError for anything else; nothing has changed then.
        """
        numbers = {"latency_ms", "tps"}
        if not isinstance(wish, dict):
            raise TypeError(f"an object, got {wish!r}")
        unknown = set(wish) - numbers - {"script", "clear_script", "reset_counters"}
        if unknown:
            raise KeyError(f"unknown: {', '.join(sorted(unknown))}")
        changed = {name: _number(wish[name]) for name in numbers & set(wish)}
        with self._lock:
            current = self._settings
            settings = Settings(
                latency_ms=changed.get("latency_ms", current.latency_ms) or 0.0,
                tps=changed.get("tps", current.tps),
            )
            script = [
                fault
                for step in wish.get("script", [])
                for fault in [Fault(step["fault"])] * int(step.get("count", 1))
            ]
            self._settings = settings
            if "tps" in changed:
                self._quota = self._new_quota()
            if wish.get("clear_script"):
                self._script.clear()
            self._script.extend(script)
            if wish.get("reset_counters"):
                self._reset_counts()

    def report(self) -> dict[str, Any]:
        """Return settings and counters as JSON: see the keys below.

        ``per_second`` is a list from the last reset on, with ``served``, ``throttled`` and
        ``failed`` calls by the second in which they were answered.
        """
        with self._lock:
            length = max(self._seconds, default=-1) + 1
            outcomes = {name: dict(counts) for name, counts in self._outcomes.items()}
            total: Counter[str] = Counter()
            for counts in self._outcomes.values():
                for outcome, number in counts.items():
                    total[_group(outcome)] += number
            return {
                "latency_ms": self._settings.latency_ms,
                "tps": self._settings.tps,
                "scripted": [fault.value for fault in self._script],
                "calls": sum(total.values()),
                "served": total["served"],
                "throttled": total["throttled"],
                "failed": total["failed"],
                "outcomes": outcomes,
                "in_flight": self._in_flight,
                "most_in_flight": self._most_in_flight,
                "elapsed_seconds": self._clock() - self._since,
                "per_second": [
                    {
                        kind: self._seconds[second][kind] if second in self._seconds else 0
                        for kind in ("served", "throttled", "failed")
                    }
                    for second in range(length)
                ],
            }

    def _new_quota(self) -> Quota:
        return Quota(self._settings.tps, clock=self._clock)

    def _reset_counts(self) -> None:
        self._since = self._clock()
        self._most_in_flight = self._in_flight
        self._outcomes: dict[str, Counter[str]] = defaultdict(Counter)
        self._seconds: dict[int, Counter[str]] = defaultdict(Counter)


def _group(outcome: str) -> str:
    if outcome == OK:
        return "served"
    return "throttled" if outcome in _REFUSED else "failed"


def _number(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"a number or null, got {value!r}")
    return float(value)
