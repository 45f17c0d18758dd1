"""Finds out from the form of an event who sent it."""

from collections.abc import Mapping
from typing import Literal

type EventSource = Literal["direct", "http", "queue", "state machine", "state machine check"]


def event_source_of(event: object) -> EventSource:
    """Return who sent an event: a direct caller, unless it has the form of another source."""
    if not isinstance(event, Mapping):
        return "direct"
    if "pairs" in event:
        return "state machine"
    if event.keys() == {"manifest"}:
        return "state machine check"
    # The function URL, API Gateway, load balancers and VPC Lattice. No other sender has it.
    if isinstance(event.get("requestContext"), Mapping):
        return "http"
    records = event.get("Records")
    if isinstance(records, list) and records and all(map(_is_queue_record, records)):
        return "queue"
    return "direct"


def _is_queue_record(record: object) -> bool:
    return (
        isinstance(record, Mapping)
        and record.get("eventSource") == "aws:sqs"
        and isinstance(record.get("messageId"), str)
        and isinstance(record.get("body"), str)
        and isinstance(record.get("attributes", {}), Mapping)
    )
