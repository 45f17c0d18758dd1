"""The children of a Map Run: their states, what is tolerated, what a redrive runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

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


@dataclass(slots=True)
class Child:
    """One child execution, over all its attempts."""

    arn: str
    input: str
    """JSON text."""
    items: int
    """How many of the dataset's are in it."""
    status: str = "PENDING"
    start_date: str | None = None
    stop_date: str | None = None
    output: str | None = None
    """JSON text; None unless it succeeded."""
    error: str | None = None
    cause: str | None = None
    redrives: int = 0
    ended_before: str = ""
    """How its last attempt ended, while it waits for a redrive."""
    is_written: bool = False
    """Whether its success stands in a result file."""

    @property
    def name(self) -> str:
        """The last part of its ARN."""
        return self.arn.rpartition(":")[2]


@dataclass(slots=True)
class MapRun:
    """A Map Run, over all its attempts."""

    arn: str
    children: list[Child]
    tolerated_failure_percentage: float
    redrives: int = 0
    result_files: dict[str, list[Any]] = field(
        default_factory=lambda: {"FAILED": [], "PENDING": [], "SUCCEEDED": []}
    )
    """Key and size of the files that manifest.json names, by their kind."""

    def exceeded(self) -> bool:
        """Whether more children have failed than is tolerated."""
        failed = sum(child.status in ("FAILED", "TIMED_OUT") for child in self.children)
        return failed * 100 > self.tolerated_failure_percentage * len(self.children)

    def redrive(self) -> None:
        """Make whatever did not succeed wait for another attempt."""
        self.redrives += 1
        for child in self.children:
            if child.status in UNSUCCESSFUL:
                child.ended_before, child.status = child.status, "PENDING_REDRIVE"

    def waiting(self) -> list[Child]:
        """What this attempt has to run."""
        return [each for each in self.children if each.status in ("PENDING", "PENDING_REDRIVE")]

    def end(self) -> None:
        """Children that no attempt got to are what they were."""
        for child in self.children:
            if child.status == "PENDING_REDRIVE":
                child.status = child.ended_before

    def execution_counts(self) -> dict[str, int]:
        """How many children are in which state, as DescribeMapRun has it."""
        return self._counts(lambda _child: 1)

    def item_counts(self) -> dict[str, int]:
        """How many items are in children of which state, as DescribeMapRun has it."""
        return self._counts(lambda child: child.items)

    def _counts(self, weigh: Callable[[Child], int]) -> dict[str, int]:
        counts = dict.fromkeys(
            (*_COUNTS.values(), "total", "resultsWritten", "failuresNotRedrivable"), 0
        )
        for child in self.children:
            counts[_COUNTS[child.status]] += weigh(child)
            counts["total"] += weigh(child)
        return counts
