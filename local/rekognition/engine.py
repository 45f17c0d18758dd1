"""Faces by dlib: HOG frontal detector, five-point landmarks, ResNet embedding.

Only the CC0 models are loaded; the 68-point model that ships beside them may not be used
commercially and is never touched.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import dlib
import face_recognition_models as files
import numpy as np
from numpy.typing import NDArray

from local.rekognition.faces import (
    Box,
    Embedding,
    Face,
    Landmark,
    LandmarkType,
    Photo,
    Pose,
    Quality,
)
from local.rekognition.images import Pixels, decode

MIN_SCORE = 0.3
"""Detector score of a face. On the photos measured true ones had 0.4-2.4, false ones to 0.25."""

MIN_EXTRA_SCORE = 1.2
"""Score that a further, small face needs on the enlarged picture, where false ones reached 1.14."""

_CHIP_SIDE = 150
_CHIP_PADDING = 0.25


@dataclass(frozen=True, slots=True)
class _Models:
    landmarks: Any
    network: Any


@dataclass(frozen=True, slots=True)
class _Hit:
    """A detection in pixels of the searched image."""

    left: int
    top: int
    right: int
    bottom: int
    score: float

    @property
    def area(self) -> int:
        return (self.right - self.left) * (self.bottom - self.top)


class DlibEngine:
    """Implements FaceEngine. The models load on first use, once (about 0.5 s)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._models: _Models | None = None
        # A detector keeps its pyramid inside itself, so each thread needs its own.
        self._local = threading.local()

    def analyse(self, photo: Photo) -> tuple[Face, ...]:
        """Return the faces of the photo; raises what ``images.decode`` raises."""
        pixels = decode(photo.content)
        return tuple(self._describe(pixels, hit) for hit in self._detect(pixels))

    def preload(self) -> None:
        """Load the models now rather than with the first photo."""
        self._load()

    def _load(self) -> _Models:
        with self._lock:
            if self._models is None:
                self._models = _Models(
                    landmarks=dlib.shape_predictor(
                        files.pose_predictor_five_point_model_location()
                    ),
                    network=dlib.face_recognition_model_v1(files.face_recognition_model_location()),
                )
            return self._models

    def _detect(self, pixels: Pixels) -> list[_Hit]:
        if not hasattr(self._local, "detector"):
            self._local.detector = dlib.get_frontal_face_detector()
        hits = self._round(pixels, 0, MIN_SCORE)
        # The detector's window is 80 px: a second round, on the picture enlarged twice, finds
        # faces from 40 px on. It is believed less when there is a face already.
        floor = MIN_EXTRA_SCORE if hits else MIN_SCORE
        return _distinct([*hits, *self._round(pixels, 1, floor)])

    def _round(self, pixels: Pixels, enlarge: int, floor: float) -> list[_Hit]:
        boxes, scores, _ = self._local.detector.run(pixels, enlarge, floor)
        return [
            _Hit(box.left(), box.top(), box.right() + 1, box.bottom() + 1, score)
            for box, score in zip(boxes, scores, strict=True)
        ]

    def _describe(self, pixels: Pixels, hit: _Hit) -> Face:
        models = self._load()
        rectangle = dlib.rectangle(hit.left, hit.top, hit.right - 1, hit.bottom - 1)
        shape = models.landmarks(pixels, rectangle)
        points = [(float(point.x), float(point.y)) for point in shape.parts()]
        geometry = _Geometry.of(points)
        height, width = pixels.shape[:2]
        chip = dlib.get_face_chip(pixels, shape, size=_CHIP_SIDE, padding=_CHIP_PADDING)
        return Face(
            box=Box(
                left=hit.left / width,
                top=hit.top / height,
                width=(hit.right - hit.left) / width,
                height=(hit.bottom - hit.top) / height,
            ),
            confidence=confidence(hit.score),
            landmarks=geometry.landmarks(width, height),
            pose=geometry.pose(),
            quality=quality(_crop(pixels, hit)),
            embedding=self._embed(models, chip),
        )

    def _embed(self, models: _Models, chip: Pixels) -> Embedding:
        # Averaging with the mirrored face widened the gap between "same" and "different"
        # from 0.15 to 0.18 and makes a flipped copy of a photo score like the photo.
        mirrored = np.ascontiguousarray(chip[:, ::-1])
        with self._lock:
            both = [models.network.compute_face_descriptor(side) for side in (chip, mirrored)]
        return np.asarray(np.mean([np.array(one) for one in both], axis=0), dtype=np.float64)


