"""A Rekognition without a network, for the tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from tests.unit.payload.canned_aws import compared


def refusal(code: str, status: int = 400, operation: str = "CompareFaces") -> ClientError:
    """Return an error answer of AWS."""
    answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, operation)  # type: ignore[arg-type]


def raising(error: Exception) -> Callable[..., Any]:
    """Return a call that fails."""

    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


@dataclass
class FakeRekognition:
    """What comes of each image, by key: a number, or the code of an error.

    A pair has the score of its source or of its target, and 99 without either. With None, no face
    of the target has a score. References have a face and other images none, unless ``faces`` says
    something else. Every quality filter leaves out the faces of ``poor`` images. ``measured`` is
    the quality and pose of the first face. Comparisons are counted.
    """

    scores: dict[str, float | str | None] = field(default_factory=dict)
    faces: dict[str, int | str] = field(default_factory=dict)
    poor: set[str] = field(default_factory=set)
    unmatched_faces: int = 0
    measured: dict[str, dict[str, float]] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    target_versions: list[str | None] = field(default_factory=list)
    before: Callable[[str, str], object] = lambda *_: None

    def compare_faces(self, **call: Any) -> dict[str, Any]:
        source, target = _name(call["SourceImage"]), _name(call["TargetImage"])
        self.calls.append((source, target))
        self.target_versions.append(call["TargetImage"].get("S3Object", {}).get("Version"))
        self.before(source, target)
        if call["QualityFilter"] != "NONE" and self.poor & {source, target}:
            raise refusal("InvalidParameterException")
        score = self.scores.get(source, self.scores.get(target, 99.0))
        if isinstance(score, str):
            raise refusal(score)
        if score is None:
            return compared(unmatched=1).body
        answer = compared(score, unmatched=self.unmatched_faces).body
        answer["FaceMatches"][0]["Face"] |= self.measured
        return answer

    def detect_faces(self, **call: Any) -> dict[str, Any]:
        name = _name(call["Image"])
        faces = self.faces.get(name, int(name.startswith("reference/")))
        if isinstance(faces, str):
            raise refusal(faces, operation="DetectFaces")
        return {"FaceDetails": [{}] * faces}

    def compared_targets(self) -> list[str]:
        """Return the targets of all comparisons, sorted."""
        return sorted(target for _, target in self.calls)


def _name(image: Mapping[str, Any]) -> str:
    return str(image["S3Object"]["Name"]) if "S3Object" in image else image["Bytes"].decode()
