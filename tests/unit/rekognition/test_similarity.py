"""The mapping from distance to similarity: what every decision on the local stack hangs on."""

import itertools

import numpy as np
import pytest

from local.rekognition.similarity import compare, distance_for, similarity


@pytest.mark.parametrize("distance", [0.0, 0.07, 0.14, 0.38, 0.42, 0.468])
def test_the_same_person_scores_at_least_95(distance: float) -> None:
    """Else the demo would refuse the very person on the reference photo."""
    assert similarity(distance) >= 95


@pytest.mark.parametrize("distance", [0.57, 0.6, 0.7, 0.91, 1.4])
def test_different_people_score_at_most_30(distance: float) -> None:
    """Else the demo would let a stranger in."""
    assert similarity(distance) <= 30


def test_nearer_is_always_more_similar() -> None:
    """Else "highest similarity first" would not be "most alike first"."""
    scores = [similarity(distance) for distance in np.linspace(0, 1.5, 500)]
    assert all(one > other for one, other in itertools.pairwise(scores))
    assert all(0 <= score <= 100 for score in scores)


def test_no_distance_overflows() -> None:
    """Else two very different faces would end in an internal error."""
    assert similarity(1e6) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("distance", [-0.1, float("nan"), float("inf")])
def test_what_is_no_distance_is_refused(distance: float) -> None:
    """Else a broken embedding would become a plausible score."""
    with pytest.raises(ValueError, match="distance"):
        similarity(distance)


@pytest.mark.parametrize("score", [1.0, 50.0, 79.9, 85.0, 99.0])
def test_a_score_can_be_asked_for(score: float) -> None:
    """Else review-band tests could not place a photo at a chosen similarity."""
    assert similarity(distance_for(score)) == pytest.approx(score)


@pytest.mark.parametrize("score", [0.0, 100.0, -1.0])
def test_a_score_out_of_reach_is_refused(score: float) -> None:
    """Else a test would silently use another score than the one it names."""
    with pytest.raises(ValueError, match="score"):
        distance_for(score)


def test_equal_embeddings_are_fully_similar() -> None:
    """Else a photo would not match itself."""
    one = np.arange(128, dtype=np.float64)
    assert compare(one, one) == pytest.approx(100, abs=0.001)
