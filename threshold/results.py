"""What a batch run found, joined with the labels."""

from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rich.progress import Progress

from threshold.files import InputError, counted, json_lines, text
from threshold.labels import Labels, bare, pair_key, shown

_NOT_ACQUIRED = (
    "ImageFormatError",
    "ImageTooLargeError",
    "InvalidRequestError",
    "LowQualityFaceInSourceError",
    "LowQualityFaceInTargetError",
    "NoFaceInSourceError",
    "NoFaceInTargetError",
    "SeveralFacesInSourceError",
    "SeveralFacesInTargetError",
)
"""Errors that are about what an image shows: failures to acquire (ISO/IEC 19795-1)."""
_UNREAD = "unreadable line of the list"


class Outcomes:
    """One score or one error for each row of the list."""

    def __init__(self, labels: Labels) -> None:
        count = len(labels.genuine)
        self.labels = labels
        self.scores = np.full(count, np.nan)
        """0 to 100; NaN where the pair has none."""
        self.unscored = 0
        """Pairs in which Rekognition scored no face: their score is 0."""
        self.unlabeled = 0
        """Results without a label."""
        self.quality_filters: set[str] = set()
        """With which the pairs were compared."""
        self._errors = np.full(count, -1, np.int16)
        """Place of the error's name, -1 where the pair has none."""
        self._names: dict[str, int] = {}
        self._example = ""

    @property
    def compared(self) -> npt.NDArray[np.bool_]:
        """Which rows have a score."""
        return ~np.isnan(self.scores)

    @property
    def not_acquired(self) -> npt.NDArray[np.bool_]:
        """Which rows failed because of what an image shows."""
        places = [place for name, place in self._names.items() if name in _NOT_ACQUIRED]
        return np.isin(self._errors, places)

    @property
    def without_result(self) -> npt.NDArray[np.bool_]:
        """Which rows the run says nothing of."""
        return ~self.compared & (self._errors < 0)

    def error_counts(self, rows: npt.NDArray[np.bool_]) -> dict[str, int]:
        """Count the errors of some rows by name, the most frequent first."""
        names = list(self._names)
        counts = Counter(self._errors[rows & (self._errors >= 0)].tolist())
        return {names[place]: count for place, count in counts.most_common()}

    def pairs(self, rows: list[int]) -> list[str]:
        """Return the pairs of some rows, in their order."""
        wanted = set(rows)
        found = {row: pair for pair, row in self.labels.rows.items() if row in wanted}
        return [shown(found[row]) for row in rows]

    def take(self, line: dict[str, Any], where: str) -> None:
        """Take a line of a result file: a pair, or a batch that failed or was never begun."""
        if "similarity" in line and "source" in line and "target" in line:
            self._take_score(line, where)
        elif isinstance(line.get("error"), dict):
            # An item that could not be read is repeated as text, and may be cut.
            unread = "item" in line
            name = _UNREAD if unread else str(line["error"].get("type"))
            self._take_error(name, _items(line["item"]) if unread else [line])
        elif "Input" in line:
            name = line.get("Error") or line.get("Status") or "failed batch"
            self._take_error(str(name), _items(line["Input"]))
        else:
            raise InputError(f"{where} is not a result of modules/batch.")

    def _take_score(self, line: dict[str, Any], where: str) -> None:
        score = _score(line["similarity"], where)
        row = self._row(line["source"], line["target"])
        if row is None:
            return
        if not math.isnan(self.scores[row]):
            pair = shown(pair_key(line["source"], line["target"]))
            raise InputError(
                f"{where} has a second result of {pair}: give one run, with each pair once."
            )
        self.quality_filters.add(str(line.get("quality_filter", "NONE")))
        self.unscored += score is None
        self.scores[row] = score or 0.0
        # A redrive decides pairs that an earlier file lists as failed.
        self._errors[row] = -1

    def _take_error(self, name: str, items: list[dict[str, Any]]) -> None:
        place = self._names.setdefault(name, len(self._names))
        for item in items:
            sources = item.get("sources") or [item.get("source")]
            row = self._row(sources[0], item.get("target"))
            if row is not None and math.isnan(self.scores[row]) and self._errors[row] < 0:
                self._errors[row] = place

    def _row(self, source: Any, target: Any) -> int | None:
        pair = pair_key(source, target)
        row = self.labels.rows.get(pair)
        if row is None:
            self.unlabeled += 1
            self._example = self._example or shown(pair)
        return row

    def check_whole(self) -> None:
        """Raise InputError if results and labels are not of the same pairs."""
        said = []
        if self.unlabeled:
            results = counted(self.unlabeled, "result")
            said.append(f"no label for {results}, for example {self._example}")
        missing = self.without_result
        if missing.any():
            (pair,) = self.pairs([int(np.argmax(missing))])
            said.append(f"no result for {counted(int(missing.sum()), 'label')}, for example {pair}")
        if said:
            raise InputError(
                f"There is {', and '.join(said)}: give the whole list of this run, or add "
                "--partial to leave those pairs out."
            )


def read_results(files: list[Path], labels: Labels, progress: Progress) -> Outcomes:
    """Read a run's files; raise InputError for a line that is not a result."""
    outcomes = Outcomes(labels)
    for path in files:
        with text(path, progress, f"Read {path.name}") as stream:
            for number, line in json_lines(stream, path):
                outcomes.take(line, f"{path}, line {number}")
    return outcomes


def _score(value: Any, where: str) -> float | None:
    """Read a score; None where Rekognition scored no face."""
    if value is None:
        return None
    try:
        score = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        score = math.nan
    if not 0 <= score <= 100:
        raise InputError(f"{where} has the similarity {value!r}, which is not a score of 0 to 100.")
    return score


def _items(told: Any) -> list[dict[str, Any]]:
    """Return the items of a batch's input, or the item that a line repeats."""
    try:
        told = json.loads(told) if isinstance(told, str) else told
    except ValueError:
        return []
    shared = told.get("BatchInput", {}) if isinstance(told, dict) else {}
    items = told.get("Items", [told]) if isinstance(told, dict) else told
    read = [_as_compared(each, shared) for each in items if isinstance(each, dict)]
    # Empty lines of a spreadsheet have none.
    return [each for each in read if each.get("target")]


def _as_compared(item: dict[str, Any], shared: Any) -> dict[str, Any]:
    """Read names, and the values of CSV, as the function does."""
    named = {bare(name).lower(): value for name, value in item.items()}
    if not isinstance(shared, dict) or shared.get("format") != "CSV":
        return named
    return {name: bare(str(value)) for name, value in named.items()}
