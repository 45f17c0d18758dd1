"""Finds out from the form of an event who sent it."""

from collections.abc import Mapping
from enum import Enum, auto


class EventSource(Enum):
    """Who sent the event."""

    DIRECT = auto()
    HTTP = auto()
    QUEUE = auto()
    STATE_MACHINE = auto()
    STATE_MACHINE_CHECK = auto()


def event_source_of(event: object) -> EventSource:
    """Return who sent an event: DIRECT unless it has the form of another source."""
    if not isinstance(event, Mapping):
        return EventSource.DIRECT
    if "pairs" in event:
        return EventSource.STATE_MACHINE
    if event.keys() == {"manifest"}:
        return EventSource.STATE_MACHINE_CHECK
    # The function URL, API Gateway, load balancers and VPC Lattice. No other sender has it.
    if isinstance(event.get("requestContext"), Mapping):
        return EventSource.HTTP
    records = event.get("Records")
    if isinstance(records, list) and records and all(map(_is_queue_record, records)):
        return EventSource.QUEUE
    return EventSource.DIRECT


def _is_queue_record(record: object) -> bool:
    return (
        isinstance(record, Mapping)
        and record.get("eventSource") == "aws:sqs"
        and isinstance(record.get("messageId"), str)
        and isinstance(record.get("body"), str)
        and isinstance(record.get("attributes", {}), Mapping)
    )
