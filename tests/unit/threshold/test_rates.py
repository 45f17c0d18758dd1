"""Error rates and limits against closed forms, other libraries and simulation."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats  # type: ignore[import-untyped]

from threshold.rates import ErrorRate, fewest_pairs, limits

IMPOSTOR = stats.norm(55, 10)


def test_rates_are_those_of_a_reference_implementation() -> None:
    """Otherwise a score that equals the threshold, or one that comes twice, could be miscounted.

    The table is scikit-learn 1.9.1's det_curve of these scores, computed once.
    """
    fmr = ErrorRate(np.array([20, 12.5, 90.5, 20, 63, 41.25]), None, impostor=True)
    fnmr = ErrorRate(np.array([99, 20, 63, 77.75, 90.5]), None, impostor=False)
    thresholds = [20.0, 41.25, 63.0, 77.75, 90.5, 99.0]
    assert fmr.rates(thresholds) == pytest.approx([5 / 6, 3 / 6, 2 / 6, 1 / 6, 1 / 6, 0])
    assert fnmr.rates(thresholds) == pytest.approx([0, 0.2, 0.2, 0.4, 0.6, 0.8])


@pytest.mark.parametrize(("errors", "pairs"), [(0, 300), (1, 300), (7, 1000), (300, 300)])
def test_limits_are_those_of_scipys_exact_test(errors: int, pairs: int) -> None:
    """Otherwise a claim could rest on a limit of our own making."""
    wanted = stats.binomtest(errors, pairs).proportion_ci(0.9, "exact")
    assert [float(each) for each in limits(errors, pairs)] == pytest.approx(
        [wanted.low, wanted.high]
    )


def test_no_error_seen_is_the_rule_of_three() -> None:
    """Otherwise 300 pairs would pass for proof of an FMR far below 1 %."""
    for pairs in (300, 3_000, 30_000):
        assert limits(0, pairs)[1] == pytest.approx(3 / pairs, rel=0.01)
    for rate in (0.01, 0.001, 0.0001):
        pairs = fewest_pairs(rate)
        assert limits(0, pairs)[1] <= rate < limits(0, pairs - 1)[1]


def test_the_chosen_threshold_keeps_the_fmr_as_often_as_it_says() -> None:
    """Otherwise choosing the threshold by the same pairs would make it look better than it is."""
    random, kept = np.random.default_rng(5), 0
    for _ in range(600):
        fmr = ErrorRate(IMPOSTOR.rvs(2_000, random_state=random), None, impostor=True)
        threshold = fmr.threshold(fmr.most_errors(0.01) or 0)
        kept += IMPOSTOR.sf(threshold) <= 0.01
    assert 0.925 <= kept / 600 <= 0.99


def pairs_of_people(
    random: np.random.Generator, people: int, each: int, *, of_two: bool
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int32]]:
    """Standard normal scores of pairs, half or a quarter of whose variance is a person's own."""
    own = random.normal(size=people)
    first = np.repeat(np.arange(people), each)
    second = (first + 1 + random.integers(people - 1, size=len(first))) % people
    shared = (own[first] + own[second]) / 2 if of_two else own[first] / np.sqrt(2)
    scores = shared + random.normal(size=len(first)) / np.sqrt(2)
    subjects = np.stack([first, second if of_two else np.full_like(second, -1)], axis=1)
    return scores, subjects.astype(np.int32)


@pytest.mark.parametrize("of_two", [False, True])
def test_limits_over_subjects_cover_the_truth_where_plain_ones_do_not(*, of_two: bool) -> None:
    """Otherwise many pairs of few people would pass for as many people."""
    random, rate = np.random.default_rng(8), 0.05
    covered = {"subjects": 0, "plain": 0}
    for _ in range(200):
        scores, subjects = pairs_of_people(random, 80, 40, of_two=of_two)
        for name, given in (("subjects", subjects), ("plain", None)):
            found = ErrorRate(scores, given, impostor=True).at(stats.norm.isf(rate))
            covered[name] += found.lower <= rate <= found.upper
    assert covered["subjects"] >= 0.86 * 200
    assert covered["plain"] <= 0.7 * 200


def test_independent_pairs_stay_as_many_when_subjects_are_given() -> None:
    """Otherwise naming the subjects would be punished, and nobody would do it."""
    scores = IMPOSTOR.rvs(20_000, random_state=2)
    subjects = np.arange(40_000, dtype=np.int32).reshape(-1, 2)
    plain = ErrorRate(scores, None, impostor=True).at(75)
    found = ErrorRate(scores, subjects, impostor=True).at(75)
    assert found.rate == plain.rate
    assert found.upper - found.lower == pytest.approx(plain.upper - plain.lower, rel=0.2)


def test_errors_of_one_person_count_as_one() -> None:
    """Otherwise the one person whom everybody is taken for would pass for a steady rate."""
    subjects = np.stack([np.repeat(np.arange(100), 100), np.full(10_000, -1)], axis=1)
    scores = np.where(subjects[:, 0] == 7, 90.0, IMPOSTOR.rvs(10_000, random_state=4) - 30)
    found = ErrorRate(scores, subjects.astype(np.int32), impostor=True).at(80)
    assert (found.errors, found.rate) == (100, 0.01)
    assert 0.03 < found.upper < 0.1
    only = subjects[:, 0] == 7
    one = ErrorRate(scores[only], subjects[only].astype(np.int32), impostor=True)
    assert one.at(95).upper >= 0.9
