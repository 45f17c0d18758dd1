"""Items of a manifest: "How Step Functions parses input CSV files" of the developer guide."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

type Json = Any
"""Whatever JSON can say."""


def read(body: bytes, reader_config: Mapping[str, Json]) -> list[Json]:
    """Every item of a CSV file with a header, or of JSON Lines.

    Raises:
        ValueError: it cannot be read.
    """
    text = body.decode("utf-8-sig")
    if reader_config["InputType"] == "JSONL":
        return [json.loads(line) for line in text.split("\n") if line.strip()]
    rows = [row for row in _rows(text.replace("\r\n", "\n")) if row != [""]]
    if not rows:
        return []
    header = rows[0]
    # Fields that are missing are empty, and those beyond the header are left out.
    return [dict(zip(header, row + [""] * len(header), strict=False)) for row in rows[1:]]


def _rows(text: str) -> Iterator[list[str]]:
    fields: list[str] = []
    field = ""
    quoted = False
    place = 0
    while place < len(text):
        here, after = text[place], text[place + 1 : place + 2]
        place += 1
        if here == "\\":
            # It escapes a backslash, a quotation mark and a comma; before others it is dropped.
            field += after
            place += 1
        elif here == '"' and quoted and after == '"':
            field += '"'
            place += 1
        elif here == '"':
            quoted = not quoted
        elif here == "," and not quoted:
            fields.append(field)
            field = ""
        elif here == "\n" and not quoted:
            yield [*fields, field]
            fields, field = [], ""
        else:
            field += here
    if fields or field:
        yield [*fields, field]
