"""An image: an object in the module's bucket, or bytes that were sent in the event."""

import hashlib
from enum import StrEnum
from typing import NamedTuple

LONGEST_KEY_BYTES = 1024
"""The limit of S3 and Rekognition on the key of an object, in bytes of UTF-8."""


class Side(StrEnum):
    """Which of the two images of a comparison is meant."""

    SOURCE = "source"
    TARGET = "target"


class StoredImage(NamedTuple):
    """An object in the module's bucket, in its current version if ``version_id`` is None."""

    key: str
    version_id: str | None = None

    def __str__(self) -> str:
        # Quoted, so that a space at the end can be seen.
        return repr(self.key)


class InlineImage:
    """Bytes that were sent in the event. They go to Rekognition and are stored nowhere.

    In answers and records the SHA-256 stands for the image: anyone who has kept the image can
    prove with it that this was the one. The class is not a named tuple, because the text or
    JSON of a named tuple would show the bytes.
    """

    __slots__ = ("content", "sha256")

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.sha256 = hashlib.sha256(content).hexdigest()

    def __str__(self) -> str:
        return f"sent inline (SHA-256 {self.sha256[:12]}...)"

    def __repr__(self) -> str:
        return f"InlineImage(sha256={self.sha256!r})"


type Image = StoredImage | InlineImage
