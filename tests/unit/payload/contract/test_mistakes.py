"""Otherwise "unknown field" would be all that a caller learns who spells it as others do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from face_compare.contract.request import parse_request
from face_compare.model.errors import InvalidRequestError
from face_compare.model.rule import Rule

KEYS = {"source": "reference/a.jpg", "target": "challenge/b.jpg"}


def refusal_of(event: Mapping[str, Any]) -> str:
    with pytest.raises(InvalidRequestError) as refused:
        parse_request(event, Rule(80.0))
    return str(refused.value)


@pytest.mark.parametrize(
    ("image", "meant"),
    [
        ({"Bytes": "QQ=="}, "Send bytes instead"),
        ({"base64": "QQ=="}, "Send bytes instead"),
        ({"image_bytes": "QQ=="}, "Send bytes instead"),
        ({"S3Object": {"Bucket": "photos", "Name": "reference/a.jpg"}}, "Send key instead"),
        ({"Name": "reference/a.jpg"}, "Send key instead"),
        ({"Bucket": "photos", "Key": "reference/a.jpg"}, "Leave the bucket out"),
        ({"bucket": "photos", "key": "reference/a.jpg"}, "Leave the bucket out"),
        ({"key": "a", "versionId": "v1"}, "Send version_id instead"),
    ],
)
def test_an_image_in_another_spelling_names_the_member_that_is_meant(
    image: Mapping[str, Any], meant: str
) -> None:
    assert meant in refusal_of({**KEYS, "source": image})
    assert meant in refusal_of({"source": "reference/a.jpg", "targets": [image]})


@pytest.mark.parametrize(
    ("event", "meant"),
    [
        ({"SourceImage": {}, "TargetImage": {}}, "Send source instead"),
        ({"Source": "a", "target": "b"}, "Send source instead"),
        ({"source": "a", "Targets": ["b"]}, "Send targets instead"),
        ({**KEYS, "similarity_treshold": 99}, "Send similarity_threshold instead"),
        ({**KEYS, "SimilarityThreshold": 99}, "Send similarity_threshold instead"),
        ({**KEYS, "threshold": 99}, "Send similarity_threshold instead"),
        ({**KEYS, "review-threshold": 70}, "Send review_threshold instead"),
    ],
)
def test_an_event_in_another_spelling_names_the_member_that_is_meant(
    event: Mapping[str, Any], meant: str
) -> None:
    assert meant in refusal_of(event)


@pytest.mark.parametrize("member", ["zebra", "", "\ud800", "x" * 10_000, "note"])
def test_no_member_is_guessed_where_none_is_like_it(member: str) -> None:
    sentence = refusal_of({**KEYS, member: 1})
    assert "instead" not in sentence
    assert "Known fields: source, sources, target" in sentence


QUEUE = "queue of the output uploads_queue_arn"


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"Records": [{"eventSource": "aws:s3", "s3": {}}]}, ("notification of S3", QUEUE)),
        ({"Records": [{"EventSource": "aws:sns", "Sns": {}}]}, ("of SNS", QUEUE)),
        ({"Records": [{"eventSource": "aws:kinesis"}]}, ("aws:kinesis", "Send an event")),
        ({"Records": [{"cf": {}}]}, ("another service", "Send an event")),
        ({"Records": []}, ("another service", "Send an event")),
        ({"Records": [{"eventSource": "\ud800" * 999}]}, ("another service",)),
        ({"Service": "Amazon S3", "Event": "s3:TestEvent"}, ("test message", QUEUE)),
        ({"source": "aws.s3", "detail-type": "Object Created", "detail": {}}, ("of S3", QUEUE)),
        ({"source": "aws.ec2", "detail-type": "x", "detail": {}}, ("input transformer",)),
        ({"Type": "Notification", "TopicArn": "arn", "Message": "{}"}, ("of SNS", QUEUE)),
        ({"invocationId": "i", "job": {}, "tasks": []}, ("S3 Batch Operations", "Send an event")),
        ({"eventSource": "aws:kafka", "bootstrapServers": "b", "records": {}}, ("Kafka",)),
        ({"awslogs": {"data": "H4sI"}}, ("CloudWatch Logs", "Send an event")),
        ({"version": "1", "triggerSource": "PreSignUp_SignUp"}, ("Cognito", "Send an event")),
        ({"body": "{}", "headers": {}}, ("HTTP", "function URL")),
    ],
)
def test_the_event_of_another_service_is_told_what_to_do_and_not_that_a_member_is_unknown(
    event: Mapping[str, Any], words: tuple[str, ...]
) -> None:
    sentence = refusal_of(event)
    assert "unknown field" not in sentence
    for each in words:
        assert each in sentence


@pytest.mark.parametrize("name", ["Event", "TopicArn", "body", "tasks", "detail-type", "Records"])
def test_an_event_with_an_image_to_compare_is_not_taken_for_another_services(name: str) -> None:
    sentence = refusal_of({"source": "reference/a.jpg", "target": "challenge/b.jpg", name: "x"})
    assert f"unknown field {name!r}" in sentence
