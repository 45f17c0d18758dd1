"""Brightness, sharpness and pose of a face, and what a quality filter makes of them.

Amazon publishes no formula and no bars. The numbers here are the stand-in's. They order images as a
person would, and suit demos and tests.

Brightness is the mean luma of the upright, cropped face. Sharpness is the strength of its edges
(the deviation of the Laplacian) in relation to its contrast: a dark copy of an image is as sharp as
the image. In the measured portraits it was 35 to 76, after a Gaussian blur of 3 pixels 5 to 16.

Roll is measured between the eyes. Yaw and pitch are rough: they come from where the nose is below
the middle of the eyes.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from local.rekognition.faces import Face, Pose, Quality
from local.rekognition.images import Pixels

_NOSE_BELOW_EYES = 0.72
"""Of the distance between the eyes, in a face that looks into the camera."""


class _Bar(NamedTuple):
    """What a filter leaves: least brightness and sharpness, most yaw and pitch."""

    brightness: float
    sharpness: float
    yaw: float
    pitch: float


_BARS = {
    "LOW": _Bar(brightness=8.0, sharpness=5.0, yaw=60.0, pitch=60.0),
    "MEDIUM": _Bar(brightness=15.0, sharpness=12.0, yaw=45.0, pitch=45.0),
    "HIGH": _Bar(brightness=25.0, sharpness=20.0, yaw=30.0, pitch=30.0),
}
_BARS["AUTO"] = _BARS["LOW"]


def passes(face: Face, quality_filter: str) -> bool:
    """Tell whether a filter leaves this face."""
    if quality_filter == "NONE":
        return True
    bar = _BARS[quality_filter]
    return (
        face.quality.brightness >= bar.brightness
        and face.quality.sharpness >= bar.sharpness
        and abs(face.pose.yaw) < bar.yaw
        and abs(face.pose.pitch) < bar.pitch
    )


def measure_quality(chip: Pixels) -> Quality:
    """Measure the image of a face, upright and cropped."""
    luma = chip.astype(np.float64) @ np.array([0.299, 0.587, 0.114])
    around = luma[:-2, 1:-1] + luma[2:, 1:-1] + luma[1:-1, :-2] + luma[1:-1, 2:]
    edges = around - 4 * luma[1:-1, 1:-1]
    contrast = float(luma.std()) or 1.0
    sharpness = 1.0 - math.exp(-2.0 * float(edges.std()) / contrast)
    return Quality(brightness=float(luma.mean()) / 2.55, sharpness=100.0 * sharpness)


def measure_pose(points: NDArray[np.float64]) -> Pose:
    """Measure a head by dlib's five points: two corners of each eye, then the base of the nose."""
    left, right = sorted((points[0:2].mean(axis=0), points[2:4].mean(axis=0)), key=tuple)
    across = right - left
    span = float(np.linalg.norm(across)) or 1.0
    along = across / span
    down = np.array([-along[1], along[0]])
    nose = (points[4] - (left + right) / 2) / span
    return Pose(
        pitch=math.degrees(math.atan(2.0 * (_NOSE_BELOW_EYES - float(nose @ down)))),
        roll=math.degrees(math.atan2(across[1], across[0])),
        yaw=math.degrees(math.atan(2.0 * float(nose @ along))),
    )
