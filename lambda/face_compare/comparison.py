"""What comparing found, and the form in which the caller gets it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

from face_compare.decision import Decision, Rule
from face_compare.faults import FaceCompareError, PassingError, SetupError
from face_compare.images import Image, InlineImage, Side

_Error = TypeVar("_Error", bound=Exception)


class BoundingBox(NamedTuple):
    """A face's place as ratios (0 to 1) of the upright image's width and height.

    A box of a face at the edge may begin below 0 or end above 1.
    """

    left: float
    top: float
    width: float
    height: float

    def to_answer(self) -> dict[str, float]:
        """Return the box as JSON members."""
        return {"left": self.left, "top": self.top, "width": self.width, "height": self.height}


class Face(NamedTuple):
    """One face that Rekognition saw.

    ``confidence`` (0 to 100) says how sure it is that the box holds a face. ``similarity``
    (0 to 100) says how sure it is that this is the person of the source; it is None for the
    source's own face and for a face that Rekognition did not score.
    """

    confidence: float
    bounding_box: BoundingBox
    similarity: float | None = None

    def to_answer(self) -> dict[str, Any]:
        """Return the face as JSON members, without a similarity of its own."""
        return {"confidence": self.confidence, "bounding_box": self.bounding_box.to_answer()}


class Sighting(NamedTuple):
    """What Rekognition saw: the source's largest face and the target's up to 100 largest.

    ``target_faces`` are in order of similarity, highest first, unscored ones last.
    """

    source_face: Face
    target_faces: tuple[Face, ...]
    rekognition_request_id: str | None

    @property
    def similarity(self) -> float | None:
        """The highest similarity among the target's faces, 0 to 100; None if none was scored."""
        return self.target_faces[0].similarity if self.target_faces else None


class PairResult(NamedTuple):
    """One source against one target: what was seen, or the fault in its place."""

    source: Image
    target: Image
    outcome: Sighting | FaceCompareError
    duration_ms: float


class Verdict(NamedTuple):
    """What was decided about a target: by which pair, and by what was seen of it."""

    pair: PairResult
    sighting: Sighting
    decision: Decision


class TargetResult(NamedTuple):
    """One target against every source, in the order of the request, and the rule.

    ``needs_every_source`` tells what becomes of a target without a match of which a source
    could not be compared, although that source might match. In bulk work nobody looks at each
    source's fault, so every source is needed; a direct caller gets the decision by the others,
    and each source's fault beside it.
    """

    bucket: str
    rule: Rule
    pairs: tuple[PairResult, ...]
    needs_every_source: bool = False

    @property
    def outcome(self) -> Verdict | FaceCompareError:
        """The decision by the best source, or the fault that leaves this target undecided."""
        verdict = self._verdict()
        if verdict is not None and verdict.decision is Decision.MATCH:
            return verdict
        faults = [pair.outcome for pair in self.pairs if isinstance(pair.outcome, FaceCompareError)]
        in_the_way = _in_the_way(faults) if self.needs_every_source else []
        if in_the_way:
            return leading_fault(in_the_way)
        return verdict or leading_fault(faults)

    def _verdict(self) -> Verdict | None:
        seen = [(pair, pair.outcome) for pair in self.pairs if isinstance(pair.outcome, Sighting)]
        if not seen:
            return None
        # A face without a score ranks below a score of 0.
        pair, sighting = max(seen, key=lambda each: _rank(each[1].similarity))
        return Verdict(pair, sighting, self.rule.decide(sighting.similarity))

    def to_answer(self, *, list_sources: bool) -> dict[str, Any]:
        """Return the JSON object that the README documents for one target."""
        outcome = self.outcome
        answer = self._decided(outcome) if isinstance(outcome, Verdict) else self._failed(outcome)
        if list_sources:
            answer["sources"] = [self._source_score(pair) for pair in self.pairs]
        return answer

    def _decided(self, verdict: Verdict) -> dict[str, Any]:
        pair, sighting = verdict.pair, verdict.sighting
        return {
            "match": verdict.decision is Decision.MATCH,
            "decision": verdict.decision.value,
            "similarity": sighting.similarity,
            **rule_members(self.rule),
            "source": {
                **self._image(pair.source),
                "face": sighting.source_face.to_answer(),
            },
            "target": {
                **self._image(pair.target),
                "face_count": len(sighting.target_faces),
                "faces": [
                    {"similarity": face.similarity, **face.to_answer()}
                    for face in sighting.target_faces
                ],
            },
        }

    def _failed(self, fault: FaceCompareError) -> dict[str, Any]:
        pair = next(pair for pair in self.pairs if pair.outcome is fault)
        return {
            "error": fault_members(fault),
            "source": self._image(pair.source),
            "target": self._image(pair.target),
        }

    def _source_score(self, pair: PairResult) -> dict[str, Any]:
        if isinstance(pair.outcome, Sighting):
            return {**self._image(pair.source), "similarity": pair.outcome.similarity}
        return {**self._image(pair.source), "error": fault_members(pair.outcome)}

    def _image(self, image: Image) -> dict[str, Any]:
        if isinstance(image, InlineImage):
            return {"sha256": image.sha256}
        return {"bucket": self.bucket, "key": image.key, "version_id": image.version_id}


def rule_members(rule: Rule) -> dict[str, Any]:
    """Return the thresholds that were applied, as JSON members."""
    return {
        "similarity_threshold": rule.similarity_threshold,
        "review_threshold": rule.review_threshold,
    }


def fault_members(fault: FaceCompareError) -> dict[str, Any]:
    """Return a fault as the JSON members that stand in an entry in place of its decision."""
    return {
        "type": type(fault).__name__,
        "message": str(fault),
        "retryable": fault.retryable,
    }


def leading_fault(faults: Sequence[_Error]) -> _Error:
    """Return the fault that stands for several: a passing one, else of the set-up, else the first.

    Whoever retries passing faults then retries whenever that can change the outcome, and whoever
    mends the set-up learns of it.
    """
    for kind in (PassingError, SetupError):
        for fault in faults:
            if isinstance(fault, kind):
                return fault
    return faults[0]


def _in_the_way(faults: Sequence[FaceCompareError]) -> list[FaceCompareError]:
    """Return the faults that keep a target without a match from being decided.

    Those of the target itself, which are alike for every source; else those that another try, or
    mending the set-up, would change. A source whose own photo is no good is not waited for.
    """
    own = [fault for fault in faults if fault.side is Side.TARGET]
    return own or [fault for fault in faults if isinstance(fault, PassingError | SetupError)]


def _rank(similarity: float | None) -> float:
    return -1.0 if similarity is None else similarity
