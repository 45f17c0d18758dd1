"""One invocation from event to answer: read, compare, record, answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

from face_compare import audit, http
from face_compare.clients import Clients
from face_compare.comparer import Comparer
from face_compare.comparison import TargetResult, leading_fault, rule_members
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
        self._comparer = Comparer(settings, clients)
        self._cold_start = True

    def serve(self, event: Any, context: LambdaContext) -> dict[str, Any]:
        """Serve one invocation, direct or through the function URL.

        Returns:
            The answer as the README documents it; for the function URL a response with it or
            with the fault.

        Raises:
            FaceCompareError: For a direct invocation of which every comparison failed.
        """
        if not http.is_http(event):
            return self._serve(lambda: event, context)
        try:
            return http.ok(self._serve(lambda: http.event_of(event), context))
        except Exception as error:  # noqa: BLE001 - the response tells which; the record is written
            return http.problem(error, context.aws_request_id)

    def _serve(self, read_event: Callable[[], object], context: LambdaContext) -> dict[str, Any]:
        started = time.monotonic()
        invocation = audit.Invocation(
            context.aws_request_id, context.function_version, self._cold_start
        )
        self._cold_start = False
        try:
            request = parse_request(read_event(), self._settings.rule)
            results = self._comparer.compare(
                request, lambda: context.get_remaining_time_in_millis() / 1000
            )
        except Exception as error:
            audit.record_failure(invocation, error, (time.monotonic() - started) * 1000)
            raise
        for result in results:
            audit.record_result(invocation, result)
        if all(result.best is None for result in results):
            raise leading_fault([fault for result in results for fault in result.faults])
        return {"request_id": invocation.request_id, **_answer(request, results)}


def _answer(request: Request, results: list[TargetResult]) -> dict[str, Any]:
    answers = [result.to_answer(list_sources=request.listed_sources) for result in results]
    if not request.listed_targets:
        return answers[0]
    return {**rule_members(request.rule), "results": answers}
