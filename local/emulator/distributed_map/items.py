"""What child executions are given: items of a manifest, in batches.

"How Step Functions parses input CSV files" of the developer guide is the source of the first.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

type Json = Any
"""Whatever JSON can say."""

MOST_BYTES = 256 * 1024
"""Of any input or result."""


def read(body: bytes, reader_config: Mapping[str, Json]) -> list[Json]:
    """Every item of a CSV file with a header, or of JSON Lines.

    Raises:
        ValueError: it cannot be read.
    """
    if reader_config["InputType"] == "JSONL":
        lines = body.decode("utf-8-sig").split("\n")
        return [json.loads(line) for line in lines if line.strip()]
    # Whether a byte-order mark is removed is not documented. Here the function has to cope with it.
    text = body.decode()
    # Fields that are missing are empty, and those beyond the header are left out.
    rows = csv.DictReader(io.StringIO(text, newline=""), escapechar="\\", restval="")
    return [{name: row[name] for name in rows.fieldnames or ()} for row in rows]


def batches(items: Sequence[Json], item_batcher: Mapping[str, Json], shared: Json) -> list[Json]:
    """Inputs of the children, each with as many items as both bounds leave room for.

    Args:
        items: what the reader found.
        item_batcher: the field of that name.
        shared: its BatchInput, with its paths resolved.
    """
    most_items = item_batcher["MaxItemsPerBatch"]
    most_bytes = item_batcher["MaxInputBytesPerBatch"]
    empty = size({"BatchInput": shared, "Items": []})
    found: list[list[Json]] = []
    used = 0
    for item in items:
        cost = size(item) + len(",")
        if not found or len(found[-1]) >= most_items or used + cost > most_bytes:
            found.append([])
            used = empty
        found[-1].append(item)
        used += cost
    return [{"BatchInput": shared, "Items": batch} for batch in found]


def size(value: Json) -> int:
    """Bytes of its shortest JSON text."""
    return len(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())
