"""Photos and faces for the tests: real ones from wheels, and made-up ones."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import skimage.data
from PIL import Image

from local.rekognition.faces import (
    Box,
    Embedding,
    Face,
    Landmark,
    LandmarkType,
    Pose,
    Quality,
)

SOMEBODY: Embedding = np.zeros(4)


def astronaut() -> Image.Image:
    """Eileen Collins (NASA)."""
    return Image.fromarray(skimage.data.astronaut())


def hopper() -> Image.Image:
    """Grace Hopper (US Navy)."""
    path = Path(mpl.get_data_path()) / "sample_data" / "grace_hopper.jpg"
    with Image.open(path) as image:
        return image.convert("RGB")


def cat() -> Image.Image:
    return Image.fromarray(skimage.data.chelsea())


def encode(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def face(
    distance: float = 0.0,
    *,
    width: float = 0.1,
    left: float = 0.2,
    quality: Quality = Quality(brightness=60.0, sharpness=90.0),  # noqa: B008
) -> Face:
    """A face ``distance`` away from SOMEBODY."""
    return Face(
        box=Box(left=left, top=0.2, width=width, height=width),
        confidence=99.5,
        landmarks=(Landmark(LandmarkType.NOSE, 0.25, 0.25),),
        pose=Pose(1.0, 2.0, 3.0),
        quality=quality,
        embedding=SOMEBODY + np.array([distance, 0, 0, 0]),
    )
