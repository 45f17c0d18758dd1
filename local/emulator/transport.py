"""Plain HTTP on loopback stands for the HTTPS of the real endpoints."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Application = Callable[[Scope, Any, Any], Coroutine[Any, Any, None]]
_HEADER = b"x-forwarded-proto"


def as_if_by_https(application: Application) -> Application:
    """Wrap an ASGI application so that its requests count as having come by TLS.

    A bucket policy that denies plain HTTP would refuse everything otherwise. A request that says
    `X-Forwarded-Proto: http` still counts as plain, so that the refusal can be shown.
    """

    async def serve(scope: Scope, receive: object, send: object) -> None:
        if scope["type"] == "http" and all(name != _HEADER for name, _ in scope["headers"]):
            scope = {**scope, "headers": [*scope["headers"], (_HEADER, b"https")]}
        await application(scope, receive, send)

    return serve
