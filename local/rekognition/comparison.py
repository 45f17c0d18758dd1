"""The service's decisions on faces, as pure functions from faces to response members."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from local.rekognition import faults
from local.rekognition.faces import Box, Face
from local.rekognition.similarity import compare

DEFAULT_THRESHOLD = 80.0
"""Similarity (0-100) that a match needs when the request names none."""

MAX_FACES = 100
"""Only the largest faces of a picture are looked at."""


class QualityFilter(StrEnum):
    """How good a face must be to be compared. The service's bars are not published."""

    NONE = "NONE"
    AUTO = "AUTO"
    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"


_BARS = {
    QualityFilter.NONE: 0.0,
    QualityFilter.AUTO: 15.0,
    QualityFilter.LOW: 15.0,
    QualityFilter.MEDIUM: 35.0,
    QualityFilter.HIGH: 60.0,
}
"""The stand-in's own bars on sharpness; brightness keeps a third of it away from 0 and 100."""


def largest_first(faces: Sequence[Face]) -> list[Face]:
    """Return at most the 100 largest faces, largest first."""
    return sorted(faces, key=lambda face: face.box.area, reverse=True)[:MAX_FACES]


def good_enough(face: Face, quality_filter: QualityFilter) -> bool:
    """Whether a face passes the filter."""
    bar = _BARS[quality_filter]
    dark = bar / 3
    return face.quality.sharpness >= bar and dark <= face.quality.brightness <= 100 - dark


def compare_faces(
    source: Sequence[Face],
    target: Sequence[Face],
    *,
    threshold: float = DEFAULT_THRESHOLD,
    quality_filter: QualityFilter = QualityFilter.NONE,
) -> dict[str, Any]:
    """Return a CompareFacesResponse: the source's largest face against the target's 100 largest.

    ``threshold`` is 0-100. Raises ServiceError (InvalidParameterException) when either picture
    has no face, or none of the source's is good enough.
    """
    if not source or not target:
        raise faults.invalid_parameter()
    usable = [face for face in largest_first(source) if good_enough(face, quality_filter)]
    if not usable:
        raise faults.invalid_parameter()
    wanted = usable[0]
    scored = [
        (_percent(compare(wanted.embedding, face.embedding)), face)
        for face in largest_first(target)
        if good_enough(face, quality_filter)
    ]
    matches = [pair for pair in scored if pair[0] >= threshold]
    # Python's sort is stable: equal scores stay in order of size.
    matches.sort(key=lambda pair: pair[0], reverse=True)
    return {
        "SourceImageFace": {
            "BoundingBox": _box(wanted.box),
            "Confidence": _percent(wanted.confidence),
        },
        "FaceMatches": [{"Similarity": score, "Face": _face(face)} for score, face in matches],
        "UnmatchedFaces": [_face(face) for score, face in scored if score < threshold],
    }


def detect_faces(faces: Sequence[Face]) -> dict[str, Any]:
    """Return a DetectFacesResponse with the default attributes, largest face first.

    The attributes beyond (age, smile, beard, …) are never made up: they are left out.
    """
    return {"FaceDetails": [_face(face) for face in largest_first(faces)]}


def _face(face: Face) -> dict[str, Any]:
    return {
        "BoundingBox": _box(face.box),
        "Confidence": _percent(face.confidence),
        "Landmarks": [
            {"Type": landmark.type.value, "X": landmark.x, "Y": landmark.y}
            for landmark in face.landmarks
        ],
        "Pose": {"Roll": face.pose.roll, "Yaw": face.pose.yaw, "Pitch": face.pose.pitch},
        "Quality": {
            "Brightness": face.quality.brightness,
            "Sharpness": face.quality.sharpness,
        },
    }


def _box(box: Box) -> dict[str, float]:
    return {"Width": box.width, "Height": box.height, "Left": box.left, "Top": box.top}


def _percent(value: float) -> float:
    return round(min(100.0, max(0.0, value)), 5)
