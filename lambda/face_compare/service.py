"""One invocation, from the event to the answer."""

from typing import TYPE_CHECKING, Any

from face_compare.contract.answer import answer_to
from face_compare.contract.event_source import event_source_of
from face_compare.contract.request import parse_request
from face_compare.engine.comparer import Comparer
from face_compare.model.errors import FaceCompareError, leading_error
from face_compare.runtime import audit
from face_compare.runtime.clients import Clients
from face_compare.runtime.settings import SecondsLeft, Settings

if TYPE_CHECKING:
    from face_compare.bulk.handlers import BulkHandlers
    from face_compare.runtime.lambda_context import LambdaContext


class Service:
    """Serves the invocations of one execution environment, one after another."""

    def __init__(self, settings: Settings, clients: Clients) -> None:
        self._settings = settings
        self._clients = clients
        self._comparer = Comparer(settings, clients, clients.rekognition)
        self._bulk: BulkHandlers | None = None
        self._cold_start = True

    def serve(self, event: Any, context: "LambdaContext") -> dict[str, Any]:
        """Serve one invocation, from any event source.

        Returns:
            For a direct invocation, the answer that docs/api.md describes. For HTTP, a response
            with this answer or with the error. For the queue, the messages to deliver
            again. For a batch of pairs, one entry for each pair. For a list of pairs, its key.

        Raises:
            FaceCompareError: A direct invocation left every target undecided, a batch of pairs
                failed, or a list of pairs has another form.
        """
        invocation = audit.Invocation(
            context.aws_request_id, context.function_version, self._cold_start
        )
        self._cold_start = False

        def seconds_left() -> float:
            return context.get_remaining_time_in_millis() / 1000

        match event_source_of(event):
            case "direct":
                return self._compare(event, invocation, seconds_left)
            case "http":
                # Imported here because a direct invocation does not need it.
                from face_compare.contract.http import respond  # noqa: PLC0415

                return respond(
                    event, invocation, lambda read: self._compare(read, invocation, seconds_left)
                )
            case "queue":
                uploads = self._bulk_handlers(invocation).uploads
                return uploads.serve(event, invocation, seconds_left)
            case "state machine":
                batches = self._bulk_handlers(invocation).batches
                return batches.serve(event, invocation, seconds_left)
            case "state machine check":
                return self._bulk_handlers(invocation).batches.check(event, invocation)

    def _compare(
        self, event: object, invocation: audit.Invocation, seconds_left: SecondsLeft
    ) -> dict[str, Any]:
        with audit.failures_recorded(invocation):
            request = parse_request(
                event, self._settings.rule, module_explains=self._settings.explain
            )
            results = self._comparer.compare(request, seconds_left)
        for result in results:
            audit.record_result(invocation, result)
        outcomes = [result.outcome for result in results]
        errors = [outcome for outcome in outcomes if isinstance(outcome, FaceCompareError)]
        if len(errors) == len(outcomes):
            # Each of them is recorded already.
            raise leading_error(errors)
        return {"request_id": invocation.request_id, **answer_to(request, results)}

    def _bulk_handlers(self, invocation: audit.Invocation) -> "BulkHandlers":
        if self._bulk is None:
            with audit.failures_recorded(invocation):
                # Imported here because a direct invocation does not need it.
                from face_compare.bulk.handlers import BulkHandlers  # noqa: PLC0415

                self._bulk = BulkHandlers(self._settings, self._clients)
        return self._bulk
