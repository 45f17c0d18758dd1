"""Images and faces for the tests: real ones from wheels, and invented ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

from local.photos import encoded, portraits
from local.rekognition.faces import Box, Face


def astronaut() -> Image.Image:
    return portraits()[0]


def hopper() -> Image.Image:
    return portraits()[1]


def encode(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    return encoded(image, kind, **options)


def face(distance: float = 0.0, *, width: float = 0.1) -> Face:
    """A face that is this far from ``face()``."""
    box = Box(left=0.2, top=0.2, width=width, height=width)
    return Face(box, confidence=99.5, embedding=np.array([distance]))
