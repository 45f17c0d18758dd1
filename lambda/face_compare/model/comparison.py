"""A comparison: what is to be compared, what Rekognition found, and what is decided.

Every cold start creates these classes. They are named tuples, because creating a data class takes
ten times as long.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from face_compare.model.errors import (
    ConfigurationError,
    FaceCompareError,
    TransientError,
    leading_error,
)
from face_compare.model.image import Image, Side
from face_compare.model.rule import Decision, Rule

if TYPE_CHECKING:
    from face_compare.model.explanation import FaceQuality


class ComparisonRequest(NamedTuple):
    """One person to compare with one or more images, by one rule.

    Each of the ``sources`` shows this person, and the best of them decides. Each of the
    ``targets`` gets a decision of its own. ``listed_sources`` and ``listed_targets`` say whether
    the caller sent a list. Then the answer has a list too, even for one image. With ``explain`` the
    answer also says how good the image of the face that decided is.
    """

    sources: tuple[Image, ...]
    targets: tuple[Image, ...]
    rule: Rule
    listed_sources: bool = False
    listed_targets: bool = False
    explain: bool = False


class BoundingBox(NamedTuple):
    """Where a face is, as ratios (0 to 1) of the upright image's width and height.

    The box of a face at the edge may begin below 0 or end above 1.
    """

    left: float
    top: float
    width: float
    height: float


class Face(NamedTuple):
    """One face that Rekognition saw.

    ``confidence`` (0 to 100) says how sure Rekognition is that the box holds a face.
    ``similarity`` (0 to 100) says how alike it is to the face of the source. It is None for the
    source's own face, and for a face that Rekognition did not score. ``quality`` is None unless
    the request asks for an explanation, and for the source's own face.
    """

    confidence: float
    bounding_box: BoundingBox
    similarity: float | None = None
    quality: "FaceQuality | None" = None


class ComparedFaces(NamedTuple):
    """The faces that Rekognition compared: the source's largest, and the target's 100 largest.

    ``target_faces`` begin with the highest similarity. Faces without a score come last.
    CompareFaces does not count the source's faces: ``source_face_count`` is None unless the rule
    had them counted.
    """

    source_face: Face
    target_faces: tuple[Face, ...]
    rekognition_request_id: str | None
    source_face_count: int | None = None

    @property
    def similarity(self) -> float | None:
        """The highest similarity of a target's face, 0 to 100; None if none was scored."""
        return self.target_faces[0].similarity if self.target_faces else None


class PairResult(NamedTuple):
    """One source and one target: the faces that were compared, or why they were not."""

    source: Image
    target: Image
    outcome: ComparedFaces | FaceCompareError
    duration_ms: float


class Verdict(NamedTuple):
    """The decision about a target, and the pair that decided."""

    decision: Decision
    pair: PairResult
    faces: ComparedFaces


class TargetResult(NamedTuple):
    """One target and every source, in the order of the request.

    ``needs_every_source`` is about a target that no source matches, if one of the sources could
    not be compared. In bulk work such a target stays undecided, because nobody reads the error
    of each source. A direct caller gets the decision by the other sources, together with the
    error.
    """

    bucket: str
    rule: Rule
    pairs: tuple[PairResult, ...]
    needs_every_source: bool = False

    @property
    def outcome(self) -> Verdict | FaceCompareError:
        """The decision by the best source, or the error that leaves the target undecided."""
        verdict = self._verdict()
        if verdict is not None and verdict.decision is Decision.MATCH:
            return verdict
        errors = [pair.outcome for pair in self.pairs if isinstance(pair.outcome, FaceCompareError)]
        blocking = _blocking(errors) if self.needs_every_source else []
        if blocking:
            return leading_error(blocking)
        return leading_error(errors) if verdict is None else verdict

    def _verdict(self) -> Verdict | None:
        compared = [
            (pair, pair.outcome) for pair in self.pairs if isinstance(pair.outcome, ComparedFaces)
        ]
        if not compared:
            return None
        pair, faces = max(compared, key=lambda each: _rank(each[1].similarity))
        return Verdict(self.rule.decide(faces.similarity), pair, faces)


def _blocking(errors: Sequence[FaceCompareError]) -> list[FaceCompareError]:
    """Return the errors that forbid a decision other than a match.

    These are the errors of the target, because they concern every source. If there are none, these
    are the errors that a retry or a fixed configuration can remove. A source that is a bad image
    does not forbid a decision.
    """
    of_target = [error for error in errors if error.side is Side.TARGET]
    return of_target or [
        error for error in errors if isinstance(error, TransientError | ConfigurationError)
    ]


def _rank(similarity: float | None) -> float:
    """Return a number to sort by: a face without a score ranks below a score of 0."""
    return -1.0 if similarity is None else similarity
