"""Capacity: a figure that does not follow from the module any more would mislead an operator."""

from __future__ import annotations

import pytest

from benchmarks import capacity
from benchmarks.rate import rate


def test_the_document_holds_what_rate_tf_and_the_prices_give() -> None:
    text = capacity.DOCUMENT.read_text(encoding="utf-8")
    made = capacity.tables([capacity.capacity(tps) for tps in capacity.QUOTAS])
    assert capacity.document_with(text, made) == text, "run python -m benchmarks.capacity --write"


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


def test_more_references_make_smaller_batches() -> None:
    assert rate(50, references=5).uploads_per_batch * 5 <= rate(50).uploads_per_batch
