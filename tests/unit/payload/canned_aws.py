"""An HTTP server on loopback with canned answers of the AWS APIs, for the tests."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class CannedAnswer:
    """One answer: its status, its JSON body and the seconds it is held back."""

    status: int = 200
    body: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass
class CannedAws:
    """Answers by operation, such as ``CompareFaces``, and the requests that came."""

    answers: dict[str, CannedAnswer] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    endpoint: str = ""


def error(code: str, status: int = 400) -> CannedAnswer:
    """Return an error answer in the form of the AWS JSON protocol."""
    return CannedAnswer(status, {"__type": code, "Message": f"{code} for a test"})


# Numbers that nothing else in a log record can be.
BOX = {"Left": 0.240817, "Top": 0.120919, "Width": 0.480731, "Height": 0.610363}
LANDMARKS = [{"Type": "eyeLeft", "X": 0.440267, "Y": 0.330551}]


def face(confidence: float = 99.5) -> dict[str, Any]:
    """Return a face as CompareFaces describes it, with landmarks, pose and quality."""
    return {
        "BoundingBox": BOX,
        "Confidence": confidence,
        "Landmarks": LANDMARKS,
        "Pose": {"Roll": 1.0, "Yaw": 2.0, "Pitch": 3.0},
        "Quality": {"Brightness": 80.0, "Sharpness": 90.0},
    }


def compared(*similarities: float, unmatched: int = 0) -> CannedAnswer:
    """Return a CompareFaces answer with these similarities."""
    return CannedAnswer(
        body={
            "SourceImageFace": {"BoundingBox": BOX, "Confidence": 99.9},
            "FaceMatches": [{"Similarity": value, "Face": face()} for value in similarities],
            "UnmatchedFaces": [face(70.0) for _ in range(unmatched)],
        }
    )


@contextmanager
def canned_aws() -> Iterator[CannedAws]:
    """Serve canned answers while the block runs."""
    canned = CannedAws()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            operation = self.headers["X-Amz-Target"].rpartition(".")[2]
            canned.requests.append((operation, json.loads(body)))
            answer = canned.answers[operation]
            time.sleep(answer.seconds)
            content = json.dumps(answer.body).encode()
            self.send_response(answer.status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("x-amzn-RequestId", "rekognition-request")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    canned.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield canned
    finally:
        server.shutdown()
        server.server_close()
