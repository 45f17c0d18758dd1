"""What child executions are given, and how much of it Step Functions takes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from local.emulator.distributed_map.dataset import Json

MOST_BYTES = 256 * 1024
"""Of any input or result."""
_LONGEST_DELAY = 31_622_400


def batches(
    items: Sequence[Json], item_batcher: Mapping[str, Json], batch_input: Json
) -> list[Json]:
    """Inputs of the children, each with as many items as both bounds leave room for.

    Args:
        items: what the reader found.
        item_batcher: the field of that name.
        batch_input: its BatchInput, with its paths resolved; None without one.
    """
    most_items = item_batcher.get("MaxItemsPerBatch") or len(items)
    most_bytes = min(item_batcher.get("MaxInputBytesPerBatch") or MOST_BYTES, MOST_BYTES)
    shared = {} if batch_input is None else {"BatchInput": batch_input}
    empty = size({**shared, "Items": []})
    found: list[list[Json]] = []
    used = 0
    for item in items:
        cost = size(item) + len(",")
        if not found or len(found[-1]) >= most_items or used + cost > most_bytes:
            found.append([])
            used = empty
        found[-1].append(item)
        used += cost
    return [{**shared, "Items": batch} for batch in found]


def size(value: Json) -> int:
    """Bytes of its shortest JSON text."""
    return len(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())


def retry_delay(retrier: Mapping[str, Json], retries: int, chance: float) -> float:
    """Seconds to wait before the next retry.

    Args:
        retrier: the entry of Retry that matches.
        retries: how many it has had.
        chance: from 0 to 1; what FULL jitter makes of the delay.
    """
    delay: float = retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2.0) ** retries
    delay = min(delay, retrier.get("MaxDelaySeconds", _LONGEST_DELAY))
    return delay * chance if retrier.get("JitterStrategy") == "FULL" else delay
