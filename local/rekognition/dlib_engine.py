"""Faces by dlib: HOG frontal detector, five-point landmarks, ResNet embedding.

Only the CC0 models are loaded. The 68-point model that is shipped with them must not be used
commercially.
"""

from __future__ import annotations

import math
import threading
from typing import Any, NamedTuple

import dlib
import face_recognition_models as files
import numpy as np

from local.rekognition.faces import Box, Embedding, Face, ImageFile
from local.rekognition.images import Pixels, decode
from local.rekognition.quality import measure_pose, measure_quality

MIN_SCORE = 0.3
"""Detector score of a face. In the measured images true ones had 0.4-2.4, false ones to 0.25."""

MIN_EXTRA_SCORE = 1.2
"""Score that a further, small face needs in the enlarged image, where false ones reached 1.14."""

_CHIP_SIDE = 150
_CHIP_PADDING = 0.25


class _Hit(NamedTuple):
    """A detection; the rectangle is in pixels of the searched image."""

    rectangle: Any
    score: float


class DlibEngine:
    """Finds and describes faces. Making one loads the models (about 0.2 s)."""

    def __init__(self) -> None:
        self._landmarks = dlib.shape_predictor(files.pose_predictor_five_point_model_location())
        self._network = dlib.face_recognition_model_v1(files.face_recognition_model_location())
        self._network_lock = threading.Lock()
        # A detector keeps its pyramid inside itself, so each thread needs its own.
        self._local = threading.local()

    def analyze(self, image: ImageFile) -> tuple[Face, ...]:
        """Return the faces in the image; raises what ``images.decode`` raises."""
        pixels = decode(image.content)
        return tuple(self._describe(pixels, hit) for hit in self._detect(pixels))

    def _detect(self, pixels: Pixels) -> list[_Hit]:
        if not hasattr(self._local, "detector"):
            self._local.detector = dlib.get_frontal_face_detector()
        hits = self._search(pixels, 0, MIN_SCORE)
        # The detector's window is 80 pixels: a second search, in the image enlarged twice, finds
        # faces from 40 pixels on. It is trusted less when there is a face already.
        minimum = MIN_EXTRA_SCORE if hits else MIN_SCORE
        for hit in self._search(pixels, 1, minimum):
            if not any(_same_face(hit.rectangle, known.rectangle) for known in hits):
                hits.append(hit)
        return hits

    def _search(self, pixels: Pixels, enlarge: int, minimum: float) -> list[_Hit]:
        rectangles, scores, _ = self._local.detector.run(pixels, enlarge, minimum)
        return [_Hit(*found) for found in zip(rectangles, scores, strict=True)]

    def _describe(self, pixels: Pixels, hit: _Hit) -> Face:
        height, width = pixels.shape[:2]
        rectangle = hit.rectangle
        shape = self._landmarks(pixels, rectangle)
        chip = dlib.get_face_chip(pixels, shape, size=_CHIP_SIDE, padding=_CHIP_PADDING)
        return Face(
            box=Box(
                left=rectangle.left() / width,
                top=rectangle.top() / height,
                width=rectangle.width() / width,
                height=rectangle.height() / height,
            ),
            confidence=_confidence(hit.score),
            embedding=self._embed(chip),
            quality=measure_quality(chip),
            pose=measure_pose(np.array([(point.x, point.y) for point in shape.parts()])),
        )

    def _embed(self, chip: Pixels) -> Embedding:
        # Averaging with the mirrored face widened the gap between "same" and "different" from
        # 0.15 to 0.18 and makes a flipped copy of an image score like the image.
        mirrored = np.ascontiguousarray(chip[:, ::-1])
        with self._network_lock:
            both = self._network.compute_face_descriptor([chip, mirrored])
        return np.asarray(np.mean(both, axis=0), dtype=np.float64)


def _confidence(score: float) -> float:
    """Map a detector score to 0-100, monotone: 0.2 is 73, 0.5 is 92, 1 is 99.3, 1.5 is 99.9."""
    return 100.0 / (1.0 + math.exp(-5.0 * score))


def _same_face(one: Any, other: Any) -> bool:
    """Tell whether the smaller rectangle is mostly inside the other: one face at two sizes."""
    smaller = min(one.area(), other.area())
    return bool(one.intersect(other).area() > 0.4 * smaller)
