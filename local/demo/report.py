"""The demo's report as one HTML page without anything outside it, and as JSON."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from PIL import Image

from local.demo.model import Comparison, Run
from local.photos import Album, Photo
from local.rekognition.errors import ServiceError
from local.rekognition.images import decode

PAGE = "demo-report.html"
FACTS = "demo-report.json"
_LONGER_SIDE = 640
"""Pixels of an inlined photo: sharp at the widest it is shown, small in the file."""


class ReportError(Exception):
    """The report cannot be written; the message says why and how to fix it."""


@dataclass(frozen=True, slots=True)
class Box:
    """A face in a photo, in percent of the upright photo's width and height."""

    left: float
    top: float
    width: float
    height: float
    similarity: float | None
    """None in a reference photo."""
    matches: bool

    @classmethod
    def of(cls, face: Mapping[str, Any], threshold: float) -> Box:
        """From a face of the function's answer (ratios of 0 to 1), cut off at the photo's edges."""
        box = face["bounding_box"]
        left, top = max(0.0, box["left"]), max(0.0, box["top"])
        right = min(1.0, box["left"] + box["width"])
        bottom = min(1.0, box["top"] + box["height"])
        similarity = face.get("similarity")
        return cls(
            left=round(left * 100, 2),
            top=round(top * 100, 2),
            width=round((right - left) * 100, 2),
            height=round((bottom - top) * 100, 2),
            similarity=similarity,
            matches=similarity is not None and similarity >= threshold,
        )


@dataclass(frozen=True, slots=True)
class Picture:
    """A photo as the page shows it."""

    name: str
    caption: str
    uri: str | None
    """None if it cannot be read."""
    width: int
    height: int
    boxes: tuple[Box, ...]


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
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["pretty"] = lambda value: json.dumps(value, indent=2, ensure_ascii=False)
    environment.filters["score"] = score
    total = sum(run.seconds.values())
    return environment.get_template("report.html.j2").render(
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


def score(similarity: float) -> str:
    """A similarity with one decimal, cut off: 79.96 must not read as 80.0 beside "no match"."""
    return f"{math.floor(similarity * 10) / 10:.1f}"


def _sections(run: Run, album: Album) -> Iterator[tuple[Picture, list[tuple[Picture, Comparison]]]]:
    """Each reference photo, with every challenge photo under it and what came out."""
    for reference in album.references:
        compared = [each for each in run.comparisons if each.pair.reference is reference]
        if compared:
            answers = [each.outcome.answer for each in compared if each.outcome.answer is not None]
            boxes = tuple(Box.of(answer["source"]["face"], 0.0) for answer in answers[:1])
            yield _picture(reference, boxes), [(_challenge(each), each) for each in compared]


def _challenge(comparison: Comparison) -> Picture:
    boxes: tuple[Box, ...] = ()
    if (answer := comparison.outcome.answer) is not None:
        threshold = float(answer["similarity_threshold"])
        boxes = tuple(Box.of(face, threshold) for face in answer["target"]["faces"])
    return _picture(comparison.pair.challenge, boxes)


def _picture(photo: Photo, boxes: tuple[Box, ...]) -> Picture:
    try:
        # What the stand-in for Rekognition saw, upright as the boxes are meant.
        upright = Image.fromarray(decode(photo.data))
    except ServiceError:
        return Picture(photo.name, photo.caption, None, 4, 3, boxes)
    upright.thumbnail((_LONGER_SIDE, _LONGER_SIDE), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=82, optimize=True)
    uri = f"data:image/jpeg;base64,{base64.b64encode(out.getvalue()).decode('ascii')}"
    return Picture(photo.name, photo.caption, uri, upright.width, upright.height, boxes)
