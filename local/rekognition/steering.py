"""A client of the stand-in's control path: set quota, latency and errors, read the counters."""

from __future__ import annotations

import json
import urllib.request
from typing import Any


class Steering:
    """``Control.apply`` and ``Control.report`` of a running stand-in."""

    def __init__(self, endpoint: str) -> None:
        """Take the stand-in's address, such as "http://127.0.0.1:4567"."""
        self._url = f"{endpoint}/_control"
        # Not through a proxy that the environment may name: this is loopback.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def report(self) -> dict[str, Any]:
        """Return the counters."""
        return self._call(None)

    def apply(self, **settings: Any) -> dict[str, Any]:
        """Change what is given; return the counters. A wrong setting ends the connection."""
        return self._call(json.dumps(settings).encode())

    def _call(self, body: bytes | None) -> dict[str, Any]:
        with self._opener.open(self._url, data=body, timeout=10) as answer:
            report: dict[str, Any] = json.load(answer)
            return report
