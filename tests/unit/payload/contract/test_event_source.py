"""Otherwise an event would be read in the wrong form, and its sender would get nonsense."""

from __future__ import annotations

import pytest

from face_compare.contract.event_source import EventSource, event_source_of

MESSAGE = {"eventSource": "aws:sqs", "messageId": "m", "body": "{}"}


@pytest.mark.parametrize(
    ("event", "source"),
    [
        ({"source": "a", "target": "b"}, "direct"),
        ({"requestContext": {"http": {"method": "POST"}}}, "http"),
        ({"requestContext": {"elb": {}}, "httpMethod": "POST"}, "http"),
        ({"requestContext": {"stage": "v1"}, "httpMethod": "POST"}, "http"),
        ({"requestContext": {"eventType": "MESSAGE"}}, "http"),
        ({"Records": [MESSAGE]}, "queue"),
        ({"pairs": []}, "state machine"),
        ({"manifest": "manifests/a.csv"}, "state machine check"),
        ({"manifest": "m", "source": "a"}, "direct"),
        ({"requestContext": "x"}, "direct"),
        ({"Records": []}, "direct"),
        ({"Records": [MESSAGE, {"eventSource": "aws:s3"}]}, "direct"),
        ({"Records": [{**MESSAGE, "body": None}]}, "direct"),
        ({"Records": "x"}, "direct"),
        (None, "direct"),
    ],
)
def test_the_form_of_an_event_tells_who_sent_it(event: object, source: EventSource) -> None:
    assert event_source_of(event) == source
