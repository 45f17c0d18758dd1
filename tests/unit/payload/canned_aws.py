"""An HTTP server on loopback with canned answers of the AWS APIs, for the tests."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.loopback import served


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

    async def answer(request: Request) -> Response:
        operation = request.headers["X-Amz-Target"].rpartition(".")[2]
        canned.requests.append((operation, await request.json()))
        found = canned.answers[operation]
        await asyncio.sleep(found.seconds)
        identity = {"x-amzn-RequestId": "rekognition-request"}
        return JSONResponse(found.body, found.status, identity)

    with served(Starlette(routes=[Route("/", answer, methods=["POST"])])) as address:
        canned.endpoint = f"http://{address}"
        yield canned
