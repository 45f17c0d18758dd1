"""Rekognition on the wire: one canned answer of CompareFaces, from a process of its own.

Its own, so that what it costs is not counted with the handlers, and does not wait for them.
"""

from __future__ import annotations

import json
import multiprocessing
import ssl
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from typing import Any

_START_SECONDS = 30.0


def _face(left: float) -> dict[str, object]:
    kinds = ("eyeLeft", "eyeRight", "mouthLeft", "mouthRight", "nose")
    return {
        "BoundingBox": {"Left": left, "Top": 0.12, "Width": 0.18, "Height": 0.31},
        "Confidence": 99.98,
        "Landmarks": [{"Type": kind, "X": left + 0.05, "Y": 0.2} for kind in kinds],
        "Pose": {"Roll": 1.5, "Yaw": -3.25, "Pitch": 4.75},
        "Quality": {"Brightness": 81.5, "Sharpness": 92.25},
    }


ANSWER = json.dumps(
    {
        "SourceImageFace": {
            "BoundingBox": {"Left": 0.24, "Top": 0.12, "Width": 0.48, "Height": 0.61},
            "Confidence": 99.99,
        },
        "FaceMatches": [
            {"Similarity": 99.5, "Face": _face(0.1)},
            {"Similarity": 1.25, "Face": _face(0.5)},
        ],
        "UnmatchedFaces": [],
    }
).encode()
"""What Rekognition answers for a target with two faces."""


@contextmanager
def canned_rekognition(certificate: Path | None = None, seconds: float = 0.0) -> Iterator[str]:
    """Serve the answer to every request, and yield the endpoint's URL, on loopback.

    With a PEM file of a key and its certificate it is served over TLS. Each answer is held back
    for so many seconds.
    """
    with served(CannedRekognition, certificate, seconds) as url:
        yield url


class Canned(BaseHTTPRequestHandler):
    """What canned services have in common. ``seconds`` is how long an answer is held back."""

    protocol_version = "HTTP/1.1"
    # Head and body in one segment. Otherwise the body waits for the head to be acknowledged.
    wbufsize = -1
    disable_nagle_algorithm = True
    seconds = 0.0

    def log_message(self, format: str, *args: object) -> None:
        """Write nothing."""

    def read_body(self) -> None:
        """Read the body, in chunks or whole."""
        if self.headers.get("Transfer-Encoding") != "chunked":
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            return
        while size := int(self.rfile.readline(), 16):
            self.rfile.read(size + 2)
        self.rfile.readline()

    def answer(self, headers: Mapping[str, str], body: bytes = b"") -> None:
        """Answer with status 200."""
        self.send_response(200)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


class CannedRekognition(Canned):
    """CompareFaces."""

    def do_POST(self) -> None:
        """Answer, whatever is asked."""
        self.read_body()
        time.sleep(self.seconds)
        headers = {
            "Content-Type": "application/x-amz-json-1.1",
            "x-amzn-RequestId": "00000000-0000-4000-8000-000000000000",
        }
        self.answer(headers, ANSWER)


@contextmanager
def served(
    service: type[Canned], certificate: Path | None = None, seconds: float = 0.0
) -> Iterator[str]:
    """Serve a canned service from a process of its own, and yield its URL."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(
        target=_serve, args=(theirs, service, certificate, seconds), daemon=True
    )
    process.start()
    theirs.close()
    try:
        if not ours.poll(_START_SECONDS):
            raise RuntimeError("The server of canned answers did not start.")
        yield f"{'https' if certificate else 'http'}://127.0.0.1:{ours.recv()}"
    finally:
        ours.close()
        process.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # All workers of an instance connect at the same moment.
    request_queue_size = 256

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that was ended while its connection was open."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def _serve(
    parent: Connection, service: type[Canned], certificate: Path | None, seconds: float
) -> None:
    service.seconds = seconds
    server = _Server(("127.0.0.1", 0), service)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        # The handshake is the connection's own thread's, so that others need not wait for it.
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    Thread(target=server.serve_forever, daemon=True).start()
    parent.send(server.server_address[1])
    try:
        # Nothing is ever sent: this returns when the parent has closed its end, or has died.
        parent.recv()
    except (EOFError, KeyboardInterrupt):
        server.server_close()
