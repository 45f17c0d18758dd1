"""The report as one HTML page without anything outside it, and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import jinja2
from markupsafe import Markup

from threshold import charts
from threshold.analysis import Facts, percent

_TEMPLATE = Path(__file__).with_name("report.html.j2")


def write(facts: Facts, name: str) -> Path:
    """Write NAME.html and NAME.json, and return the page.

    Files of that name are replaced only when both are complete.
    """
    page, data = Path(f"{name}.html"), Path(f"{name}.json")
    contents = {page: render(facts), data: json.dumps(facts, indent=1, allow_nan=False) + "\n"}
    drafts = {path: path.with_name(f".{path.name}.part") for path in contents}
    try:
        for path, draft in drafts.items():
            draft.write_text(contents[path], encoding="utf-8", errors="backslashreplace")
        for path, draft in drafts.items():
            draft.replace(path)
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)
    return page


def render(facts: Facts) -> str:
    """Return the page."""
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters |= {"percent": percent, "count": lambda number: f"{number:,}"}
    template = environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))
    # Drawn here, from numbers.
    drawn = {name: Markup(svg) for name, svg in charts.drawn(facts).items()}  # noqa: S704
    return template.render(facts, charts=drawn)
