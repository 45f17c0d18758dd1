"""The list of pairs with labels: CSV or JSON Lines."""

from __future__ import annotations

import csv
import itertools
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rich.progress import Progress

from threshold.files import InputError, json_lines, text

_GENUINE = ("1", "genuine", "match", "mated", "same", "t", "true", "y", "yes")
_IMPOSTOR = ("0", "different", "f", "false", "impostor", "n", "no", "no_match", "non-mated")
_WORDS = dict.fromkeys(_GENUINE, True) | dict.fromkeys(_IMPOSTOR, False)
_COLUMNS = ("source", "target", "label", "subject", "target_subject", "group")
_MOST_GROUPS = 50
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Labels:
    """What the list says of each of its rows."""

    rows: dict[str, int]
    """Row by `pair_key`. A row with several sources has as many keys."""
    genuine: npt.NDArray[np.bool_]
    subjects: npt.NDArray[np.int32] | None
    """Numbers of the two people of each pair, -1 where the second is not known."""
    groups: npt.NDArray[np.int32] | None
    group_names: tuple[str, ...]


def pair_key(source: Any, target: Any) -> str:
    """Join results and labels: by keys, and by versions where the list gave them."""
    return f"{_image(source)}\n{_image(target)}"


def bare(cell: str) -> str:
    """Return a name or a cell of CSV as the function reads it.

    A CSV reader leaves quotation marks in the text if a space comes before them.
    """
    cell = cell.strip("\ufeff \t\r\n\v\f\u00a0")
    return cell[1:-1].strip() if len(cell) > 1 and cell[0] == cell[-1] == '"' else cell


def shown(pair: str) -> str:
    """Return a pair as a reader finds it in the list."""
    source, _, target = pair.replace("\0", " version ").partition("\n")
    return f"{source} with {target}"


def read_labels(path: Path, progress: Progress) -> Labels:
    """Read the list.

    Raises:
        InputError: A row lacks something, contradicts itself or another.
    """
    with text(path, progress, "Read labels") as stream:
        head = [stream.readline()]
        while head[-1].isspace():
            head.append(stream.readline())
        lines = itertools.chain(head, stream)
        is_json = head[-1].lstrip().startswith(("{", "["))
        return _collected(
            json_lines(lines, path) if is_json else _csv_rows(lines, head[-1], path), path
        )


def _csv_rows(lines: Iterator[str], first: str, path: Path) -> Iterator[tuple[int, Row]]:
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        header = [bare(name).lower() for name in next(filter(any, reader), [])]
        for name in _COLUMNS[:3]:
            if header.count(name) != 1:
                raise InputError(
                    f"{path} must have one column {name}: its first line is a header such as "
                    "source,target,label."
                )
        for row in reader:
            cells = [bare(cell) for cell in row]
            if not any(cells):
                continue
            if len(cells) < len(header) or any(cells[len(header) :]):
                raise InputError(
                    f"{path}, line {reader.line_num} has {len(cells)} columns, but the header has "
                    f"{len(header)}: the file is cut off, or a comma in a key needs quotes."
                )
            yield reader.line_num, dict(zip(header, cells, strict=False))
    except csv.Error as error:
        raise InputError(f"{path}, line {reader.line_num} is not CSV: {error}.") from error


def _collected(listed: Iterator[tuple[int, Row]], path: Path) -> Labels:
    rows: dict[str, int] = {}
    genuine, first, second, groups = bytearray(), array("i"), array("i"), array("i")
    people: dict[str, int] = {}
    names: dict[str, int] = {}
    nameless = 0
    for number, members in listed:
        row = {name.strip().lower(): value for name, value in members.items()}
        where = f"{path}, line {number}"
        for key in _keys(row, where):
            if rows.setdefault(key, len(genuine)) != len(genuine):
                raise InputError(f"{where} lists {shown(key)} again: keep one of the two lines.")
        same = _WORDS.get(str(row.get("label", "")).strip().lower())
        if same is None:
            raise InputError(
                f"{where} has the label {row.get('label')!r}: write genuine (same person) or "
                "impostor (different people)."
            )
        subject, other = _name(row, "subject"), _name(row, "target_subject")
        if other and (subject == other) is not same:
            raise InputError(
                f"{where} contradicts itself: the label says {'genuine' if same else 'impostor'}, "
                f"but subject is {subject!r} and target_subject {other!r}."
            )
        if not subject:
            nameless = nameless or number
        genuine.append(same)
        first.append(people.setdefault(subject, len(people)))
        second.append(people.setdefault(other, len(people)) if other and not same else -1)
        groups.append(names.setdefault(_name(row, "group"), len(names)))
    named = bool(people.keys() - {""})
    if nameless and named:
        raise InputError(f"{path}, line {nameless} has no subject, but others have: fill it in.")
    if len(names) > _MOST_GROUPS:
        raise InputError(
            f"The column group has {len(names):,} values, over {_MOST_GROUPS}: a group is many "
            "people, and a person is a subject."
        )
    return Labels(
        rows,
        np.frombuffer(genuine, np.bool_),
        np.stack([np.array(first), np.array(second)], axis=1) if named else None,
        np.array(groups) if names.keys() - {""} else None,
        tuple(name or "(no group)" for name in names),
    )


def _keys(row: Row, where: str) -> list[str]:
    sources = row.get("sources") or [row.get("source")]
    target = row.get("target")
    for name, image in [*(("source", each) for each in sources), ("target", target)]:
        if not (image.get("key") if isinstance(image, dict) else image):
            raise InputError(f"{where} has no {name}.")
    # The same source twice in a row is one key.
    return list(dict.fromkeys(pair_key(source, target) for source in sources))


def _image(image: Any) -> str:
    if not isinstance(image, dict):
        return str(image)
    version = image.get("version_id")
    return f"{image.get('key')}\0{version}" if version else str(image.get("key"))


def _name(row: Row, column: str) -> str:
    value = row.get(column)
    return "" if value is None else str(value).strip()
