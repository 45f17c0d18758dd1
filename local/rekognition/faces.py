"""What goes into an engine and what comes out: an image file, and the faces in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Embedding = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ImageFile:
    """An image as the service received it: its bytes and, from S3, its key."""

    content: bytes
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in ratios of the upright image; a face cut by an edge may reach beyond 0-1."""

    left: float
    top: float
    width: float
    height: float

    @property
    def area(self) -> float:
        """Share of the image that the box covers."""
        return self.width * self.height


@dataclass(frozen=True, slots=True)
class Quality:
    """How good the image of a face is, on the stand-in's own scale of 0-100."""

    brightness: float
    sharpness: float


@dataclass(frozen=True, slots=True)
class Pose:
    """How a head is turned, in degrees: up or down, to a shoulder, to a side."""

    pitch: float
    roll: float
    yaw: float


GOOD = Quality(brightness=80.0, sharpness=90.0)
FRONTAL = Pose(pitch=0.0, roll=0.0, yaw=0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One face. ``confidence`` (0-100) says that the box holds a face, not whose it is."""

    box: Box
    confidence: float
    embedding: Embedding
    quality: Quality = GOOD
    pose: Pose = FRONTAL


Analyze = Callable[[ImageFile], Sequence[Face]]
"""An engine: returns every face of an image, or raises ServiceError. Called by several threads."""
