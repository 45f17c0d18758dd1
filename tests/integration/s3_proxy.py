"""An S3 that fails when a test says so: a proxy on loopback before the emulator's."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

Rule = Callable[[str, str], int | None]
"""Takes method and path; the status to fail with, or None to let the request through."""

_CODES = {403: "AccessDenied", 503: "SlowDown"}
_OWN = {"connection", "date", "server", "transfer-encoding"}
"""Headers that the proxy writes itself."""


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
    address = urlsplit(upstream).netloc

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, format: str, *args: object) -> None:
            pass

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            path = unquote(urlsplit(self.path).path)
            if status := proxy.rule(self.command, path):
                proxy.failed.append((self.command, path))
                xml = f"<Error><Code>{_CODES[status]}</Code><Message>test</Message></Error>"
                self._answer(status, [], xml.encode())
                return
            connection = http.client.HTTPConnection(address, timeout=20)
            connection.request(self.command, self.path, body, dict(self.headers))
            answer = connection.getresponse()
            self._answer(answer.status, answer.getheaders(), answer.read())
            connection.close()

        def _answer(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
            self.send_response(status)
            told = {name.lower(): value for name, value in headers if name.lower() not in _OWN}
            # A HEAD tells the length of a content that it does not have.
            told.setdefault("content-length", str(len(content)))
            for name, value in told.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = _serve  # noqa: N815

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    proxy.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
