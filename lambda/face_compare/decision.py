"""The rule that turns a similarity into a decision. Pure: no calls, no clock, no environment."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Decision(StrEnum):
    """What the function says about two images."""

    MATCH = "match"
    NO_MATCH = "no_match"


@dataclass(frozen=True, slots=True)
class Rule:
    """The threshold a decision is made by, on Rekognition's scale of 0 to 100."""

    similarity_threshold: float

    def decide(self, similarity: float | None) -> Decision:
        """Decide by the highest similarity; a similarity equal to the threshold is a match.

        ``None`` means that Rekognition scored no face of the target, which is never a match.
        """
        if similarity is not None and similarity >= self.similarity_threshold:
            return Decision.MATCH
        return Decision.NO_MATCH
