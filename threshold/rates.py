"""Error rates against the threshold, each with limits that hold with 95 % confidence.

A limit is one-sided: the true rate is below the upper one with 95 % confidence. So both of them
are a two-sided interval of 90 %, and with no error seen the upper one is the rule of three.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats  # type: ignore[import-untyped]

CONFIDENCE = 0.95
_ENOUGH_ERRORS = 30
"""The rule of 30: from here on an estimate is within 30 % of the truth, 9 times out of 10."""
_REPLICATES = 400
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Rate:
    """An error rate: what was counted, and its limits. `rate` is None where there are no pairs."""

    errors: int
    pairs: int
    rate: float | None
    lower: float
    upper: float


def limits(errors: npt.ArrayLike, pairs: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return the limits of Clopper and Pearson; the counts may be effective ones, not whole."""
    k, n = np.asarray(errors, float), np.asarray(pairs, float)
    lower = stats.beta.ppf(1 - CONFIDENCE, k, n - k + 1)
    upper = stats.beta.ppf(CONFIDENCE, k + 1, n - k)
    return np.where(k > 0, lower, 0.0), np.where(k < n, upper, 1.0)


def fewest_pairs(rate: float) -> int:
    """Return how many pairs, none of them an error, show that the rate is at most `rate`."""
    return math.ceil(math.log(1 - CONFIDENCE) / math.log1p(-rate))


class ErrorRate:
    """FMR (of impostor pairs) or FNMR (of genuine pairs) against the threshold.

    With subjects, whose pairs stand and fall together, the limits are those of as many
    independent pairs as would vary as much (Korn and Graubard 1998). How much the rate varies
    comes from a bootstrap over subjects in which each counts twice or not at all (Owen and
    Eckles 2012); a pair of two subjects counts by both.
    """

    def __init__(
        self, scores: Floats, subjects: npt.NDArray[np.int32] | None, *, impostor: bool
    ) -> None:
        """Take the scores of one class and, if known, the two subjects of each pair."""
        order = np.argsort(scores, kind="stable")
        self.scores = scores[order]
        self.impostor = impostor
        self._knots, self._share = np.array([1.0]), np.array([1.0])
        if subjects is not None and len(scores):
            worst_first = order[::-1] if impostor else order
            self._knots, self._share = _effective_share(subjects[worst_first])

    def errors(self, thresholds: npt.ArrayLike) -> Ints:
        """Count the errors at thresholds: a score that equals the threshold is a match."""
        below = np.searchsorted(self.scores, np.asarray(thresholds, float), side="left")
        return np.asarray(len(self.scores) - below if self.impostor else below, np.int64)

    def rates(self, thresholds: npt.ArrayLike) -> Floats:
        """Return the error rates at thresholds."""
        return self.errors(thresholds) / max(1, len(self.scores))

    def limits(self, errors: npt.ArrayLike) -> tuple[Floats, Floats]:
        """Return the limits of the rate, where that many errors were counted."""
        k, n = np.asarray(errors, float), len(self.scores)
        share = np.interp(np.log(np.maximum(k, 1)), np.log(self._knots), self._share)
        return limits(k * share, n * share)

    def at(self, threshold: float) -> Rate:
        """Return the rate at a threshold."""
        errors, pairs = int(self.errors(threshold)), len(self.scores)
        lower, upper = self.limits(errors) if pairs else (0.0, 1.0)
        return Rate(errors, pairs, errors / pairs if pairs else None, float(lower), float(upper))

    def most_errors(self, rate: float) -> int | None:
        """Return with how many errors the rate is still shown to be at most `rate`."""
        counts = np.arange(int(rate * len(self.scores)) + 1)
        shown = counts[self.limits(counts)[1] <= rate] if len(self.scores) else counts[:0]
        return int(shown[-1]) if len(shown) else None

    def threshold(self, errors: int) -> float | None:
        """Return the threshold, in hundredths, with at most that many errors and the fewest others.

        None if there is no such threshold up to 100.
        """
        if not self.impostor:
            return math.floor(float(self.scores[min(errors, len(self.scores) - 1)]) * 100) / 100
        if errors >= len(self.scores):
            return 0.0
        score = float(self.scores[-1 - errors])
        above = math.floor(score * 100 + 1) / 100
        return round(above if above > score else above + 0.01, 2) if score < 100 else None


def equal_error(fmr: ErrorRate, fnmr: ErrorRate) -> dict[str, Any]:
    """Return the equal error rate, its threshold, and limits: where the limits' curves cross."""
    thresholds = np.unique(np.concatenate([[0.0, 101.0], fmr.scores, fnmr.scores]))
    rate, threshold = _crossing(thresholds, fmr.rates(thresholds), fnmr.rates(thresholds))
    few = grid(fmr, fnmr)
    limits_of = zip(fmr.limits(fmr.errors(few)), fnmr.limits(fnmr.errors(few)), strict=True)
    lower, upper = (_crossing(few, a, b)[0] for a, b in limits_of)
    return {"rate": rate, "threshold": min(threshold, 100.0), "lower": lower, "upper": upper}


def grid(fmr: ErrorRate, fnmr: ErrorRate) -> Floats:
    """Return thresholds to draw curves by: even ones, and such as few errors lie between."""
    parts = [np.linspace(0, 100, 401), np.array([101.0])]
    for each in (fmr, fnmr):
        ranks = np.unique(np.geomspace(1, len(each.scores), 150).astype(int)) - 1
        parts += [each.scores[ranks], each.scores[::-1][ranks]]
    return np.unique(np.concatenate(parts))


def _crossing(thresholds: Floats, falling: Floats, rising: Floats) -> tuple[float, float]:
    apart = falling - rising
    after = max(1, int(np.argmax(apart <= 0)))
    before = after - 1
    part = apart[before] / (apart[before] - apart[after]) if apart[before] > 0 else 0.0

    def between(values: Floats) -> float:
        return float(values[before] + part * (values[after] - values[before]))

    return between(falling), between(thresholds)


def _effective_share(subjects: npt.NDArray[np.int32]) -> tuple[Floats, Floats]:
    """Return which share of the pairs is worth an independent one, by number of errors.

    Args:
        subjects: Of each pair, in the order in which the pairs become errors.
    """
    count = len(subjects)
    people, codes = np.unique(subjects, return_inverse=True)
    first, second = codes.reshape(subjects.shape).T
    present = int(np.sum(people >= 0))
    fewest = max(1, min(_ENOUGH_ERRORS, count // 2))
    knots = np.unique(np.geomspace(fewest, count, 40).astype(int))[:-1]
    if present < 2 or not len(knots):
        return np.array([1.0]), np.array([1 / count if present < 2 else 1.0])
    of_two = subjects[:, 1] >= 0
    random = np.random.default_rng(0)
    rates = np.full((_REPLICATES, len(knots)), np.nan)
    for replicate in rates:
        weights = random.choice(np.array([0, 2], np.uint8), len(people))
        # A second subject that is not known.
        weights[people < 0] = 1
        total = np.cumsum(weights[first] * weights[second] if of_two.any() else weights[first])
        if total[-1]:
            replicate[:] = total[knots - 1] / total[-1]
    share = knots / count
    effect = np.nanvar(rates, axis=0, ddof=1) / (share * (1 - share) / count)
    # The product of two weights varies by 3, and so do pairs that are independent: 2 too much.
    effect -= 2 * np.mean(of_two)
    # Few subjects tell little of how much they vary.
    few = stats.t.ppf(CONFIDENCE, count - 1) / stats.t.ppf(CONFIDENCE, present - 1)
    return knots.astype(float), few**2 / np.maximum(effect, 1.0)
