"""The explanation in an answer, as the JSON object that docs/api.md describes."""

from typing import Any

from face_compare.model.explanation import FaceQuality, likely_reasons
from face_compare.model.rule import Decision


def explanation(quality: FaceQuality, decision: Decision) -> dict[str, Any]:
    """Return what is measured of the face that decided, and why it may not have matched."""
    return {
        "brightness": quality.brightness,
        "sharpness": quality.sharpness,
        "pose": {"pitch": quality.pitch, "roll": quality.roll, "yaw": quality.yaw},
        "likely_reasons": [] if decision is Decision.MATCH else likely_reasons(quality),
    }
