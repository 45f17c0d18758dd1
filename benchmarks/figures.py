"""Medians and their spread. Pure, and the same figures for the same samples."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import linear_regression, median, quantiles

_RESAMPLES = 2_000
_SEED = 20_240_613


@dataclass(frozen=True, slots=True)
class Estimate:
    """A median and the interval that holds 95 % of the medians of resamples (bootstrap)."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def estimate(samples: Sequence[float]) -> Estimate:
    """Return the median of one or more samples with its spread. Raises ValueError for none."""
    if not samples:
        raise ValueError("no samples, no median")
    # Seeded, so that the same samples give the same interval; nothing secret depends on it.
    source = random.Random(_SEED)  # noqa: S311
    medians = [median(source.choices(samples, k=len(samples))) for _ in range(_RESAMPLES)]
    cuts = quantiles(medians, n=40, method="inclusive")
    return Estimate(median(samples), cuts[0], cuts[-1])


def paired_ratio(
    ours: Sequence[float], theirs: Sequence[float], floor: Sequence[float] | None = None
) -> Estimate:
    """Return the median of ours/theirs, pair by pair, each less the floor of its round.

    A round's samples are taken one right after another, so that what else the machine does
    weighs on all of them alike and falls out of the ratio. A round in which theirs is not above
    the floor is noise, and is left out.

    Raises:
        ValueError: The lengths differ, or half of the rounds are noise.
    """
    floors = [0.0] * len(ours) if floor is None else floor
    ratios = [
        (mine - least) / (other - least)
        for mine, other, least in zip(ours, theirs, floors, strict=True)
        if other > least
    ]
    if len(ratios) <= len(ours) / 2:
        raise ValueError("half of the rounds are noise: measure again when the machine is idle")
    return estimate(ratios)


def slope(values: Sequence[float], step: float) -> float:
    """Return how much ``values``, taken every ``step``, grow per 1 (least squares)."""
    return linear_regression([step * place for place in range(len(values))], values).slope
