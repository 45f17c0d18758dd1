"""Who an access key belongs to: the file that the emulator's launcher keeps up to date."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass
from pathlib import Path

ROOT_ACCOUNT = "000000000000"
"""The emulator's account, root of which is the access key "test"."""

_ACCOUNT = re.compile(r"\d{12}")
_ASSUMED = re.compile(
    r"^arn:(?P<partition>[\w-]+):sts::(?P<account>\d{12}):assumed-role/(?P<role>[^/]+)/"
)


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller. ``secret`` is None for root keys, whose secret the emulator does not fix."""

    arn: str
    account: str
    secret: str | None = None
    session_token: str | None = None

    @property
    def is_root(self) -> bool:
        """Whether this is an account's root user, who may do everything."""
        return self.arn.endswith(":root")

    @property
    def role_name(self) -> str | None:
        """Name of the assumed role, without its path; None for users and root."""
        found = _ASSUMED.match(self.arn)
        return found["role"] if found else None


class PrincipalsReader:
    """``{access key: {"arn", "secret_access_key"[, "session_token"]}}``, read again on change."""

    def __init__(self, path: Path | None) -> None:
        """Without a path only root keys are known."""
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._known: dict[str, Principal] = {}
        self._lock = threading.Lock()

    def find(self, access_key: str) -> Principal | None:
        """Return the owner of an access key; None when nobody knows it."""
        if access_key == "test":
            return Principal(f"arn:aws:iam::{ROOT_ACCOUNT}:root", ROOT_ACCOUNT)
        if _ACCOUNT.fullmatch(access_key):
            return Principal(f"arn:aws:iam::{access_key}:root", access_key)
        with self._lock:
            self._refresh()
            return self._known.get(access_key)

    def _refresh(self) -> None:
        if self._path is None:
            return
        try:
            status = self._path.stat()
            seen = (status.st_mtime_ns, status.st_ino, status.st_size)
            if seen == self._seen:
                return
            entries = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            self._known, self._seen = {}, None
            return
        self._known = {
            key: Principal(
                arn=entry["arn"],
                account=entry["arn"].split(":")[4],
                secret=entry.get("secret_access_key"),
                session_token=entry.get("session_token"),
            )
            for key, entry in entries.items()
        }
        self._seen = seen
