"""What one comparison found, and the form in which the caller gets it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from face_compare.decision import Decision, Rule
from face_compare.request import ImageReference


@dataclass(frozen=True, slots=True)
class BoundingBox:
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


@dataclass(frozen=True, slots=True)
class Face:
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


@dataclass(frozen=True, slots=True)
class Sighting:
    """What Rekognition saw: the source's largest face and the target's up to 100 largest.

    ``target_faces`` are in order of similarity, highest first, unscored ones last.
    """

    source_face: Face
    target_faces: tuple[Face, ...]
    rekognition_request_id: str | None

    @property
    def similarity(self) -> float | None:
        """The highest similarity among the target's faces, 0 to 100; None if none was scored."""
        scored = [face.similarity for face in self.target_faces if face.similarity is not None]
        return max(scored, default=None)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two images, what was seen in them, and the rule that decides."""

    bucket: str
    source: ImageReference
    target: ImageReference
    sighting: Sighting
    rule: Rule

    @property
    def decision(self) -> Decision:
        """What the rule says about the highest similarity."""
        return self.rule.decide(self.sighting.similarity)

    def to_answer(self) -> dict[str, Any]:
        """Return the comparison as the JSON object that the README documents."""
        return {
            "match": self.decision is Decision.MATCH,
            "decision": self.decision.value,
            "similarity": self.sighting.similarity,
            "similarity_threshold": self.rule.similarity_threshold,
            "source": {
                **self._image(self.source),
                "face": self.sighting.source_face.to_answer(),
            },
            "target": {
                **self._image(self.target),
                "face_count": len(self.sighting.target_faces),
                "faces": [
                    {"similarity": face.similarity, **face.to_answer()}
                    for face in self.sighting.target_faces
                ],
            },
        }

    def _image(self, image: ImageReference) -> dict[str, Any]:
        return {"bucket": self.bucket, "key": image.key, "version_id": image.version_id}
