"""An S3 that fails when a test says so: a proxy on loopback before the emulator's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local.loopback import served

Rule = Callable[[str, str], int | None]
"""Takes method and path; the status to fail with, or None to let the request through."""

_CODES = {403: "AccessDenied", 503: "SlowDown"}
_METHODS = ["DELETE", "GET", "HEAD", "POST", "PUT"]
_OWN = {"connection", "date", "expect", "server", "transfer-encoding"}
"""Headers that are between two programs only, or that the proxy writes itself."""


@dataclass(slots=True)
class FailingS3:
    """The proxy's address and its rule, which a test may change at any time."""

    endpoint: str = ""
    rule: Rule = lambda _method, _path: None
    failed: list[tuple[str, str]] = field(default_factory=list)
    """Method and path of every request that was made to fail."""


@contextmanager
def failing_s3(upstream: str) -> Iterator[FailingS3]:
    """Serve while the block runs."""
    proxy = FailingS3()
    client = httpx.AsyncClient(base_url=upstream, timeout=20, trust_env=False)

    async def serve(request: Request) -> Response:
        body = await request.body()
        if status := proxy.rule(request.method, request.scope["path"]):
            proxy.failed.append((request.method, request.scope["path"]))
            xml = f"<Error><Code>{_CODES[status]}</Code><Message>test</Message></Error>"
            return Response(xml, status)
        path = f"{request.scope['raw_path'].decode()}?{request.url.query}".removesuffix("?")
        headers = {name: value for name, value in request.headers.items() if name not in _OWN}
        answer = await client.request(request.method, path, content=body, headers=headers)
        told = {name: value for name, value in answer.headers.items() if name not in _OWN}
        return Response(answer.content, answer.status_code, told)

    app = Starlette(routes=[Route("/{path:path}", serve, methods=_METHODS)])
    with served(app) as address:
        proxy.endpoint = f"http://{address}"
        yield proxy
