"""What a demo run found out, as data; demo-report.json is this and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local.photos import Pair
from local.use import Invoked


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison that came to a decision."""

    pair: Pair
    answer: Mapping[str, Any]
    """The function's whole answer."""
    seconds: float
    """As its caller waited."""

    @property
    def source(self) -> str:
        """Key of the reference photo."""
        return str(self.answer["source"]["key"])

    @property
    def target(self) -> str:
        """Key of the challenge photo."""
        return str(self.answer["target"]["key"])

    @property
    def similarity(self) -> float:
        """Highest similarity, 0 to 100."""
        return float(self.answer["similarity"])

    @property
    def decision(self) -> str:
        """Either "match" or "no_match"."""
        return str(self.answer["decision"])

    @property
    def as_expected(self) -> bool | None:
        """None where nothing was expected."""
        return None if self.pair.expected is None else self.decision == self.pair.expected

    def facts(self) -> dict[str, Any]:
        """The entry of demo-report.json."""
        return {
            "source": self.source,
            "target": self.target,
            "similarity": self.similarity,
            "threshold": self.answer["similarity_threshold"],
            "decision": self.decision,
            "expected": self.pair.expected,
            "as_expected": self.as_expected,
            "target_face_count": self.answer["target"]["face_count"],
            "request_id": self.answer["request_id"],
            "seconds": round(self.seconds, 3),
        }


@dataclass(frozen=True, slots=True)
class Failure:
    """One comparison that ended in a typed error."""

    pair: Pair
    source: str
    """Key of the reference photo."""
    target: str
    """Key of the challenge photo."""
    outcome: Invoked

    @property
    def as_expected(self) -> bool | None:
        """None where nothing was expected."""
        expected = self.pair.expected
        return None if expected is None else self.outcome.error_type == expected

    def facts(self) -> dict[str, Any]:
        """The entry of demo-report.json."""
        return {
            "source": self.source,
            "target": self.target,
            "error_type": self.outcome.error_type,
            "error_message": self.outcome.error_message,
            "expected": self.pair.expected,
            "as_expected": self.as_expected,
            "request_id": self.outcome.request_id,
            "seconds": round(self.outcome.seconds, 3),
        }


@dataclass(frozen=True, slots=True)
class Trail:
    """One request followed through CloudWatch Logs."""

    request_id: str
    group: str
    records: tuple[Mapping[str, Any], ...]

    @property
    def decided(self) -> bool:
        """Whether the decision is on record."""
        return any(each.get("message") == "face comparison decided" for each in self.records)


@dataclass(slots=True)
class Run:
    """A whole run, filled in as it goes on."""

    engines: Mapping[str, str] = field(default_factory=dict)
    """Versions of what took part, by name."""
    comparisons: list[Comparison] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    trail: Trail | None = None
    left_behind: list[str] = field(default_factory=list)
    """What there was after destroy that was not there before apply."""
    seconds: dict[str, float] = field(default_factory=dict)
    """By step, in order."""

    def asserted(self) -> int:
        """How many outcomes were expected to be what they are or otherwise."""
        outcomes: list[Comparison | Failure] = [*self.comparisons, *self.failures]
        return sum(each.as_expected is not None for each in outcomes)

    def problems(self) -> list[str]:
        """One sentence for each thing that is not as it should be; empty when all is well."""
        found = [
            f"{each.source} and {each.target} were decided {each.decision}, "
            f"not {each.pair.expected}."
            for each in self.comparisons
            if each.as_expected is False
        ]
        found += [
            f"{each.source} and {each.target} ended in {each.outcome.error_type} "
            f"({each.outcome.error_message}), not {each.pair.expected}."
            for each in self.failures
            if each.as_expected is False
        ]
        if self.trail is not None and not self.trail.decided:
            found.append(f"The decision of request {self.trail.request_id} is not on record.")
        found += [f"Left behind after destroy: {each}." for each in self.left_behind]
        return found

    def facts(self) -> dict[str, Any]:
        """Everything in demo-report.json."""
        return {
            "comparisons": [each.facts() for each in self.comparisons],
            "failures": [each.facts() for each in self.failures],
            "audit": None
            if self.trail is None
            else {
                "request_id": self.trail.request_id,
                "log_group": self.trail.group,
                "records": list(self.trail.records),
            },
            "left_behind": self.left_behind,
            "problems": self.problems(),
            "seconds": {name: round(value, 1) for name, value in self.seconds.items()},
            "versions": dict(self.engines),
        }


def outcome_of(pair: Pair, source: str, target: str, outcome: Invoked) -> Comparison | Failure:
    """Sort an outcome into decisions and failures."""
    if outcome.answer is None:
        return Failure(pair, source, target, outcome)
    return Comparison(pair, outcome.answer, outcome.seconds)
