"""The payload's clients with canned answers instead of the network, and what they sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from io import BytesIO
from typing import Any, NamedTuple

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders

from face_compare.model.rule import Rule
from face_compare.runtime.clients import Clients
from face_compare.runtime.settings import CallLimits, Settings
from tests.unit.payload import invocation

SETTINGS = invocation.SETTINGS._replace(rule=Rule(80.0, require_single_face=True))

_BOX = {"Left": 0.1, "Top": 0.1, "Width": 0.5, "Height": 0.5}
_FACE = {"BoundingBox": _BOX, "Confidence": 99.0}


class Answer(NamedTuple):
    """One HTTP answer of AWS."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = {}


COMPARED = Answer(
    body=json.dumps(
        {
            "SourceImageFace": _FACE,
            "FaceMatches": [{"Similarity": 99.0, "Face": _FACE}],
            "UnmatchedFaces": [],
        }
    ).encode()
)
ONE_FACE = Answer(body=json.dumps({"FaceDetails": [_FACE]}).encode())
UNREADABLE_OBJECT = Answer(400, b'{"__type": "InvalidS3ObjectException", "Message": "no"}')
LISTED = Answer(
    body=b'<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>'
    b"reference/alice/1.jpg</Key><Size>1</Size></Contents></ListBucketResult>"
)


def s3_error(status: int, code: str) -> Answer:
    """Return an error answer of S3 with a body."""
    return Answer(status, f'<?xml version="1.0"?><Error><Code>{code}</Code></Error>'.encode())


@dataclass
class CannedSdk:
    """Answers by operation, and the calls that were made.

    An operation with several answers gives them one after another. The last one stays.
    """

    answers: dict[str, list[Answer]] = field(default_factory=dict)
    sent: list[tuple[str, AWSPreparedRequest]] = field(default_factory=list)

    def clients(self, settings: Settings = SETTINGS) -> Clients:
        """Return the clients as the handler makes them, with these answers."""
        canned = self

        class CannedClients(Clients):
            def make(self, service: Any, limits: CallLimits) -> Any:
                return canned.attached(super().make(service, limits))

        return CannedClients(settings)

    def attached(self, client: Any) -> Any:
        """Give a client of boto3 these answers."""
        service = client.meta.service_model.service_name
        client.meta.events.register(f"before-send.{service}.*", self._answer)
        return client

    def operations(self) -> list[str]:
        """Return the operations in the order of the calls."""
        return [operation for operation, _ in self.sent]

    def headers(self, operation: str) -> list[dict[str, str]]:
        """Return the headers of each call of one operation."""
        return [
            {
                name: value.decode() if isinstance(value, bytes) else str(value)
                for name, value in request.headers.items()
            }
            for called, request in self.sent
            if called == operation
        ]

    def _answer(self, request: AWSPreparedRequest, event_name: str, **_: object) -> AWSResponse:
        operation = event_name.rpartition(".")[2]
        self.sent.append((operation, request))
        left = self.answers[operation]
        answer = left.pop(0) if len(left) > 1 else left[0]
        headers = HTTPHeaders()
        for name, value in {"date": formatdate(usegmt=True), **answer.headers}.items():
            headers[name] = value
        return AWSResponse(request.url, answer.status, headers, _Raw(answer.body))


class _Raw(BytesIO):
    """The body of an answer, in the forms in which botocore reads it."""

    def stream(self, *_: object, **__: object) -> list[bytes]:
        return [self.read()]
