"""What pages show of a comparison: photos with boxes, scores."""

from __future__ import annotations

import base64
import io
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from PIL import Image

from local.photos import Photo
from local.rekognition.errors import ServiceError
from local.rekognition.images import decode

STYLE = Path(__file__).with_name("style.css")
_LONGER_SIDE = 640
"""Pixels of an inlined photo: sharp at the widest it is shown, small in the file."""


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
    """A photo as a page shows it."""

    name: str
    caption: str
    uri: str | None
    """None if it cannot be read."""
    width: int
    height: int
    boxes: tuple[Box, ...]

    @classmethod
    def of(
        cls, photo: Photo, boxes: tuple[Box, ...] = (), longer_side: int = _LONGER_SIDE
    ) -> Picture:
        """What the stand-in for Rekognition saw, upright as the boxes are meant."""
        try:
            upright = Image.fromarray(decode(photo.data))
        except ServiceError:
            return cls(photo.name, photo.caption, None, 4, 3, boxes)
        upright.thumbnail((longer_side, longer_side), Image.Resampling.LANCZOS)
        out = io.BytesIO()
        upright.save(out, "JPEG", quality=82, optimize=True)
        uri = f"data:image/jpeg;base64,{base64.b64encode(out.getvalue()).decode('ascii')}"
        return cls(photo.name, photo.caption, uri, upright.width, upright.height, boxes)


def source_boxes(answer: Mapping[str, Any]) -> tuple[Box, ...]:
    """The face of a reference photo that was compared."""
    return (Box.of(answer["source"]["face"], 0.0),)


def target_boxes(answer: Mapping[str, Any]) -> tuple[Box, ...]:
    """The faces of a challenge photo, with their scores."""
    threshold = float(answer["similarity_threshold"])
    return tuple(Box.of(face, threshold) for face in answer["target"]["faces"])


def templates(folder: Path, style: str = "style") -> jinja2.Environment:
    """The templates in a folder, and the shared ones.

    Args:
        folder: where they are.
        style: the attribute that positions are written into.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([folder, Path(__file__).parent]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["style"] = style
    environment.filters["pretty"] = pretty
    environment.filters["score"] = score
    return environment


def pretty(value: object) -> str:
    """JSON for readers."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def score(similarity: float | None) -> str:
    """A similarity with one decimal, cut off: 79.96 must not read as 80.0 beside "no match"."""
    return "none" if similarity is None else f"{math.floor(similarity * 10) / 10:.1f}"
