"""What a run found out: as data, and as one HTML page without anything outside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from acceptance.model import Outcome, Result
from local.pages.parts import templates

PAGE = "acceptance-report.html"
FACTS = "acceptance-report.json"


@dataclass(slots=True)
class Report:
    """A whole run, filled in as it goes on."""

    name: str
    region: str
    local: bool
    account: str
    """The number of the account."""
    shows_account: bool = False
    versions: dict[str, str] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)
    similarities: list[dict[str, Any]] = field(default_factory=list)
    left_behind: list[str] = field(default_factory=list)
    signal: int = 0
    """128 plus the number of the signal that ended the run; 0 if none did."""
    seconds: float = 0.0

    def count(self, result: Result) -> int:
        """How many checks ended like this."""
        return sum(each.result is result for each in self.outcomes)

    @property
    def good(self) -> bool:
        """Whether the run was finished, nothing failed and nothing is left."""
        unfinished = self.signal or not self.count(Result.PASSED)
        return not (unfinished or self.left_behind or self.count(Result.FAILED))

    def sentences(self) -> str:
        """Whether this account and region can use the module, in two sentences."""
        where = "The local stack" if self.local else f"This account in {self.region}"
        passed, failed = self.count(Result.PASSED), self.count(Result.FAILED)
        if self.signal or not passed:
            first = f"{where} was not asked everything, so this run says nothing about it."
        elif failed:
            names = [each.name for each in self.outcomes if each.result is Result.FAILED]
            more = f" and {failed - 3} more" if failed > 3 else ""
            first = (
                f"{where} cannot use the module as it is: {failed} of {passed + failed} checks "
                f"failed ({', '.join(names[:3])}{more})."
            )
        else:
            skipped = self.count(Result.SKIPPED)
            first = f"{where} can use the module: all {passed} checks passed, {skipped} skipped."
        if self.left_behind:
            return f"{first} Something is left behind: see the end."
        return f"{first} Nothing is left behind."

    def public(self, text: str) -> str:
        """A text without the account's number, unless that is asked for."""
        return text if self.shows_account else text.replace(self.account, "ACCOUNT")

    def facts(self) -> dict[str, Any]:
        """Everything in acceptance-report.json."""
        found = {
            "summary": self.sentences(),
            "run": self.name,
            "account": self.account if self.shows_account else None,
            "region": self.region,
            "local": self.local,
            "versions": self.versions,
            "passed": self.count(Result.PASSED),
            "failed": self.count(Result.FAILED),
            "skipped": self.count(Result.SKIPPED),
            "checks": [asdict(each) for each in self.outcomes],
            "similarities": self.similarities,
            "left_behind": self.left_behind,
            "seconds": self.seconds,
        }
        cleaned: dict[str, Any] = json.loads(self.public(json.dumps(found)))
        return cleaned


def render(report: Report) -> str:
    """Return the HTML page."""
    facts = report.facts()
    page = templates(Path(__file__).parent).get_template("report.html.j2")
    return page.render(facts=facts, good=report.good, groups=_groups(facts))


def _groups(facts: Mapping[str, Any]) -> list[tuple[str, list[Any]]]:
    """The checks, those that need attention first."""
    order = (Result.FAILED, Result.PASSED, Result.SKIPPED)
    groups = [(str(each), [c for c in facts["checks"] if c["result"] == each]) for each in order]
    return [(name, checks) for name, checks in groups if checks]


def write(report: Report, folder: Path) -> tuple[Path, Path]:
    """Write both files; their paths."""
    page, facts = folder / PAGE, folder / FACTS
    page.write_text(render(report), encoding="utf-8")
    facts.write_text(json.dumps(report.facts(), indent=2) + "\n", encoding="utf-8")
    return page, facts
