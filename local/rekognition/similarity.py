"""From the distance of two face embeddings to the service's similarity, 0-100.

The ResNet behind the engine puts two photos of one person close together (Euclidean distance of
mirrored-and-averaged embeddings up to 0.47 in 506 measured pairs: other days, light, tilt, grey)
and two people apart (0.57 and more in 925 pairs of four people). A logistic curve between the two
groups is the mapping: strictly monotone, so an order by distance is an order by similarity, and
nearly flat inside each group, as the real service's is.

    distance     0.00  0.30  0.40  0.44  0.468  0.50  0.546  0.572  0.60  0.70
    similarity  100.0  99.9  99.7  98.6   95.8  86.3   50.0   26.1  10.3   0.2

It leans towards "not the same": a pair that dlib's own rule (0.6) would just accept scores 10.
The numbers are the stand-in's, never Amazon's: they suit tests, not decisions on people.
"""

from __future__ import annotations

import math

import numpy as np

from local.rekognition.faces import Embedding

MIDPOINT = 0.546
"""Distance at which the similarity is 50."""

STEEPNESS = 0.025
"""Distance over which the odds change by a factor e."""


def similarity(distance: float) -> float:
    """Map a distance (0 or more) to a similarity within 0-100.

    Raises ValueError for a negative or non-finite distance.
    """
    if not math.isfinite(distance) or distance < 0:
        raise ValueError(f"a distance is finite and not negative, got {distance}")
    # Far apart the exponent would overflow a float; the score there is 0 to every digit shown.
    exponent = min((distance - MIDPOINT) / STEEPNESS, 700.0)
    return 100.0 / (1.0 + math.exp(exponent))


def distance_for(score: float) -> float:
    """Return the distance that has this similarity (0 < score < 100): the inverse of the mapping.

    Scores above the mapping's own maximum (at distance 0) answer 0.
    """
    if not 0 < score < 100:
        raise ValueError(f"a score lies between 0 and 100, got {score}")
    return max(0.0, MIDPOINT + STEEPNESS * math.log(100.0 / score - 1.0))


def compare(one: Embedding, other: Embedding) -> float:
    """Return the similarity (0-100) of two embeddings of equal length."""
    return similarity(float(np.linalg.norm(one - other)))
