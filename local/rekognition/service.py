"""One call from request to answer: caller, rights, images, faces."""

from __future__ import annotations

import base64
import functools
import json
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from local.rekognition.authority import Access, Rights
from local.rekognition.comparison import DEFAULT_THRESHOLD, compare_faces, detect_faces
from local.rekognition.errors import Code, ServiceError
from local.rekognition.faces import Analyze, Face, ImageFile
from local.rekognition.identity import find_arn, read_claim
from local.rekognition.image_store import ObjectName, Read

MAX_BYTES = 5 * 1024 * 1024
"""Largest image that a request may carry."""

PROCESSORS = 2
"""Images analyzed at the same time."""

_REMEMBERED_IMAGES = 64


class Service:
    """Answers calls, from several threads at once."""

    def __init__(
        self, *, analyze: Analyze, read: Read, rights: Rights, sessions: Path | None
    ) -> None:
        self._read = read
        self._rights = rights
        self._sessions = sessions
        processors = ThreadPoolExecutor(PROCESSORS, thread_name_prefix="faces")
        # Remembered from the beginning: other calls with this image wait for the same analysis.
        self._analysis = functools.lru_cache(_REMEMBERED_IMAGES)(
            lambda file: processors.submit(analyze, file)
        )
        self._lock = threading.Lock()

    def answer(self, operation: str, authorization: str, body: bytes) -> dict[str, Any]:
        """Return the members of the answer, or raise ServiceError."""
        claim = read_claim(authorization)
        arn = find_arn(claim.access_key, self._sessions)
        action = f"rekognition:{operation}"
        if not self._rights(arn, Access(action)):
            raise ServiceError(
                Code.ACCESS_DENIED,
                f"User: {arn} is not authorized to perform: {action}",
            )
        # botocore has checked the request on the client's side.
        request = json.loads(body)
        if operation == "DetectFaces":
            (faces,) = self._faces(arn, claim.region, request["Image"])
            return detect_faces(faces)
        images = (request["SourceImage"], request["TargetImage"])
        source, target = self._faces(arn, claim.region, *images)
        threshold = request.get("SimilarityThreshold", DEFAULT_THRESHOLD)
        return compare_faces(source, target, threshold, request.get("QualityFilter", "NONE"))

    def _faces(self, arn: str, region: str, *images: Any) -> list[Sequence[Face]]:
        files = [self._file(image, arn, region) for image in images]
        with self._lock:
            analyses = [self._analysis(file) for file in files]
        return [analysis.result() for analysis in analyses]

    def _file(self, image: Any, arn: str, region: str) -> ImageFile:
        match image:
            case {"Bytes": content}:
                file = ImageFile(base64.b64decode(content))
                if len(file.content) > MAX_BYTES:
                    raise ServiceError(Code.IMAGE_TOO_LARGE)
                return file
            case {"S3Object": stored}:
                name = ObjectName(stored["Bucket"], stored["Name"], stored.get("Version"))
                return self._read(name, functools.partial(self._rights, arn), region)
            case _:
                raise ServiceError(Code.INVALID_PARAMETER)
