"""Rekognition's place on the wire: one canned answer of CompareFaces, from a process of its own.

Its own, so that what it costs is not counted with the handlers, and does not wait for them.
"""

from __future__ import annotations

import json
import multiprocessing
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread

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
"""CompareFaces as Rekognition answers it for a target with two faces."""


@contextmanager
def canned_rekognition(certificate: Path | None = None, seconds: float = 0.0) -> Iterator[str]:
    """Serve the answer to every request; yields the endpoint's URL, on loopback.

    With a PEM file of a key and its certificate it is served over TLS. Each answer is held back
    for so many seconds.
    """
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_serve, args=(theirs, certificate, seconds), daemon=True)
    process.start()
    theirs.close()
    try:
        if not ours.poll(_START_SECONDS):
            raise RuntimeError("The server of canned answers did not start.")
        yield f"{'https' if certificate else 'http'}://127.0.0.1:{ours.recv()}"
    finally:
        ours.close()
        process.join()


def _serve(parent: Connection, certificate: Path | None, seconds: float) -> None:
    _Canned.seconds = seconds
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Canned)
    server.daemon_threads = True
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    Thread(target=server.serve_forever, daemon=True).start()
    parent.send(server.server_address[1])
    try:
        # Nothing is ever sent: this returns when the parent has closed its end, or has died.
        parent.recv()
    except (EOFError, KeyboardInterrupt):
        server.server_close()


class _Canned(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body in one segment; otherwise the body waits for the head to be acknowledged.
    wbufsize = -1
    disable_nagle_algorithm = True
    seconds = 0.0

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        time.sleep(self.seconds)
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("x-amzn-RequestId", "00000000-0000-4000-8000-000000000000")
        self.send_header("Content-Length", str(len(ANSWER)))
        self.end_headers()
        self.wfile.write(ANSWER)
