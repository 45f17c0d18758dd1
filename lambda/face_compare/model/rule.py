"""The rule that turns a similarity into a decision."""

from enum import StrEnum
from typing import Literal, NamedTuple

type QualityFilter = Literal["NONE", "AUTO", "LOW", "MEDIUM", "HIGH"]
"""Rekognition's name for a quality bar. Faces below the bar are not compared."""

QUALITY_FILTERS: tuple[QualityFilter, ...] = ("NONE", "AUTO", "LOW", "MEDIUM", "HIGH")
"""The weakest one first. ``is_at_least`` says where AUTO stands."""


class Decision(StrEnum):
    """What the function says about two images."""

    MATCH = "match"
    REVIEW = "review"
    NO_MATCH = "no_match"


class Rule(NamedTuple):
    """What a decision depends on. Thresholds are on Rekognition's scale of 0 to 100.

    A similarity below ``similarity_threshold`` that reaches ``review_threshold`` is for a
    person to review. If ``review_threshold`` is None, there is no such band.
    ``require_single_face`` refuses images with several faces. ``quality_filter`` is Rekognition's
    quality bar.
    """

    similarity_threshold: float
    review_threshold: float | None = None
    require_single_face: bool = False
    quality_filter: QualityFilter = "NONE"

    def decide(self, similarity: float | None) -> Decision:
        """Decide by the highest similarity. A similarity that equals a threshold reaches it.

        None means that Rekognition scored no face of the target. That is never a match.
        """
        if similarity is None:
            return Decision.NO_MATCH
        if similarity >= self.similarity_threshold:
            return Decision.MATCH
        if self.review_threshold is not None and similarity >= self.review_threshold:
            return Decision.REVIEW
        return Decision.NO_MATCH


def is_at_least(quality_filter: QualityFilter, other: QualityFilter) -> bool:
    """Tell whether a quality filter is as strict as another one, or stricter.

    Rekognition itself chooses the bar of AUTO, and AWS does not say how high it is (API reference,
    CompareFaces, QualityFilter). So AUTO is stricter than NONE, and not comparable with the others.
    """
    if "AUTO" in (quality_filter, other):
        return other in ("NONE", quality_filter)
    return QUALITY_FILTERS.index(quality_filter) >= QUALITY_FILTERS.index(other)
