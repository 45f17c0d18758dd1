"""Everything the report says, as data: threshold-report.json is this and nothing else."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt

from threshold.files import InputError, counted
from threshold.rates import ErrorRate, Floats, Rate, equal_error, fewest_pairs, grid, limits
from threshold.results import Outcomes

_DEFAULT = 80.0
"""The module's default. Nothing below it is recommended: impostors in use try harder."""
_ADVISED = 99.0
"""What AWS advises where a person's rights are affected, with a human review."""
_LOWEST = 1.01
"""The lowest threshold that the module takes, except 0."""
_WANTED_FMR = (0.01, 0.001, 0.0001)
_WANTED_FNMR = 0.01
"""How many genuine pairs may be rejected without a human review."""
_THRESHOLDS = (80.0, 90.0, 95.0, 99.0)
_TOO_FEW = 300
"""Fewer pairs than this cannot show an error rate below 1 %."""
_SUSPECTS = 10
Facts = dict[str, Any]
Mask = npt.NDArray[np.bool_]


def percent(rate: float | None) -> str:
    """Return a rate as text in percent, with three digits that say something."""
    if rate is None:
        return "none"
    shown = np.format_float_positional(
        100 * rate, precision=4 if rate > 0.99 else 3, fractional=False, trim="-"
    )
    return f"{shown} %"


def analyze(outcomes: Outcomes, wanted_fmr: float | None = None) -> Facts:
    """Turn outcomes into facts.

    Raises:
        InputError: They have no scores, or of one class only, or on another scale.
    """
    _check(outcomes)
    everyone = np.ones(len(outcomes.scores), bool)
    fmr, fnmr = _error_rates(outcomes, everyone)
    recommendation = _recommendation(fmr, fnmr, wanted_fmr)
    recommendation["terraform"] = _terraform(recommendation, outcomes.quality_filters)
    threshold = recommendation["similarity_threshold"]
    return {
        "pairs": _counts(outcomes),
        "acquisition": _acquisition(outcomes, everyone),
        "not_compared": outcomes.error_counts(~outcomes.not_acquired),
        "equal_error": equal_error(fmr, fnmr),
        "table": [_row(fmr, fnmr, each) for each in _THRESHOLDS],
        "wanted": [_wanted(fmr, fnmr, each) for each in _WANTED_FMR],
        "recommendation": recommendation,
        "groups": _groups(outcomes, threshold),
        "suspects": _suspects(outcomes),
        "cautions": _cautions(outcomes, fmr, fnmr, fnmr.at(threshold)),
        "curve": _curve(fmr, fnmr),
        "histogram": _histogram(fmr, fnmr),
    }


def _check(outcomes: Outcomes) -> None:
    genuine, compared = outcomes.labels.genuine, outcomes.compared
    for kind, rows in (("genuine", genuine), ("impostor", ~genuine)):
        if not rows.any():
            raise InputError(
                f"None of the {len(rows):,} labels is {kind}: error rates need pairs of one person "
                "(genuine) and pairs of two people (impostor)."
            )
        if not (rows & compared).any():
            why = ", ".join(f"{n:,} {name}" for name, n in outcomes.error_counts(rows).items())
            raise InputError(
                f"None of the {int(rows.sum()):,} {kind} pairs has a score ({why}): see the errors "
                "in the results."
            )
    highest = np.nanmax(outcomes.scores)
    if highest <= 1:
        raise InputError(
            f"No score is over {highest:g}: the scale of similarity is 0 to 100, not 0 to 1."
        )


def _error_rates(outcomes: Outcomes, rows: Mask) -> tuple[ErrorRate, ErrorRate]:
    """Return FMR and FNMR of some rows."""

    def of(chosen: Mask, *, impostor: bool) -> ErrorRate:
        subjects = outcomes.labels.subjects
        return ErrorRate(
            outcomes.scores[chosen],
            None if subjects is None else subjects[chosen],
            impostor=impostor,
        )

    compared, genuine = rows & outcomes.compared, outcomes.labels.genuine
    return of(compared & ~genuine, impostor=True), of(compared & genuine, impostor=False)


def _counts(outcomes: Outcomes) -> Facts:
    genuine, subjects = outcomes.labels.genuine, outcomes.labels.subjects
    return {
        "listed": len(genuine),
        "genuine": int((outcomes.compared & genuine).sum()),
        "impostor": int((outcomes.compared & ~genuine).sum()),
        "subjects": None if subjects is None else len(np.unique(subjects[subjects >= 0])),
        "without_scored_face": outcomes.unscored,
        "results_without_label": outcomes.unlabeled,
        "labels_without_result": int(outcomes.without_result.sum()),
    }


