"""Telling by its form how an event reached the function. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto


class Origin(Enum):
    """The ways in."""

    DIRECT = auto()
    FUNCTION_URL = auto()
    QUEUE = auto()
    STATE_MACHINE = auto()


def origin_of(event: object) -> Origin:
    """Return which way an event came; whatever has no other's form came directly."""
    if not isinstance(event, Mapping):
        return Origin.DIRECT
    if "pairs" in event:
        return Origin.STATE_MACHINE
    request = event.get("requestContext")
    if isinstance(request, Mapping) and isinstance(request.get("http"), Mapping):
        return Origin.FUNCTION_URL
    records = event.get("Records")
    if isinstance(records, list) and records and all(map(_is_queue_record, records)):
        return Origin.QUEUE
    return Origin.DIRECT


def _is_queue_record(record: object) -> bool:
    return (
        isinstance(record, Mapping)
        and record.get("eventSource") == "aws:sqs"
        and isinstance(record.get("messageId"), str)
        and isinstance(record.get("body"), str)
    )
