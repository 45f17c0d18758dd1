"""The demo's report as one HTML page without anything outside it, and as JSON."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

from local.demo.model import Comparison, Run
from local.pages.parts import Picture, source_boxes, target_boxes, templates
from local.photos import Album

PAGE = "demo-report.html"
FACTS = "demo-report.json"


class ReportError(Exception):
    """The report cannot be written; the message says why and how to fix it."""


def check_writable(folder: Path) -> None:
    """Check that both files can be written there, and change nothing.

    Raises:
        ReportError: one of them cannot.
    """
    for path in (folder / PAGE, folder / FACTS):
        new = not path.exists()
        with _told(path):
            # Asked by doing it: permissions alone do not tell of a read-only or full disk.
            path.open("ab").close()
            if new:
                path.unlink()


def write(run: Run, album: Album, folder: Path) -> tuple[Path, Path]:
    """Write demo-report.html and demo-report.json.

    Returns:
        Both paths.

    Raises:
        ReportError: one of them cannot be written.
    """
    page, facts = folder / PAGE, folder / FACTS
    with _told(page):
        page.write_text(render(run, album), encoding="utf-8")
    with _told(facts):
        facts.write_text(json.dumps(run.facts(), indent=2) + "\n", encoding="utf-8")
    return page, facts


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ReportError(
            f"The demo cannot write its report to {path} ({error.strerror}): make it writable, or "
            "start the demo from a copy of the repository that is."
        ) from error


def render(run: Run, album: Album) -> str:
    """Return the HTML page."""
    total = sum(run.seconds.values())
    return (
        templates(Path(__file__).parent)
        .get_template("report.html.j2")
        .render(
            run=run,
            problems=run.problems(),
            sections=list(_sections(run, album)),
            asserted=run.asserted(),
            steps=[
                (name, seconds, 100 * seconds / total if total else 0)
                for name, seconds in run.seconds.items()
            ],
            total=total,
        )
    )


def _sections(run: Run, album: Album) -> Iterator[tuple[Picture, list[tuple[Picture, Comparison]]]]:
    """Each reference photo, with every challenge photo under it and what came out."""
    for reference in album.references:
        compared = [each for each in run.comparisons if each.pair.reference is reference]
        if compared:
            answers = [each.outcome.answer for each in compared if each.outcome.answer is not None]
            boxes = source_boxes(answers[0]) if answers else ()
            yield Picture.of(reference, boxes), [(_challenge(each), each) for each in compared]


def _challenge(comparison: Comparison) -> Picture:
    answer = comparison.outcome.answer
    return Picture.of(comparison.pair.challenge, target_boxes(answer) if answer else ())
