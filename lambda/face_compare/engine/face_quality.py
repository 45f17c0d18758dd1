"""The quality of a face, read from an answer of CompareFaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from face_compare.model.explanation import FaceQuality

if TYPE_CHECKING:
    from mypy_boto3_rekognition.type_defs import ComparedFaceTypeDef


def quality_of(face: ComparedFaceTypeDef) -> FaceQuality:
    """Return what Rekognition measured of a target's face."""
    quality, pose = face.get("Quality", {}), face.get("Pose", {})
    return FaceQuality(
        brightness=quality.get("Brightness"),
        sharpness=quality.get("Sharpness"),
        pitch=pose.get("Pitch"),
        roll=pose.get("Roll"),
        yaw=pose.get("Yaw"),
    )
