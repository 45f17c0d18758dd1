"""A photo: an object in the module's bucket or the bytes themselves, on one of two sides."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class Side(StrEnum):
    """Which of the two images of a comparison is meant."""

    SOURCE = "source"
    TARGET = "target"


class StoredImage(NamedTuple):
    """One photo in the module's bucket; without ``version_id`` its current version is meant."""

    key: str
    version_id: str | None = None

    def __str__(self) -> str:
        return self.key


@dataclass(frozen=True, slots=True)
class InlineImage:
    """One photo sent inside the event. It is passed on to Rekognition and kept nowhere.

    A data class, since a named tuple would turn into text or JSON with all of its content.
    Its SHA-256 stands for it in answers and records, so that whoever kept the photo can show
    later that it was the one.
    """

    content: bytes = field(repr=False)
    sha256: str

    @classmethod
    def of(cls, content: bytes) -> InlineImage:
        """Return the image of these bytes."""
        return cls(content, hashlib.sha256(content).hexdigest())

    def __str__(self) -> str:
        return f"sent inline (SHA-256 {self.sha256[:12]}...)"


Image = StoredImage | InlineImage
