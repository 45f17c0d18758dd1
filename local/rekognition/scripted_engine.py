"""An engine without dlib: an image's key says who is in it. For benchmarks and error tests.

    challenge/alice/1.jpg, challenge/alice-1.jpg, reference/alice.jpg   the person "alice"
    challenge/noface-1.jpg                                              nobody

The same person scores above 99.9, two people 0.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import PurePosixPath

import numpy as np

from local.rekognition.faces import Box, Face, ImageFile

_DIMENSIONS = 16


def analyze(image: ImageFile) -> list[Face]:
    """Return the face that the key describes; the content does not count."""
    path = PurePosixPath(image.key or "")
    beginning = re.split(r"[-.]", path.name, maxsplit=1)[0]
    person = path.parts[1] if len(path.parts) >= 3 else beginning
    if person == "noface":
        return []
    seed = int.from_bytes(hashlib.sha256(person.encode()).digest()[:8])
    direction = np.random.default_rng(seed).standard_normal(_DIMENSIONS)
    # Random directions are nearly at right angles; the factor moves even an unlucky pair of
    # people beyond every score above 0.
    embedding = 4.0 * direction / np.linalg.norm(direction)
    box = Box(left=0.25, top=0.25, width=0.5, height=0.5)
    return [Face(box, confidence=99.9, embedding=embedding)]