def confidence(score: float) -> float:
    """Map a detector score to 0-100, monotone: 0.2 is 73, 0.5 is 92, 1 is 99.3, 1.5 is 99.9."""
    return 100.0 / (1.0 + math.exp(-5.0 * score))


def quality(face: Pixels) -> Quality:
    """Brightness is the mean luma, sharpness the strength of edges in the cropped face."""
    luma = face.astype(np.float64) @ np.array([0.299, 0.587, 0.114])
    if min(luma.shape) < 3:
        return Quality(brightness=0.0, sharpness=0.0)
    edges = (
        luma[:-2, 1:-1] + luma[2:, 1:-1] + luma[1:-1, :-2] + luma[1:-1, 2:] - 4 * luma[1:-1, 1:-1]
    )
    # A dark copy of a sharp photo is as sharp: compare with the face's own contrast.
    contrast = float(luma.std()) or 1.0
    sharpness = 100.0 * (1.0 - math.exp(-3.0 * float(edges.std()) / contrast))
    return Quality(brightness=float(luma.mean()) / 2.55, sharpness=sharpness)


def _crop(pixels: Pixels, hit: _Hit) -> Pixels:
    height, width = pixels.shape[:2]
    rows = slice(max(0, hit.top), min(height, hit.bottom))
    columns = slice(max(0, hit.left), min(width, hit.right))
    return pixels[rows, columns]


def _distinct(hits: Sequence[_Hit]) -> list[_Hit]:
    kept: list[_Hit] = []
    for hit in hits:
        if not any(_same_place(hit, known) for known in kept):
            kept.append(hit)
    return kept


def _same_place(one: _Hit, other: _Hit) -> bool:
    """Whether the smaller box lies mostly inside the other: one face found at two sizes."""
    width = min(one.right, other.right) - max(one.left, other.left)
    height = min(one.bottom, other.bottom) - max(one.top, other.top)
    return width > 0 and height > 0 and width * height > 0.4 * min(one.area, other.area)


@dataclass(frozen=True, slots=True)
class _Geometry:
    """Eyes and nose in pixels, and what follows from them."""

    left_eye: NDArray[np.float64]
    right_eye: NDArray[np.float64]
    nose: NDArray[np.float64]

    @classmethod
    def of(cls, points: Sequence[tuple[float, float]]) -> _Geometry:
        """Take the model's five points: two corners of each eye, then the base of the nose."""
        corners = np.array(points, dtype=np.float64)
        one, other = corners[0:2].mean(axis=0), corners[2:4].mean(axis=0)
        left, right = (one, other) if one[0] <= other[0] else (other, one)
        return cls(left, right, corners[4])

    def landmarks(self, width: int, height: int) -> tuple[Landmark, ...]:
        """The five-point model has no mouth: its corners are placed by average proportions."""
        across = self.right_eye - self.left_eye
        down = np.array([-across[1], across[0]])
        mouth = (self.left_eye + self.right_eye) / 2 + 1.1 * down
        places = {
            LandmarkType.EYE_LEFT: self.left_eye,
            LandmarkType.EYE_RIGHT: self.right_eye,
            LandmarkType.MOUTH_LEFT: mouth - 0.4 * across,
            LandmarkType.MOUTH_RIGHT: mouth + 0.4 * across,
            LandmarkType.NOSE: self.nose,
        }
        return tuple(
            Landmark(kind, float(place[0]) / width, float(place[1]) / height)
            for kind, place in places.items()
        )

    def pose(self) -> Pose:
        """Roll is measured; yaw and pitch are rough, from where the nose lies between the eyes."""
        across = self.right_eye - self.left_eye
        span = float(np.linalg.norm(across)) or 1.0
        unit = across / span
        down = np.array([-unit[1], unit[0]])
        offset = self.nose - (self.left_eye + self.right_eye) / 2
        return Pose(
            roll=math.degrees(math.atan2(across[1], across[0])),
            yaw=math.degrees(math.atan(2.0 * float(offset @ unit) / span)),
            pitch=math.degrees(math.atan(2.0 * (0.6 - float(offset @ down) / span))),
        )
