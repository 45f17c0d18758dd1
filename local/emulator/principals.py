"""The file that tells the Rekognition stand-in whose access key is whose."""

from __future__ import annotations

import json
import threading
from pathlib import Path


class PrincipalsWriter:
    """Keeps {access key: {"arn", "secret_access_key"}} in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._principals: dict[str, dict[str, str]] = {}
        self._lock = threading.Lock()

    def add(self, access_key: str, arn: str, secret_access_key: str) -> None:
        """Write a principal down; the same one once more costs nothing."""
        entry = {"arn": arn, "secret_access_key": secret_access_key}
        with self._lock:
            if self._principals.get(access_key) != entry:
                self._principals[access_key] = entry
                self._write()

    def _write(self) -> None:
        # Beside it and then into place, so that a reader never sees half a file.
        beside = self._path.with_name(f"{self._path.name}.new")
        beside.write_text(json.dumps(self._principals), encoding="utf-8")
        beside.replace(self._path)
