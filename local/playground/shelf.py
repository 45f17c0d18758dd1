"""The photos that can be chosen: built-in ones, and what was dropped onto the page."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import PurePath
from threading import Lock

from local.photos import Album, Photo
from local.stack import AwsClient
from local.use import upload

MOST_BYTES = 16 * 1024 * 1024
"""Of one photo: a little more than the function allows, so that its own error can be seen."""
_MOST_OWN_BYTES = 512 * 1024 * 1024
_LONGEST_STEM_BYTES = 100
_LONGEST_SUFFIX_BYTES = 10
_UNUSABLE = re.compile(r"[/\\\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_OWN = "your own photo"


class ShelfError(Exception):
    """A photo cannot be taken or found; the message says why."""


@dataclass(slots=True)
class Shelf:
    """Photos by their id, and which of them are in the bucket."""

    album: Album
    s3: AwsClient
    bucket: str
    own: dict[str, Photo] = field(default_factory=dict)
    _stored: set[str] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    def take(self, name: str, data: bytes) -> str:
        """Keep a photo of the user's own; the id that it has from then on.

        Raises:
            ShelfError: all together are too much for this machine's memory.
        """
        safe = file_name(name)
        digest = hashlib.sha256(safe.encode() + b"/" + data).hexdigest()
        with self._lock:
            if sum(len(photo.data) for photo in self.own.values()) + len(data) > _MOST_OWN_BYTES:
                raise ShelfError("These are over 512 MB of photos. Start the playground again.")
            self.own[digest] = Photo(safe, _OWN, None, data)
        return digest

    def photo(self, identity: str) -> Photo:
        """A photo by its id: the name of a built-in one.

        Raises:
            ShelfError: there is none.
        """
        built_in = (*self.album.references, *self.album.challenges)
        found = {**{each.name: each for each in built_in}, **self.own}.get(identity)
        if found is None:
            raise ShelfError("This photo is gone. Load the page again.")
        return found

    def store(self, reference: str, challenges: list[str]) -> tuple[str, list[str]]:
        """Put the photos into the bucket unless they are there; their keys.

        Each reference is a subject of its own. So an upload is compared with this one alone.
        """
        subject = self._unique(reference, PurePath(self.photo(reference).name).stem)
        return (
            self._put(f"reference/{subject}", reference),
            [self._put(f"challenge/{subject}", challenge) for challenge in challenges],
        )

    def _put(self, folder: str, identity: str) -> str:
        photo = self.photo(identity)
        name = PurePath(photo.name)
        key = f"{folder}/{self._unique(identity, name.stem)}{name.suffix}"
        with self._lock:
            if key not in self._stored:
                upload(self.s3, self.bucket, key, photo)
                self._stored.add(key)
        return key

    def _unique(self, identity: str, stem: str) -> str:
        """Two photos of the user's own can have one name."""
        return f"{stem}-{identity[:8]}" if identity in self.own else stem


def file_name(name: str) -> str:
    """A name that can be a part of a key: no slash, nothing that XML cannot say, not too long."""
    path = PurePath(_UNUSABLE.sub("-", name))
    stem, suffix = (
        part.encode()[:most].decode(errors="ignore")
        for part, most in ((path.stem, _LONGEST_STEM_BYTES), (path.suffix, _LONGEST_SUFFIX_BYTES))
    )
    return f"{stem}{suffix}".strip() or "photo"
