"""What a demo run found out, as data; demo-report.json holds this and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local.photos import Pair
from local.use import Invoked


@dataclass(frozen=True, slots=True)
class Comparison:
    """One pair of photos and what the function answered."""

    pair: Pair
    outcome: Invoked

    @property
    def came(self) -> str:
        """The decision, or the name of the error."""
        answer = self.outcome.answer
        return str(self.outcome.error_type if answer is None else answer["decision"])

    @property
    def as_expected(self) -> bool | None:
        """None where nothing was expected."""
        return None if self.pair.expected is None else self.came == self.pair.expected

    @property
    def explanation(self) -> Mapping[str, Any] | None:
        """What the function measured of the decisive face; None where it did not decide."""
        answer = self.outcome.answer
        return None if answer is None else answer.get("explanation")

    def problem(self) -> str:
        """One sentence about an outcome that was not expected."""
        said = f" ({self.outcome.error_message})" if self.outcome.answer is None else ""
        return (
            f"{self.pair.source} and {self.pair.target} came to {self.came}{said}, "
            f"not {self.pair.expected}."
        )

    def facts(self) -> dict[str, Any]:
        """The entry of demo-report.json."""
        answer = self.outcome.answer
        if answer is None:
            found: dict[str, Any] = {
                "error_type": self.outcome.error_type,
                "error_message": self.outcome.error_message,
            }
        else:
            found = {
                "similarity": answer["similarity"],
                "threshold": answer["similarity_threshold"],
                "decision": answer["decision"],
                "target_face_count": answer["target"]["face_count"],
                "explanation": self.explanation,
            }
        return {
            "source": self.pair.source,
            "target": self.pair.target,
            "quality_filter": self.pair.quality_filter,
            **found,
            "expected": self.pair.expected,
            "as_expected": self.as_expected,
            "request_id": self.outcome.request_id,
            "seconds": round(self.outcome.seconds, 3),
        }


@dataclass(slots=True)
class Run:
    """A whole run, filled in as it goes on."""

    engines: Mapping[str, str] = field(default_factory=dict)
    """Versions of what took part, by name."""
    comparisons: list[Comparison] = field(default_factory=list)
    audit: Mapping[str, Any] | None = None
    """One request followed through CloudWatch Logs: its identity, the log group, the records."""
    left_behind: list[str] = field(default_factory=list)
    """What there was after destroy that was not there before apply."""
    seconds: dict[str, float] = field(default_factory=dict)
    """By step, in order."""

    @property
    def decided(self) -> list[Comparison]:
        """The comparisons that came to a decision."""
        return [each for each in self.comparisons if each.outcome.answer is not None]

    @property
    def failures(self) -> list[Comparison]:
        """The comparisons that ended in a typed error."""
        return [each for each in self.comparisons if each.outcome.answer is None]

    def asserted(self) -> int:
        """How many outcomes were compared with what must come out."""
        return sum(each.as_expected is not None for each in self.comparisons)

    def problems(self) -> list[str]:
        """One sentence for each thing that is not as it should be; empty when all is well."""
        found = [each.problem() for each in self.comparisons if each.as_expected is False]
        records = self.audit["records"] if self.audit else []
        if self.audit and "face comparison decided" not in [
            each.get("message") for each in records
        ]:
            found.append(f"The decision of request {self.audit['request_id']} is not on record.")
        found += [f"Left behind after destroy: {each}." for each in self.left_behind]
        return found

    def facts(self) -> dict[str, Any]:
        """Everything in demo-report.json."""
        return {
            "comparisons": [each.facts() for each in self.decided],
            "failures": [each.facts() for each in self.failures],
            "audit": self.audit,
            "left_behind": self.left_behind,
            "problems": self.problems(),
            "seconds": {name: round(value, 1) for name, value in self.seconds.items()},
            "versions": dict(self.engines),
        }
