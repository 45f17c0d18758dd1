"""Capacity: a figure that does not follow from the module any more would mislead an operator."""

from __future__ import annotations

import pytest

from benchmarks.rate import rate
from tools.places import REPOSITORY

PAIRS = 1_000_000
RETENTION_DAYS = 10
"""Of the queue, in upload.tf; what is older is gone."""


def duration(seconds: float) -> str:
    return f"{seconds / 3600:.1f} h" if seconds >= 3600 else f"{seconds / 60:.0f} min"


def test_the_document_holds_what_rate_tf_gives() -> None:
    text = (REPOSITORY / "docs" / "capacity.md").read_text(encoding="utf-8")
    lines = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| ")]
    rows = {title.strip(): [cell.strip() for cell in cells] for title, *cells in lines}
    for place, quota in enumerate(rows[""]):
        derived = rate(int(quota.removesuffix(" TPS")))
        per_second = derived.calls_per_second * derived.instances
        backlog = RETENTION_DAYS * 86_400 * per_second
        wanted = {
            "time": duration(PAIRS / per_second),
            "instances at once": str(derived.instances),
            "calls per second of each instance": f"{derived.calls_per_second:g}",
            "uploads per batch": str(derived.uploads_per_batch),
            "pairs per batch": str(derived.pairs_per_batch),
            "age of the last upload, if all arrive at once": duration(PAIRS / per_second),
            "uploads that clear within 10 days": f"{backlog / 1e6:.1f} million",
        }
        assert {title: rows[title][place] for title in wanted} == wanted


@pytest.mark.parametrize("tps", [1, 5, 20, 25, 41, 50, 100, 500, 997, 1000])
@pytest.mark.parametrize("timeout", [15, 30, 900])
def test_what_rate_tf_derives_holds_together(tps: int, timeout: int) -> None:
    """Otherwise batches would run into the timeout, or instances together above the quota."""
    derived = rate(tps, timeout_seconds=timeout)
    # Rounding neither exceeds the quota nor wastes it.
    assert 0.97 * tps <= derived.calls_per_second * derived.instances <= 0.98 * tps + 1e-6
    assert derived.visibility_timeout >= 6 * timeout
    largest = max(derived.uploads_per_batch, derived.pairs_per_batch)
    assert largest == 1 or largest / derived.calls_per_second <= 0.4 * timeout + 0.01
    # What is under way at the pace with calls of 1.5 s fits.
    assert derived.workers >= derived.calls_per_second * 1.5
