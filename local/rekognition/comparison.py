"""The service's decisions on faces, as pure functions from faces to the members of an answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from local.rekognition.errors import Code, ServiceError
from local.rekognition.faces import Face
from local.rekognition.quality import passes
from local.rekognition.similarity import compare

DEFAULT_THRESHOLD = 80.0
"""Similarity (0-100) that a match needs when the request gives none."""

MAX_FACES = 100
"""Only the largest faces of an image are looked at."""


def compare_faces(
    source: Sequence[Face],
    target: Sequence[Face],
    threshold: float = DEFAULT_THRESHOLD,
    quality_filter: str = "NONE",
) -> dict[str, Any]:
    """Return CompareFaces' answer: the source's largest face against the target's 100 largest.

    ``threshold`` is 0-100. Raises ServiceError when either image has no face, or none that the
    filter leaves. AWS does not say what it answers then.
    """
    source = [face for face in source if passes(face, quality_filter)]
    target = [face for face in target if passes(face, quality_filter)]
    if not source or not target:
        raise ServiceError(Code.INVALID_PARAMETER)
    wanted = _largest_first(source)[0]
    scored = [
        (_percent(compare(wanted.embedding, face.embedding)), face)
        for face in _largest_first(target)
    ]
    matches = [pair for pair in scored if pair[0] >= threshold]
    # Python's sort is stable: equal scores stay in order of size.
    matches.sort(key=lambda pair: pair[0], reverse=True)
    return {
        "SourceImageFace": _members(wanted),
        "FaceMatches": [{"Similarity": score, "Face": _measured(face)} for score, face in matches],
        "UnmatchedFaces": [_measured(face) for score, face in scored if score < threshold],
    }


def detect_faces(faces: Sequence[Face]) -> dict[str, Any]:
    """Return DetectFaces' answer, largest face first."""
    return {"FaceDetails": [_measured(face) for face in _largest_first(faces)]}


def _largest_first(faces: Sequence[Face]) -> list[Face]:
    return sorted(faces, key=lambda face: face.box.area, reverse=True)[:MAX_FACES]


def _measured(face: Face) -> dict[str, Any]:
    # CompareFaces does not measure the source's face.
    quality, pose = face.quality, face.pose
    return {
        **_members(face),
        "Quality": {"Brightness": quality.brightness, "Sharpness": quality.sharpness},
        "Pose": {"Pitch": pose.pitch, "Roll": pose.roll, "Yaw": pose.yaw},
    }


def _members(face: Face) -> dict[str, Any]:
    return {
        "BoundingBox": {
            "Width": face.box.width,
            "Height": face.box.height,
            "Left": face.box.left,
            "Top": face.box.top,
        },
        "Confidence": _percent(face.confidence),
    }


def _percent(value: float) -> float:
    return round(min(100.0, max(0.0, value)), 5)
