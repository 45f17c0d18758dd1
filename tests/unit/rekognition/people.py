"""Images and faces for the tests: real ones from wheels, and invented ones."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import skimage.data
from PIL import Image

from local.rekognition.faces import Box, Face


def astronaut() -> Image.Image:
    """Eileen Collins (NASA)."""
    return Image.fromarray(skimage.data.astronaut())


def hopper() -> Image.Image:
    """Grace Hopper (US Navy)."""
    path = Path(mpl.get_data_path()) / "sample_data" / "grace_hopper.jpg"
    with Image.open(path) as image:
        return image.convert("RGB")


def encode(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def face(distance: float = 0.0, *, width: float = 0.1) -> Face:
    """A face that is this far from ``face()``."""
    box = Box(left=0.2, top=0.2, width=width, height=width)
    return Face(box, confidence=99.5, embedding=np.array([distance]))
