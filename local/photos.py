"""Photographs to compare: two in the public domain, from Python wheels, and variants of them.

No picture is committed. Each photo says who is in it, and what a comparison must decide follows.
"""

from __future__ import annotations

import io
import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import matplotlib
import skimage.data
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

_EXIF_ORIENTATION = 0x0112
_ROTATED_LEFT = 6
"""EXIF: the pixels lie on their left side; a viewer turns them right by 90 degrees."""
_MAGIC = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
_MAX_BYTES = 15 * 1024 * 1024
"""Rekognition's limit for an image in S3."""


class PhotoError(Exception):
    """A photo of the user's own cannot be used; the message says which and why."""


class Person(StrEnum):
    """The people in the photos."""

    EILEEN_COLLINS = "Eileen Collins"
    GRACE_HOPPER = "Grace Hopper"


class Expected(StrEnum):
    """What a comparison must come to."""

    MATCH = "match"
    NO_MATCH = "no_match"
    NO_FACE_IN_TARGET = "NoFaceInTargetError"
    LOW_QUALITY_IN_TARGET = "LowQualityFaceInTargetError"


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo as it is uploaded."""

    name: str
    """File name, unique within its prefix."""
    caption: str
    """What it is, in a few words."""
    people: tuple[Person, ...] | None
    """Who is in it; None for a user's own photo."""
    data: bytes = field(repr=False)
    """JPEG or PNG."""
    is_recognizable: bool = True
    """False if even the person's own face looks like a stranger's."""

    @property
    def content_type(self) -> str:
        """MIME type, by the data and not by the name."""
        return "image/png" if self.data.startswith(b"\x89PNG") else "image/jpeg"


@dataclass(frozen=True, slots=True)
class Pair:
    """One comparison to make."""

    reference: Photo
    challenge: Photo
    quality_filter: str = "NONE"

    @property
    def source(self) -> str:
        """Key of the reference photo."""
        return f"reference/{self.reference.name}"

    @property
    def target(self) -> str:
        """Key of the challenge photo."""
        return f"challenge/{self.challenge.name}"

    @property
    def expected(self) -> Expected | None:
        """What must come out; None where a photo is the user's own."""
        if self.reference.people is None or self.challenge.people is None:
            return None
        if not self.challenge.people:
            return Expected.NO_FACE_IN_TARGET
        if not self.challenge.is_recognizable:
            is_compared = self.quality_filter == "NONE"
            return Expected.NO_MATCH if is_compared else Expected.LOW_QUALITY_IN_TARGET
        (subject,) = self.reference.people
        return Expected.MATCH if subject in self.challenge.people else Expected.NO_MATCH


@dataclass(frozen=True, slots=True)
class Album:
    """Reference photos and the challenge photos each is compared with."""

    references: tuple[Photo, ...]
    challenges: tuple[Photo, ...]

    def pairs(self) -> Iterator[Pair]:
        """Every reference with every challenge, reference by reference."""
        for reference in self.references:
            for challenge in self.challenges:
                yield Pair(reference, challenge)

    def failures(self) -> Iterator[Pair]:
        """One pair for each error that a user will meet, and that these photos can show."""
        pairs = list(self.pairs())
        yield from [each for each in pairs if each.expected is Expected.NO_FACE_IN_TARGET][:1]
        filtered = [replace(each, quality_filter="MEDIUM") for each in pairs]
        # The last one is compared with the person's own reference.
        yield from [e for e in filtered if e.expected is Expected.LOW_QUALITY_IN_TARGET][-1:]


def astronaut() -> Image.Image:
    """Eileen Collins, by NASA."""
    return Image.fromarray(skimage.data.astronaut())


def hopper() -> Image.Image:
    """Grace Hopper, by the US Navy."""
    file = Path(matplotlib.get_data_path(), "sample_data", "grace_hopper.jpg")
    return Image.open(file).convert("RGB")


