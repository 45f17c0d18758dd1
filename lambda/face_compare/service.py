"""One invocation from event to answer: read, compare, record, answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

from face_compare import audit
from face_compare.clients import Clients
from face_compare.comparer import Comparer, SecondsLeft
from face_compare.comparison import TargetResult, leading_fault, rule_members
from face_compare.events import Origin, origin_of
from face_compare.faults import FaceCompareError
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
        self._comparer = Comparer(settings, clients, clients.rekognition)
        self._bulk: _Bulk | None = None
        self._cold_start = True

    def serve(self, event: Any, context: LambdaContext) -> dict[str, Any]:
        """Serve one invocation: direct, through the function URL, from the queue or in bulk.

        Returns:
            The answer as the README documents it; for the function URL a response with it or
            with the fault; for the queue the messages that have to come again.

        Raises:
            FaceCompareError: For a direct invocation that left every target undecided, and for
                a batch of pairs that has to come again.
        """
        invocation = audit.Invocation(
            context.aws_request_id, context.function_version, self._cold_start
        )
        self._cold_start = False

        def seconds_left() -> float:
            return context.get_remaining_time_in_millis() / 1000

        origin = origin_of(event)
        if origin in (Origin.QUEUE, Origin.STATE_MACHINE):
            return self._serve_bulk(origin, event, invocation, seconds_left)
        if origin is Origin.DIRECT:
            return self._compare(lambda: event, invocation, seconds_left)
        # Imported here because a direct invocation does without.
        from face_compare import http  # noqa: PLC0415

        try:
            return http.ok(self._compare(lambda: http.event_of(event), invocation, seconds_left))
        except Exception as error:  # noqa: BLE001 - the response tells which; the record is written
            return http.problem(error, invocation.request_id)

    def _compare(
        self,
        read_event: Callable[[], object],
        invocation: audit.Invocation,
        seconds_left: SecondsLeft,
    ) -> dict[str, Any]:
        started = time.monotonic()
        try:
            request = parse_request(read_event(), self._settings.rule)
            results = self._comparer.compare(request, seconds_left)
        except Exception as error:
            audit.record_failure(invocation, error, duration_ms=_milliseconds_since(started))
            raise
        for result in results:
            audit.record_result(invocation, result)
        faults = [
            result.outcome for result in results if isinstance(result.outcome, FaceCompareError)
        ]
        if len(faults) == len(results):
            raise leading_fault(faults)
        return {"request_id": invocation.request_id, **_answer(request, results)}

    def _serve_bulk(
        self, origin: Origin, event: Any, invocation: audit.Invocation, seconds_left: SecondsLeft
    ) -> dict[str, Any]:
        started = time.monotonic()
        try:
            if self._bulk is None:
                self._bulk = _Bulk(self._settings, self._clients)
            work = self._bulk.intake if origin is Origin.QUEUE else self._bulk.pairs
            answer = work.serve(event, invocation, seconds_left)
        except Exception as error:
            audit.record_failure(invocation, error, duration_ms=_milliseconds_since(started))
            raise
        # Raised out here because each pair that it stands for has its record already.
        if isinstance(answer, Exception):
            raise answer
        return answer


class _Bulk:
    """What only an environment that serves a queue or a list needs."""

    def __init__(self, settings: Settings, clients: Clients) -> None:
        # Imported here because a direct invocation does without.
        from face_compare.intake import Intake  # noqa: PLC0415
        from face_compare.pairs import Pairs  # noqa: PLC0415

        s3 = clients.paced_s3()
        comparer = Comparer(settings, clients, clients.paced_rekognition())
        self.intake = Intake(settings, comparer, s3)
        self.pairs = Pairs(settings, comparer, s3)


def _milliseconds_since(started: float) -> float:
    return (time.monotonic() - started) * 1000


def _answer(request: Request, results: list[TargetResult]) -> dict[str, Any]:
    answers = [result.to_answer(list_sources=request.listed_sources) for result in results]
    if not request.listed_targets:
        return answers[0]
    return {**rule_members(request.rule), "results": answers}
