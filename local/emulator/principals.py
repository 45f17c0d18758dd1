"""The file that tells the Rekognition stand-in whose access key is whose."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path


class PrincipalsWriter:
    """Keeps {access key: {"arn", "secret_access_key"}} on disk, always whole, for its owner only.

    A reader never sees half a file: each change is written beside it and moved into place.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._principals: dict[str, dict[str, str]] = {}
        self._lock = threading.Lock()
        self._write()

    def add(self, access_key: str, arn: str, secret_access_key: str) -> None:
        """Write a principal down; a known one with the same values costs nothing."""
        entry = {"arn": arn, "secret_access_key": secret_access_key}
        with self._lock:
            if self._principals.get(access_key) != entry:
                self._principals[access_key] = entry
                self._write()

    def _write(self) -> None:
        beside = self._path.with_name(f"{self._path.name}.new")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            json.dump(self._principals, out)
        beside.replace(self._path)
