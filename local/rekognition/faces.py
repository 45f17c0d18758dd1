"""What an engine finds in a photo: boxes, landmarks, pose, quality and an embedding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Embedding = NDArray[np.float64]


class LandmarkType(StrEnum):
    """The five landmarks that the service gives for every compared face."""

    EYE_LEFT = "eyeLeft"
    EYE_RIGHT = "eyeRight"
    MOUTH_LEFT = "mouthLeft"
    MOUTH_RIGHT = "mouthRight"
    NOSE = "nose"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle as ratios of the upright image; a face cut by an edge may reach beyond 0-1."""

    left: float
    top: float
    width: float
    height: float

    @property
    def area(self) -> float:
        """Share of the image that the box covers."""
        return self.width * self.height


@dataclass(frozen=True, slots=True)
class Landmark:
    """A point as ratios of the upright image. Left and right are the viewer's."""

    type: LandmarkType
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Pose:
    """Degrees, each within -180 to 180."""

    roll: float
    yaw: float
    pitch: float


@dataclass(frozen=True, slots=True)
class Quality:
    """0 to 100 each; more is brighter, sharper."""

    brightness: float
    sharpness: float


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One face. ``confidence`` (0-100) says that the box holds a face, not whose it is."""

    box: Box
    confidence: float
    landmarks: tuple[Landmark, ...]
    pose: Pose
    quality: Quality
    embedding: Embedding


@dataclass(frozen=True, slots=True)
class Photo:
    """An image as the service received it: its bytes and, from S3, its key."""

    content: bytes
    key: str | None = None


class FaceEngine(Protocol):
    """Finds faces. Called from several threads at once."""

    def analyse(self, photo: Photo) -> Sequence[Face]:
        """Return every face of the photo in no particular order, or raise a ServiceError."""
        ...
