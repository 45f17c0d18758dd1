"""The throughput benchmark: a wrong count would let the module look better than it is."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any

import pytest

from benchmarks import throughput
from face_compare.bulk import s3_events
from local.upload_site import Upload
from tests.unit.payload.invocation import SETTINGS


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


def test_the_last_line_has_every_figure_by_system_and_quota(
    capsys: pytest.CaptureFixture[str],
) -> None:
    one = throughput.Figures(2000, 0.97, 0.0, 1.0, 0, 0, 420.0, 400.0)
    line = json.loads(throughput.report({("module", 5): one, ("unpaced_pool", 50): one}))
    assert line["module"]["5"]["quota_used"] == 0.97
    for name in ("throttled", "calls_per_decision", "lost", "doubled"):
        assert name in line["unpaced_pool"]["50"]
    assert "this module" in capsys.readouterr().out


def test_announcements_are_what_the_payload_reads() -> None:
    body = Upload("photos", "challenge/a b/1.jpg", "v1").announcement
    (found,) = s3_events.announced_in(body, SETTINGS)
    assert isinstance(found, s3_events.Upload)
    assert (found.key, found.version_id) == ("challenge/a b/1.jpg", "v1")
