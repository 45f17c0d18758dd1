"""Without these, a mistyped event decides by another rule or photo than its sender meant."""

from __future__ import annotations

import math

import pytest

from face_compare.faults import InvalidRequestError
from face_compare.request import ImageReference, Request, parse_request


def event(**members: object) -> dict[str, object]:
    return {"source": "reference/a.jpg", "target": "challenge/b.jpg", **members}


def test_keys_alone_mean_the_current_versions_and_the_modules_threshold() -> None:
    assert parse_request(event(), 80.0) == Request(
        ImageReference("reference/a.jpg"), ImageReference("challenge/b.jpg"), 80.0
    )


def test_a_version_id_reaches_the_request() -> None:
    request = parse_request(event(target={"key": "challenge/b.jpg", "version_id": "v1"}), 80.0)
    assert request.target == ImageReference("challenge/b.jpg", "v1")


def test_an_object_without_version_id_is_the_same_as_its_key() -> None:
    assert parse_request(event(source={"key": "reference/a.jpg"}), 80.0) == parse_request(
        event(), 80.0
    )


@pytest.mark.parametrize("threshold", [80, 80.0, 99.5, 100])
def test_an_event_may_raise_the_threshold(threshold: float) -> None:
    assert parse_request(event(similarity_threshold=threshold), 80.0).similarity_threshold == (
        threshold
    )


@pytest.mark.parametrize(
    ("threshold", "words"),
    [
        (79.99, "may only raise it"),
        (0, "may only raise it"),
        (0.9, "Send 90 if a fraction was meant"),
        (1, "Send 100 if a fraction was meant"),
        (100.01, "between 0 and 100"),
        (-1, "between 0 and 100"),
        (math.nan, "between 0 and 100"),
        (math.inf, "between 0 and 100"),
        (10**400, "between 0 and 100"),
        (True, "not a string or a boolean"),
        ("90", "not a string or a boolean"),
        ([90], "not a string or a boolean"),
    ],
)
def test_a_threshold_that_would_weaken_or_garble_the_rule_is_refused(
    threshold: object, words: str
) -> None:
    with pytest.raises(InvalidRequestError, match=words):
        parse_request(event(similarity_threshold=threshold), 80.0)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("", "key of an object"),
        (None, "must be an object key or"),
        (7, "must be an object key or"),
        (["a.jpg"], "must be an object key or"),
        ({"key": None}, "key of an object"),
        ({"key": {"key": "a.jpg"}}, "key of an object"),
        ({}, "key of an object"),
        ({"key": "a.jpg", "bucket": "another"}, "unknown member 'bucket'"),
        ({"key": "a.jpg", "version_id": 3}, "version id as S3 gives it"),
        ({"key": "a.jpg", "version_id": ""}, "version id as S3 gives it"),
        ({"key": "a.jpg", "version_id": "v" * 1025}, "version id as S3 gives it"),
        ({"key": "a.jpg", "version_id": "\ud800"}, "not valid Unicode"),
        (" reference/a.jpg", "begins with white space"),
        ("a" * 1025, "longer than 1024 bytes"),
        ("\u00e9" * 513, "longer than 1024 bytes"),
        ("reference/\ud800.jpg", "not valid Unicode"),
    ],
)
@pytest.mark.parametrize("member", ["source", "target"])
def test_an_image_that_cannot_be_meant_is_refused_by_name(
    member: str, key: object, words: str
) -> None:
    with pytest.raises(InvalidRequestError, match=words) as refused:
        parse_request(event(**{member: key}), 80.0)
    assert member in str(refused.value)


@pytest.mark.parametrize(
    "key", ["a" * 1024, "\u00e9" * 512, "reference/a b+c.jpg", "reference/../x", "reference/雪.png"]
)
def test_every_key_that_s3_and_rekognition_accept_is_accepted(key: str) -> None:
    assert parse_request(event(source=key), 80.0).source.key == key


@pytest.mark.parametrize("member", ["source", "target"])
def test_a_missing_image_is_named(member: str) -> None:
    incomplete = event()
    del incomplete[member]
    with pytest.raises(InvalidRequestError, match=f"no {member}"):
        parse_request(incomplete, 80.0)


@pytest.mark.parametrize("value", [None, [], "reference/a.jpg", 7, True])
def test_an_event_that_is_no_object_is_answered_with_an_example(value: object) -> None:
    with pytest.raises(InvalidRequestError, match=r"reference/alice\.jpg"):
        parse_request(value, 80.0)


def test_a_misspelt_threshold_is_refused_rather_than_ignored() -> None:
    with pytest.raises(InvalidRequestError, match="unknown member 'similarity_treshold'"):
        parse_request(event(similarity_treshold=99), 80.0)
