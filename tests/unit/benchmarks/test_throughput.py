"""The throughput benchmark: a wrong count would let the module look better than it is."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import pytest

from benchmarks import throughput


@dataclass
class Counters:
    """The stand-in's counters, as a test sets them."""

    now: dict[str, Any] = field(default_factory=dict)

    def apply(self, **wish: Any) -> None:
        self.wish = wish

    def report(self) -> dict[str, Any]:
        return self.now


def test_the_quota_used_counts_what_is_let_in_until_the_backlog_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counters, clock = Counters(), iter([100.0, 110.0, 112.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    meter = throughput.Meter(counters, 5)  # type: ignore[arg-type]
    meter.begin()
    assert counters.wish["reset_counters"]
    assert (counters.wish["tps"], counters.wish["latency_ms"]) == (5, 300.0)
    counters.now = {"served": 38, "in_flight": 2}
    meter.end_backlog()
    counters.now = {"served": 52, "throttled": 13, "calls": 65}
    figures = meter.figures(pairs=51, decided=50, doubled=0)
    assert figures.quota_used == pytest.approx(0.8)
    assert figures.throttled == pytest.approx(0.2)
    assert figures.calls_per_decision == pytest.approx(1.3)
    # Two calls more were paid for than decided anything.
    assert (figures.lost, figures.doubled) == (1, 2)
    assert (figures.seconds, figures.ideal_seconds) == (12.0, 10.2)