def _acquisition(outcomes: Outcomes, rows: Mask) -> Facts:
    """Return the failures to acquire, among the pairs that were tried."""
    failed = rows & outcomes.not_acquired
    errors, tried = int(failed.sum()), int((failed | (rows & outcomes.compared)).sum())
    lower, upper = limits(errors, tried) if tried else (0.0, 1.0)
    rate = Rate(errors, tried, errors / tried if tried else None, float(lower), float(upper))
    return {**asdict(rate), "types": outcomes.error_counts(failed)}


def _row(fmr: ErrorRate, fnmr: ErrorRate, threshold: float) -> Facts:
    return {
        "threshold": threshold,
        "fmr": asdict(fmr.at(threshold)),
        "fnmr": asdict(fnmr.at(threshold)),
    }


def _wanted(fmr: ErrorRate, fnmr: ErrorRate, wanted: float) -> Facts:
    """Return the lowest threshold that keeps the FMR, shown or by appearance, and the need."""
    allowed = fmr.most_errors(wanted)
    seeming = int(wanted * len(fmr.scores))
    threshold = fmr.threshold(seeming if allowed is None else allowed)
    return {
        "fmr_wanted": wanted,
        "shown": allowed is not None and threshold is not None,
        "pairs_needed_without_error": fewest_pairs(wanted),
        "pairs_needed_for_rule_of_30": round(30 / wanted),
        **(
            {"threshold": None, "fmr": None, "fnmr": None}
            if threshold is None
            else _row(fmr, fnmr, threshold)
        ),
    }


def _recommendation(fmr: ErrorRate, fnmr: ErrorRate, wanted_fmr: float | None) -> Facts:
    tried = [wanted_fmr] if wanted_fmr else sorted(_WANTED_FMR)
    rows = [_wanted(fmr, fnmr, each) for each in tried]
    found = next((row for row in rows if row["shown"]), None)
    review: float | None
    if found is None:
        similarity, review = _ADVISED, _DEFAULT
    else:
        similarity = max(found["threshold"], _DEFAULT)
        # The module takes no threshold over 0 and up to 1, so no review finds what scores lower.
        lost = int(fnmr.errors(_LOWEST))
        review = fnmr.threshold(max(fnmr.most_errors(_WANTED_FNMR) or 0, lost))
        review = None if review is None or review >= similarity else max(review, _LOWEST)
    matched, missed = fmr.at(similarity), fnmr.at(similarity)
    band = [each.at(similarity if review is None else review) for each in (fmr, fnmr)]
    costs = {
        "genuine_reviewed": (missed.errors - band[1].errors) / missed.pairs,
        "genuine_rejected": (band[1].errors) / missed.pairs,
        "impostor_reviewed": (band[0].errors - matched.errors) / matched.pairs,
        "impostor_matched": matched.errors / matched.pairs,
    }
    facts = {
        "supported": found is not None,
        "fmr_wanted": (found or rows[-1])["fmr_wanted"],
        "threshold_by_fmr": found and found["threshold"],
        "similarity_threshold": similarity,
        "review_threshold": review,
        "fmr": asdict(matched),
        "fnmr": asdict(missed),
        "fnmr_after_review": asdict(band[1]),
        "costs": costs,
    }
    sentence = _sentence(facts) if found else _refusal(fmr, rows[-1])
    return {**facts, "sentence": sentence}


def _sentence(facts: Facts) -> str:
    fmr, fnmr, similarity = facts["fmr"], facts["fnmr"], facts["similarity_threshold"]
    why = ""
    if facts["threshold_by_fmr"] < similarity:
        why = (
            f" ({facts['threshold_by_fmr']:g} would be enough for these pairs, but nothing below "
            "the module's default is recommended)"
        )
    return (
        f"Match from {similarity:g}{why}: with 95 % confidence the FMR is at most "
        f"{percent(fmr['upper'])} ({fmr['errors']:,} of {fmr['pairs']:,} impostor pairs reach it), "
        f"and {percent(fnmr['rate'])} of the genuine pairs miss it (at most "
        f"{percent(fnmr['upper'])})"
        + (
            "."
            if facts["review_threshold"] is None
            else f"; send scores from {facts['review_threshold']:g} up to it to a human, so that "
            f"at most {percent(facts['fnmr_after_review']['upper'])} of the genuine pairs are "
            "rejected without a review."
        )
    )


def _refusal(fmr: ErrorRate, row: Facts) -> str:
    pairs, wanted = len(fmr.scores), percent(row["fmr_wanted"])
    advice = (
        f"follow AWS's advice where a person's rights are affected: {_ADVISED:g} and a "
        "human review."
    )
    if row["threshold"] is None:
        return (
            f"No threshold keeps the FMR at {wanted}, because impostor pairs score 100: check "
            f"their labels, and {advice}"
        )
    return (
        f"These pairs are too few to recommend a threshold: {counted(pairs, 'impostor pair')} "
        "cannot show an FMR below "
        f"{percent(float(fmr.limits(0)[1]))}, and {wanted} needs "
        f"{row['pairs_needed_without_error']:,} independent ones. Until then {advice}"
    )


