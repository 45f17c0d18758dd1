"""Otherwise a stranger could be accepted, or the right person refused."""

from __future__ import annotations

import pytest

from face_compare.model.rule import QUALITY_FILTERS, Decision, QualityFilter, Rule, is_at_least


@pytest.mark.parametrize(
    ("similarity", "decision", "decision_with_review"),
    [
        (100.0, Decision.MATCH, Decision.MATCH),
        (80.0, Decision.MATCH, Decision.MATCH),
        (79.999, Decision.NO_MATCH, Decision.REVIEW),
        (60.0, Decision.NO_MATCH, Decision.REVIEW),
        (59.999, Decision.NO_MATCH, Decision.NO_MATCH),
        (0.0, Decision.NO_MATCH, Decision.NO_MATCH),
        (None, Decision.NO_MATCH, Decision.NO_MATCH),
    ],
)
def test_a_match_begins_at_the_threshold_and_a_near_miss_is_for_a_person_to_review(
    similarity: float | None, decision: Decision, decision_with_review: Decision
) -> None:
    assert Rule(80.0).decide(similarity) is decision
    assert Rule(80.0, review_threshold=60.0).decide(similarity) is decision_with_review


def test_a_face_without_a_score_is_never_a_match_even_at_threshold_zero() -> None:
    assert Rule(0.0).decide(None) is Decision.NO_MATCH


@pytest.mark.parametrize(
    ("module", "allowed"),
    [
        ("NONE", "NONE AUTO LOW MEDIUM HIGH"),
        ("LOW", "LOW MEDIUM HIGH"),
        ("MEDIUM", "MEDIUM HIGH"),
        ("HIGH", "HIGH"),
        # Nobody knows whether AUTO leaves out more than LOW, or HIGH more than AUTO.
        ("AUTO", "AUTO"),
    ],
)
def test_a_quality_filter_may_only_become_stricter(module: QualityFilter, allowed: str) -> None:
    stricter = [each for each in QUALITY_FILTERS if is_at_least(each, module)]
    assert " ".join(stricter) == allowed
