"""A Map Run: its children, what is tolerated, what a redrive runs, what ResultWriter writes."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

type Record = dict[str, Any]

UNSUCCESSFUL = ("FAILED", "TIMED_OUT", "ABORTED")
_COUNTS = {
    "PENDING": "pending",
    "RUNNING": "running",
    "SUCCEEDED": "succeeded",
    "FAILED": "failed",
    "TIMED_OUT": "timedOut",
    "ABORTED": "aborted",
    "PENDING_REDRIVE": "pendingRedrive",
}
_IN_RESULTS = (
    *("cause", "error", "executionArn", "input", "name", "output"),
    *("redriveCount", "startDate", "stateMachineArn", "status", "stopDate"),
)


@dataclass(slots=True)
class MapRun:
    """A Map Run, over all its attempts."""

    record: Record
    """As MiniStack's DescribeMapRun and ListMapRuns read it."""
    children: list[Record]
    """Child executions as MiniStack's DescribeExecution reads them."""
    result_files: dict[str, list[Any]] = field(
        default_factory=lambda: {"FAILED": [], "PENDING": [], "SUCCEEDED": []}
    )
    """Key and size of the files that manifest.json names, by their kind."""
    written: set[str] = field(default_factory=set)
    """ARNs of the children whose success stands in a file."""

    def exceeded(self) -> bool:
        """Whether more children have failed than is tolerated."""
        failed = sum(child["status"] in ("FAILED", "TIMED_OUT") for child in self.children)
        tolerated: float = self.record["toleratedFailurePercentage"]
        return failed * 100 > tolerated * len(self.children)

    def redrive(self) -> None:
        """Make whatever did not succeed wait for another attempt."""
        self.record["redriveCount"] += 1
        for child in self.children:
            if child["status"] in UNSUCCESSFUL:
                child["status"] = "PENDING_REDRIVE"

    def waiting(self) -> list[Record]:
        """What this attempt has to run."""
        return [each for each in self.children if each["status"] in ("PENDING", "PENDING_REDRIVE")]

    def count(self) -> None:
        """Bring the record's counts of children and of their items up to date."""
        batches, items = Counter[str](), Counter[str]()
        for child in self.children:
            batches[_COUNTS[child["status"]]] += 1
            items[_COUNTS[child["status"]]] += len(json.loads(child["input"])["Items"])
        for name, counts in (("executionCounts", batches), ("itemCounts", items)):
            found = {key: counts[key] for key in _COUNTS.values()}
            rest = {"resultsWritten": 0, "failuresNotRedrivable": 0}
            self.record[name] = {**found, "total": counts.total(), **rest}

    def result_lines(self) -> dict[str, str]:
        """The text of the attempt's files: JSON Lines that are flattened, by kind of outcome.

        Successes that an earlier attempt has written stay in their file.
        """
        lines: dict[str, list[Any]] = {"FAILED": [], "PENDING": [], "SUCCEEDED": []}
        for child in self.children:
            if child["status"] == "SUCCEEDED":
                if child["executionArn"] not in self.written:
                    lines["SUCCEEDED"] += json.loads(child["output"])
                continue
            told = {name: child[name] for name in _IN_RESULTS if child[name] is not None}
            entry = {f"{name[0].upper()}{name[1:]}": value for name, value in told.items()}
            kind = "PENDING" if child["status"] == "PENDING" else "FAILED"
            lines[kind].append({**entry, "InputDetails": {"Included": True}})
        return {
            kind: "".join(f"{json.dumps(each)}\n" for each in found)
            for kind, found in lines.items()
            if found
        }
