"""A client of the stand-in's control endpoint: set quota, latency and faults, read the counts."""

from __future__ import annotations

import json
import urllib.request
from typing import Any


class Steering:
    """Talks to ``/_control``; control.py says what may be set and what comes back."""

    def __init__(self, endpoint: str) -> None:
        """Take the stand-in's address, such as "http://127.0.0.1:4567"."""
        self._url = f"{endpoint}/_control"
        # Not through a proxy that the environment may name: this is loopback.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def report(self) -> dict[str, Any]:
        """Return settings and counters."""
        return self._call(None)

    def apply(self, **wish: Any) -> dict[str, Any]:
        """Change what is named; return settings and counters.

        Raises:
            urllib.error.HTTPError: It cannot be meant.
        """
        return self._call(json.dumps(wish).encode())

    def _call(self, body: bytes | None) -> dict[str, Any]:
        with self._opener.open(self._url, data=body, timeout=10) as answer:
            report: dict[str, Any] = json.load(answer)
            return report
