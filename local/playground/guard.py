"""Keeps other sites and machines away from the page."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HEADERS = {
    "Cache-Control": "no-store",
    # Nothing from elsewhere, and no script or style inside the HTML: a name cannot become one.
    "Content-Security-Policy": (
        "default-src 'none'; base-uri 'none'; connect-src 'self'; form-action 'none'; "
        "frame-ancestors 'none'; img-src 'self' data:; script-src 'self'; style-src 'self'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Guard:
    """Answers only requests that a page of this server makes, and adds the headers of security."""

    def __init__(self, app: ASGIApp, hosts: Sequence[str]) -> None:
        """Take the application, and the names with port by which browsers reach it."""
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        problem = self._problem(scope["method"], Headers(scope=scope))
        app = JSONResponse({"problem": problem}, 403) if problem else self._app
        await app(scope, receive, send_with_headers)

    def _problem(self, method: str, headers: Headers) -> str | None:
        host = headers.get("host", "")
        if host not in self._hosts:
            # Another site's name can be made to lead here (DNS rebinding).
            return f"Open the page as http://{self._hosts[0]}/."
        # Browsers send it with every POST, and a page cannot change it.
        if method not in ("GET", "HEAD") and headers.get("origin") != f"http://{host}":
            return "Only this server's own page may do this."
        return None