def default_album() -> Album:
    """Two people, their photos seen in other ways, one photo of both and one of nobody."""
    eileen, grace = astronaut(), hopper()
    cat = Image.fromarray(skimage.data.chelsea())
    e, g = (Person.EILEEN_COLLINS,), (Person.GRACE_HOPPER,)
    return Album(
        references=(
            Photo("eileen-collins.jpg", "Eileen Collins, portrait by NASA", e, _jpeg(eileen)),
            Photo("grace-hopper.jpg", "Grace Hopper, portrait by the US Navy", g, _jpeg(grace)),
        ),
        challenges=(
            Photo("eileen-mirrored.jpg", "Mirrored", e, _jpeg(ImageOps.mirror(eileen))),
            Photo(
                "eileen-dark.jpg",
                "Darkened",
                e,
                _jpeg(ImageEnhance.Brightness(eileen).enhance(0.4)),
            ),
            Photo("eileen-tilted.jpg", "Tilted to a shoulder", e, _jpeg(eileen.rotate(25))),
            Photo("eileen-phone.jpg", "Lying on its side, turned by EXIF", e, lying(eileen)),
            Photo("grace-grey.png", "Grey, as PNG", g, encoded(ImageOps.grayscale(grace))),
            Photo("grace-small.jpg", "Cropped and smaller", g, _jpeg(_cropped(grace))),
            Photo(
                "grace-blurred.jpg",
                "Out of focus",
                g,
                _jpeg(grace.filter(ImageFilter.GaussianBlur(8))),
                is_recognizable=False,
            ),
            Photo("both.jpg", "Both in one picture", e + g, _jpeg(_beside(eileen, grace))),
            Photo("cat.jpg", "A cat: no human face", (), _jpeg(cat)),
        ),
    )


def own_album(reference: str, challenge: str) -> Album:
    """The user's own photos, about which nothing is known.

    Args:
        reference: path of one photo.
        challenge: paths of one or more, separated by spaces. Where there is more than one, a path
            with spaces is quoted as for the shell.

    Raises:
        PhotoError: a variable is empty, or a file is missing, too large or not JPEG or PNG.
    """
    if not reference.strip() or not challenge.strip():
        raise PhotoError(
            "Give both REFERENCE and CHALLENGE, for example: "
            'make demo REFERENCE=a.jpg CHALLENGE="b.jpg c.jpg"'
        )
    references = _paths(reference)
    if len(references) != 1:
        raise PhotoError(f"REFERENCE must name one photo, but {reference!r} names several.")
    return Album(tuple(_own(references)), tuple(_own(_paths(challenge))))


def _paths(words: str) -> list[Path]:
    if Path(words).is_file():
        return [Path(words)]
    try:
        return [Path(word) for word in shlex.split(words)]
    except ValueError as error:
        raise PhotoError(f"The file names {words} cannot be read: {error}.") from error


def _own(paths: Sequence[Path]) -> Iterator[Photo]:
    seen = Counter[str]()
    for path in paths:
        seen[path.name] += 1
        number = seen[path.name]
        name = path.name if number == 1 else f"{path.stem}-{number}{path.suffix}"
        # Only its name: the path would show a reader of the report how your folders are named.
        yield Photo(name, "your own photo", None, _read(path))


def _read(path: Path) -> bytes:
    if path.exists() and not path.is_file():
        raise PhotoError(f"{path} is not a file. Name each photo by itself, not its folder.")
    try:
        with path.open("rb") as file:
            # No more than it takes to see that it is too much.
            data = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise PhotoError(f"Cannot read the photo {path}: {error.strerror}.") from error
    if len(data) > _MAX_BYTES:
        raise PhotoError(
            f"{path} is larger than 15 MB ({_MAX_BYTES:,} bytes), which is all that Rekognition "
            "reads from S3."
        )
    if not data.startswith(_MAGIC):
        raise PhotoError(
            f"{path} is not a JPEG or PNG picture, and Rekognition reads no others. Export it as "
            "JPEG; what phones save is often HEIC, whatever its name."
        )
    return data


def encoded(image: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    """The file of an image."""
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def _jpeg(image: Image.Image, **options: Any) -> bytes:
    return encoded(image, "JPEG", quality=92, **options)


def lying(image: Image.Image) -> bytes:
    """A photo as a phone stores it: turned pixels, and an EXIF note that says which way is up."""
    exif = Image.Exif()
    exif[_EXIF_ORIENTATION] = _ROTATED_LEFT
    return _jpeg(image.transpose(Image.Transpose.ROTATE_90), exif=exif)


def _cropped(image: Image.Image) -> Image.Image:
    """Head and shoulders at three fifths of the size."""
    width, height = image.size
    box = (int(width * 0.15), 0, int(width * 0.85), int(height * 0.7))
    crop = image.crop(box)
    return crop.resize((crop.width * 3 // 5, crop.height * 3 // 5), Image.Resampling.LANCZOS)


def _beside(left: Image.Image, right: Image.Image) -> Image.Image:
    """Two pictures of one height, side by side."""
    height = min(left.height, right.height)
    parts = [
        part.resize((part.width * height // part.height, height), Image.Resampling.LANCZOS)
        for part in (left, right)
    ]
    whole = Image.new("RGB", (sum(part.width for part in parts), height))
    whole.paste(parts[0], (0, 0))
    whole.paste(parts[1], (parts[0].width, 0))
    return whole
