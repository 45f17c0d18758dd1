"""From the distance of two face embeddings to the service's similarity, 0-100.

The neural network behind the engine puts two images of one person close together (Euclidean
distance of averaged embeddings up to 0.47 in 506 measured pairs: other days, light, tilt, gray)
and two people apart (0.57 and more in 925 pairs of four people). The mapping is a logistic curve
between the two groups. It is strictly monotone, so an order by distance is an order by similarity,
and nearly flat inside each group, as the mapping of the real service is.

    distance     0.00  0.30  0.40  0.44  0.468  0.50  0.546  0.572  0.60  0.70
    similarity  100.0  99.9  99.7  98.6   95.8  86.3   50.0   26.1  10.3   0.2

It prefers "not the same": a pair that dlib's own rule (0.6) would just accept scores 10.
The numbers are the stand-in's, not Amazon's: they suit tests, not decisions on people.
"""

from __future__ import annotations

import math

import numpy as np

from local.rekognition.faces import Embedding

MIDPOINT = 0.546
"""Distance at which the similarity is 50."""

STEEPNESS = 0.025
"""Distance over which the odds change by a factor of e."""


def similarity(distance: float) -> float:
    """Map a distance (0 or more) to a similarity within 0-100."""
    # Far apart the exponent would overflow a float; the score there is 0 to every digit shown.
    return 100.0 / (1.0 + math.exp(min((distance - MIDPOINT) / STEEPNESS, 700.0)))


def compare(one: Embedding, other: Embedding) -> float:
    """Return the similarity (0-100) of two embeddings of equal length."""
    return similarity(float(np.linalg.norm(one - other)))
