"""One invocation from event to answer: read, compare, decide, record."""

from __future__ import annotations

import time
from typing import Any, Protocol

from face_compare import audit
from face_compare.aws_errors import AWS_ERRORS
from face_compare.clients import Clients
from face_compare.comparison import Comparison
from face_compare.decision import Rule
from face_compare.diagnosis import Diagnosis
from face_compare.rekognition import compare_faces
from face_compare.request import Request, parse_request
from face_compare.settings import Settings


class LambdaContext(Protocol):
    """The part of Lambda's context object that is used here."""

    aws_request_id: str
    function_version: str

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until Lambda stops the function."""


class Service:
    """Serves the invocations of one execution environment, one after another."""

    def __init__(self, settings: Settings, clients: Clients) -> None:
        """Take the settings and the clients of this environment."""
        self._settings = settings
        self._clients = clients
        self._cold_start = True

    def serve(self, event: object, context: LambdaContext) -> dict[str, Any]:
        """Serve one direct invocation.

        Returns:
            The answer as the README documents it.

        Raises:
            FaceCompareError: After the failure has been recorded.
        """
        started = time.perf_counter()
        invocation = audit.Invocation(
            context.aws_request_id, context.function_version, self._cold_start
        )
        self._cold_start = False
        request: Request | None = None
        try:
            request = parse_request(event, self._settings.similarity_threshold)
            comparison = self._compare(request, context)
        except Exception as error:
            audit.record_failure(invocation, request, error, _milliseconds_since(started))
            raise
        audit.record_decision(invocation, comparison, _milliseconds_since(started))
        return {"request_id": invocation.request_id, **comparison.to_answer()}

    def _compare(self, request: Request, context: LambdaContext) -> Comparison:
        bucket = self._settings.bucket
        try:
            sighting = compare_faces(
                self._clients.rekognition, bucket, request.source, request.target
            )
        except AWS_ERRORS as error:
            Diagnosis(
                self._clients,
                self._settings,
                request.source,
                request.target,
                lambda: context.get_remaining_time_in_millis() / 1000,
            ).explain(error)
        rule = Rule(request.similarity_threshold)
        return Comparison(bucket, request.source, request.target, sighting, rule)


def _milliseconds_since(started: float) -> float:
    return (time.perf_counter() - started) * 1000
