"""The report's charts as SVG, colored by the page's variables so that they fit light and dark."""

from __future__ import annotations

import io
import re
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy import stats  # type: ignore[import-untyped]

# Stand-ins, replaced by the page's variables.
_GENUINE, _IMPOSTOR, _INK, _LINE = "#010203", "#010204", "#010205", "#010206"
_VARIABLES = {_GENUINE: "genuine", _IMPOSTOR: "impostor", _INK: "ink", _LINE: "line"}
_STYLE: dict[Any, Any] = {
    "axes.edgecolor": _LINE,
    "axes.grid": True,
    "axes.labelcolor": _INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.size": 12,
    "grid.color": _LINE,
    "legend.frameon": False,
    "legend.labelcolor": _INK,
    "svg.fonttype": "none",
    "text.color": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
}
_TICKS = (1e-5, 1e-4, 1e-3, 0.01, 0.05, 0.2, 0.5)
Facts = dict[str, Any]


def draw_distributions(axes: Axes, facts: Facts) -> None:
    """Draw the share of pairs by score, on a logarithmic scale, as errors are in the tails."""
    histogram = facts["histogram"]
    for name, color, line in (("genuine", _GENUINE, "-"), ("impostor", _IMPOSTOR, "--")):
        axes.stairs(histogram[name], histogram["edges"], color=color, ls=line, lw=2, label=name)
    axes.set(yscale="log", ylim=(_lowest(facts), 1.5), xlabel="similarity", ylabel="share of pairs")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2)


def draw_rates(axes: Axes, facts: Facts) -> None:
    """Draw FMR and FNMR against the threshold, with their limits."""
    curve, lowest = facts["curve"], _lowest(facts)
    for name, color, line in (("fnmr", _GENUINE, "-"), ("fmr", _IMPOSTOR, "--")):
        # A rate of 0 has no place on a logarithmic scale.
        rate = np.where(np.array(curve[name]) > 0, curve[name], np.nan)
        lower = np.maximum(curve[f"{name}_lower"], lowest)
        at, upper = curve["threshold"], curve[f"{name}_upper"]
        axes.step(at, rate, where="pre", color=color, ls=line, lw=2, label=name.upper())
        axes.fill_between(at, lower, upper, step="pre", color=color, alpha=0.18, lw=0)
    axes.axvline(facts["recommendation"]["similarity_threshold"], color=_INK, lw=1)
    axes.set(yscale="log", ylim=(lowest, 1.5), xlim=(0, 100))
    axes.set(xlabel="threshold", ylabel="error rate")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2)


def draw_det(axes: Axes, facts: Facts) -> None:
    """Draw the DET curve: FNMR against FMR in normal deviates, with points at thresholds."""
    lowest = _lowest(facts)

    def deviate(rates: Any) -> Any:
        # A rate of 0 or 1 has no place on the scale: it is drawn at the edge.
        return stats.norm.ppf(np.clip(rates, lowest, 1 - lowest))

    axes.plot(deviate(facts["curve"]["fmr"]), deviate(facts["curve"]["fnmr"]), color=_INK, lw=2)
    axes.axline((0, 0), slope=1, color=_LINE, lw=1, ls=":")
    for row in facts["table"]:
        at = (deviate(row["fmr"]["rate"]), deviate(row["fnmr"]["rate"]))
        axes.plot(*at, "o", color=_IMPOSTOR)
        axes.annotate(f"{row['threshold']:g}", at, xytext=(5, 4), textcoords="offset points")
    ticks = [each for each in _TICKS if each >= lowest]
    names = [f"{100 * each:g} %" for each in ticks]
    limits = stats.norm.ppf([lowest * 0.8, 0.6])
    axes.set(xlim=limits, ylim=limits, xlabel="FMR", ylabel="FNMR")
    axes.set_xticks(stats.norm.ppf(ticks), names, rotation=45)
    axes.set_yticks(stats.norm.ppf(ticks), names)


_CHARTS = {
    "distributions": (draw_distributions, "Score distributions of genuine and impostor pairs."),
    "rates": (
        draw_rates,
        "FMR and FNMR against the threshold, with their 95 % limits and a line at {threshold:g}.",
    ),
    "det": (
        draw_det,
        "DET curve: FNMR against FMR, equal at {equal:.3g} %. The table has points of it.",
    ),
}


def drawn(facts: Facts) -> dict[str, str]:
    """Return each chart as an SVG element that can stand in a page."""
    return {name: _svg(name, facts) for name in _CHARTS}


def _lowest(facts: Facts) -> float:
    """Return a rate below which there is nothing to draw: half an error."""
    return 0.5 / int(max(facts["pairs"]["genuine"], facts["pairs"]["impostor"], 2))


def _svg(name: str, facts: Facts) -> str:
    draw, label = _CHARTS[name]
    label = label.format(
        threshold=facts["recommendation"]["similarity_threshold"],
        equal=100 * facts["equal_error"]["rate"],
    )
    with mpl.rc_context({**_STYLE, "svg.hashsalt": name}):
        # Small, so that its text can be read on a phone.
        figure = Figure(figsize=(5, 3.8), layout="constrained")
        draw(figure.add_subplot(), facts)
        out = io.StringIO()
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None})
    svg = out.getvalue()
    svg = svg[svg.index("<svg ") :]
    # The page sets the size. Names of groups are the same in every figure; nothing uses them.
    svg = re.sub(r' (width|height)="[\d.]+pt"', "", svg, count=2)
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)
    for color, variable in _VARIABLES.items():
        svg = svg.replace(color, f"var(--{variable})")
    return svg.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)
