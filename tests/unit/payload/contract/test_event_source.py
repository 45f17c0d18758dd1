"""Otherwise an event would be read in the wrong form, and its sender would get nonsense."""

from __future__ import annotations

import pytest

from face_compare.contract.event_source import EventSource, event_source_of

MESSAGE = {"eventSource": "aws:sqs", "messageId": "m", "body": "{}"}


@pytest.mark.parametrize(
    ("event", "source"),
    [
        ({"source": "a", "target": "b"}, EventSource.DIRECT),
        ({"requestContext": {"http": {"method": "POST"}}}, EventSource.HTTP),
        ({"requestContext": {"elb": {}}, "httpMethod": "POST"}, EventSource.HTTP),
        ({"requestContext": {"stage": "v1"}, "httpMethod": "POST"}, EventSource.HTTP),
        ({"requestContext": {"eventType": "MESSAGE"}}, EventSource.HTTP),
        ({"Records": [MESSAGE]}, EventSource.QUEUE),
        ({"pairs": []}, EventSource.STATE_MACHINE),
        ({"manifest": "manifests/a.csv"}, EventSource.STATE_MACHINE_CHECK),
        ({"manifest": "m", "source": "a"}, EventSource.DIRECT),
        ({"requestContext": "x"}, EventSource.DIRECT),
        ({"Records": []}, EventSource.DIRECT),
        ({"Records": [MESSAGE, {"eventSource": "aws:s3"}]}, EventSource.DIRECT),
        ({"Records": [{**MESSAGE, "body": None}]}, EventSource.DIRECT),
        ({"Records": "x"}, EventSource.DIRECT),
        (None, EventSource.DIRECT),
    ],
)
def test_the_form_of_an_event_tells_who_sent_it(event: object, source: EventSource) -> None:
    assert event_source_of(event) is source
