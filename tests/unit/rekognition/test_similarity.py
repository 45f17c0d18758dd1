"""The mapping from distance to similarity, on which every decision of the local stack depends."""

import itertools

import numpy as np
import pytest

from local.rekognition.similarity import similarity


@pytest.mark.parametrize("distance", [0.0, 0.07, 0.14, 0.38, 0.42, 0.468])
def test_the_demo_recognizes_the_person_in_the_reference(distance: float) -> None:
    assert similarity(distance) >= 95


@pytest.mark.parametrize("distance", [0.57, 0.6, 0.7, 0.91, 1.4])
def test_the_demo_refuses_a_stranger(distance: float) -> None:
    assert similarity(distance) <= 30


def test_a_nearer_face_is_always_more_similar() -> None:
    scores = [similarity(distance) for distance in np.linspace(0, 1.5, 500)]
    assert all(one > other for one, other in itertools.pairwise(scores))
    assert all(0 <= score <= 100 for score in scores)


def test_two_very_different_faces_score_zero() -> None:
    assert similarity(1e6) == pytest.approx(0, abs=1e-9)
