"""A client of the stand-in's control path: set quota, latency and errors, read the counters."""

from __future__ import annotations

from typing import Any

import httpx


class Steering:
    """``Control.apply`` and ``Control.report`` of a running stand-in."""

    def __init__(self, endpoint: str) -> None:
        """Take the stand-in's address, such as "http://127.0.0.1:4567"."""
        # Not through a proxy that the environment may name: this is loopback.
        self._client = httpx.Client(base_url=endpoint, trust_env=False, timeout=10)

    def report(self) -> dict[str, Any]:
        """Return the counters."""
        return dict(self._client.get("/_control").json())

    def apply(self, **settings: Any) -> dict[str, Any]:
        """Change what is given; return the counters. A wrong setting ends the connection."""
        return dict(self._client.post("/_control", json=settings).json())
