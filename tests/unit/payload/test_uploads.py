"""S3's announcements: without these, a photo is not found under its real name, or never decided."""

from __future__ import annotations

import json
from typing import Any

import pytest

from face_compare.uploads import (
    UnreadableMessageError,
    Upload,
    result_key,
    subject_of,
    uploads_of,
)


def announced(encoded_key: str, **members: object) -> dict[str, Any]:
    """Return one record as S3 writes it; the key is URL-encoded already."""
    return {
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "s3": {
            "bucket": {"name": "photos"},
            "object": {
                "key": encoded_key,
                "size": 1,
                "eTag": "e",
                "versionId": "v1",
                "sequencer": "0A",
                **members,
            },
        },
    }


def body(*records: dict[str, Any]) -> str:
    return json.dumps({"Records": list(records)})


@pytest.mark.parametrize(
    ("encoded", "key"),
    [
        ("challenge/alice/a.jpg", "challenge/alice/a.jpg"),
        ("challenge/alice/my+photo%2B1.jpg", "challenge/alice/my photo+1.jpg"),
        ("challenge/%E9%9B%AA/%25.png", "challenge/雪/%.png"),
    ],
)
def test_the_key_is_decoded_as_s3_encoded_it(encoded: str, key: str) -> None:
    assert uploads_of(body(announced(encoded)), "photos") == [Upload(key, "v1", "0A")]


def test_one_message_may_announce_several_photos() -> None:
    message = body(announced("challenge/a/1.jpg"), announced("challenge/a/2.jpg"))
    assert len(uploads_of(message, "photos")) == 2


def test_the_test_message_and_a_folder_are_no_photos() -> None:
    assert uploads_of(json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent"}), "photos") == []
    assert uploads_of(body(announced("challenge/alice/", size=0)), "photos") == []


@pytest.mark.parametrize(
    "message",
    [
        "",
        "not json",
        "[]",
        "null",
        "7",
        "{}",
        '{"Records": 7}',
        '{"Records": [{}]}',
        '{"Records": [{"s3": null}]}',
        "[" * 100_000,
        body({**announced("challenge/a/1.jpg"), "eventName": "ObjectRemoved:Delete"}),
        body({**announced("k"), "s3": {"bucket": {"name": "other"}, "object": {"key": "k"}}}),
        body(announced("k", key=7)),
    ],
)
def test_a_message_that_is_not_ours_is_refused_and_not_swallowed(message: str) -> None:
    with pytest.raises(UnreadableMessageError):
        uploads_of(message, "photos")


@pytest.mark.parametrize(
    ("key", "subject"),
    [
        ("challenge/alice/a.jpg", "alice"),
        ("challenge/alice/2026/11/a.jpg", "alice"),
        ("challenge/a.jpg", None),
        ("challenge//a.jpg", None),
        ("challenge/alice/", None),
        ("other/alice/a.jpg", None),
    ],
)
def test_the_first_folder_tells_whose_photo_it_is(key: str, subject: str | None) -> None:
    assert subject_of(key, "challenge/") == subject


def test_each_version_of_each_photo_has_one_result_of_its_own() -> None:
    uploads = [
        Upload("challenge/alice/a.jpg", "v1", "e"),
        Upload("challenge/alice/a.jpg", "v2", "e"),
        Upload("challenge/alice/a.jpg", None, "e"),
        Upload("challenge/alice/a.jpg", None, "f"),
        Upload("challenge/alice/b.jpg", "v1", "e"),
        Upload("challenge/" + "x" * 1000, "v1", "e"),
        Upload("challenge/" + "x" * 1001, "v1", "e"),
        *(Upload("challenge/" + "x" * length, "v1", "e") for length in range(990, 1012, 3)),
    ]
    uploads = list(dict.fromkeys(uploads))
    keys = [result_key(upload, "challenge/", "results/") for upload in uploads]
    assert keys[0] == "results/alice/a.jpg/v1.json"
    assert len(set(keys)) == len(keys)
    assert all(len(key.encode()) + len(".claim") <= 1024 for key in keys)
