"""Invented faces for the tests."""

from __future__ import annotations

import numpy as np

from local.rekognition.faces import Box, Face


def face(distance: float = 0.0, *, width: float = 0.1) -> Face:
    """A face that is this far from ``face()``."""
    box = Box(left=0.2, top=0.2, width=width, height=width)
    return Face(box, confidence=99.5, embedding=np.array([distance]))
