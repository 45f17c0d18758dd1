"""Without these, an event would be read as something else, and its sender get nonsense."""

from __future__ import annotations

import pytest

from face_compare.events import Origin, origin_of

MESSAGE = {"eventSource": "aws:sqs", "messageId": "m", "body": "{}"}


@pytest.mark.parametrize(
    ("event", "origin"),
    [
        ({"source": "a", "target": "b"}, Origin.DIRECT),
        ({"requestContext": {"http": {"method": "POST"}}}, Origin.FUNCTION_URL),
        ({"Records": [MESSAGE]}, Origin.QUEUE),
        ({"pairs": []}, Origin.STATE_MACHINE),
        ({"requestContext": {"http": "x"}}, Origin.DIRECT),
        ({"requestContext": {}}, Origin.DIRECT),
        ({"Records": []}, Origin.DIRECT),
        ({"Records": [MESSAGE, {"eventSource": "aws:s3"}]}, Origin.DIRECT),
        ({"Records": [{**MESSAGE, "body": None}]}, Origin.DIRECT),
        ({"Records": [{**MESSAGE, "messageId": 7}]}, Origin.DIRECT),
        ({"Records": "x"}, Origin.DIRECT),
        ([MESSAGE], Origin.DIRECT),
        (None, Origin.DIRECT),
        ("x", Origin.DIRECT),
    ],
)
def test_each_event_is_told_by_its_form(event: object, origin: Origin) -> None:
    assert origin_of(event) is origin