def _terraform(recommendation: Facts, quality_filters: set[str]) -> str:
    lines = [f"similarity_threshold = {recommendation['similarity_threshold']:g}"]
    if recommendation["review_threshold"] is not None:
        lines.append(f"review_threshold     = {recommendation['review_threshold']:g}")
    # The rates hold only with the same filter, and pasted lines replace the block's own.
    if len(quality_filters) == 1 and quality_filters != {"NONE"}:
        lines.append(f'quality_filter       = "{min(quality_filters)}"')
    return "comparison = {\n" + "".join(f"  {line}\n" for line in lines) + "}"


def _groups(outcomes: Outcomes, threshold: float) -> list[Facts]:
    groups = outcomes.labels.groups
    if groups is None:
        return []
    found = []
    for place, name in enumerate(outcomes.labels.group_names):
        rows = groups == place
        fmr, fnmr = _error_rates(outcomes, rows)
        row = _row(fmr, fnmr, threshold)
        small = [
            kind
            for kind, each in (("impostor", fmr), ("genuine", fnmr))
            if len(each.scores) < _TOO_FEW
        ]
        found.append(
            {"group": name, **row, "too_few": small, "acquisition": _acquisition(outcomes, rows)}
        )
    return sorted(found, key=lambda each: str(each["group"]))


def _suspects(outcomes: Outcomes) -> Facts:
    """Return the pairs at the wrong end of their class: where wrong labels show."""
    genuine = outcomes.labels.genuine
    found = {}
    for name, rows, sign in (("impostor", ~genuine, -1), ("genuine", genuine, 1)):
        places = np.flatnonzero(rows & outcomes.compared)
        first = places[np.argsort(sign * outcomes.scores[places], kind="stable")[:_SUSPECTS]]
        found[name] = [
            {"pair": pair, "similarity": float(outcomes.scores[row])}
            for pair, row in zip(outcomes.pairs(first.tolist()), first, strict=True)
        ]
    return found


def _cautions(outcomes: Outcomes, fmr: ErrorRate, fnmr: ErrorRate, missed: Rate) -> list[str]:
    said = []
    if missed.errors > missed.pairs / 2:
        said.append(
            f"{percent(missed.rate)} of the genuine pairs score below the recommended threshold. "
            "Check that the labels are not swapped. If they are right, try a higher FMR (FMR=1)."
        )
    for kind, short, each in (("impostor", "FMR", fmr), ("genuine", "FNMR", fnmr)):
        pairs = len(each.scores)
        if pairs < _TOO_FEW:
            upper = percent(float(each.limits(0)[1]))
            said.append(
                f"Too few to conclude anything: {counted(pairs, f'{kind} pair')} cannot show an "
                f"{short} below {upper}, even without an error. By the rule of three, 1 % needs "
                f"{_TOO_FEW}."
            )
    if len(outcomes.quality_filters) > 1:
        mixed = " and ".join(sorted(outcomes.quality_filters))
        said.append(f"The quality filters {mixed} are mixed. Give the results of one of them.")
    subjects = outcomes.labels.subjects
    if subjects is None:
        said.append(
            "No subjects are given, so every pair counts as independent. If one person is in "
            "several pairs, the true limits are wider: add a column subject, and target_subject "
            "for impostor pairs."
        )
    elif (subjects[outcomes.compared & ~outcomes.labels.genuine, 1] < 0).any():
        said.append(
            "Some impostor pairs have no target_subject, so the limits ignore that one person can "
            "be the target of several pairs."
        )
    missing = int((~outcomes.compared & ~outcomes.not_acquired).sum())
    if missing:
        said.append(
            f"{missing:,} of {len(outcomes.scores):,} pairs were not compared, for reasons that "
            "have nothing to do with faces. If they differ from the others, so do their rates."
        )
    if outcomes.unlabeled:
        said.append(f"{outcomes.unlabeled:,} results have no label and are left out.")
    return said


def _curve(fmr: ErrorRate, fnmr: ErrorRate) -> Facts:
    thresholds = grid(fmr, fnmr)
    found: dict[str, Floats] = {"threshold": thresholds}
    for name, each in (("fmr", fmr), ("fnmr", fnmr)):
        errors = each.errors(thresholds)
        found[name] = errors / len(each.scores)
        found[f"{name}_lower"], found[f"{name}_upper"] = each.limits(errors)
    return {name: np.round(values, 8).tolist() for name, values in found.items()}


def _histogram(fmr: ErrorRate, fnmr: ErrorRate) -> Facts:
    edges = np.linspace(0, 100, 51)
    shares = {
        name: (np.histogram(each.scores, edges)[0] / len(each.scores)).tolist()
        for name, each in (("genuine", fnmr), ("impostor", fmr))
    }
    return {"edges": edges.tolist(), **shares}
