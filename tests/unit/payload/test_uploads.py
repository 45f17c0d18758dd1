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
from tests.unit.payload.bulk_work import announced


def read(message: str) -> list[Upload]:
    return uploads_of(message, "photos", "challenge/")


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
    assert read(body(announced(encoded))) == [Upload(key, "v1", "0A")]


def test_one_message_may_announce_several_photos() -> None:
    message = body(announced("challenge/a/1.jpg"), announced("challenge/a/2.jpg"))
    assert len(read(message)) == 2


def test_the_test_message_and_a_folder_are_no_photos() -> None:
    assert read(json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent"})) == []
    assert read(body(announced("challenge/alice/", size=0))) == []


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
        '{"Records": []}',
        '{"Records": ""}',
        body(announced("challenge/a/1.jpg", versionId=[])),
        body(announced("challenge/a/1.jpg", versionId={"a": 1})),
        body(announced("challenge/a/1.jpg", versionId="../../x")),
        body(announced("challenge/a/1.jpg", versionId="\ud800")),
        body(announced("challenge/a/1.jpg", sequencer=7)),
        body(announced("challenge/a/" + "1" * 1024)),
        body({**announced("challenge/a/1.jpg"), "eventName": "\ud800" * 100_000}),
        body({**announced("k"), "s3": {"bucket": {"name": "\ud800"}, "object": {"key": "k"}}}),
    ],
)
def test_a_message_that_is_not_ours_is_refused_and_not_swallowed(message: str) -> None:
    with pytest.raises(UnreadableMessageError) as refused:
        read(message)
    assert len(str(refused.value).encode()) < 300, "the log must take it, and stay readable"


@pytest.mark.parametrize("key", ["results/alice/a.jpg/v1.json", "reference/alice/1.jpg", "alice/a"])
def test_a_notification_without_its_prefix_is_refused_and_starts_no_endless_chain(key: str) -> None:
    """Else every result would be announced, have a result for itself, and so on for ever."""
    with pytest.raises(UnreadableMessageError, match="filter"):
        read(body(announced(key)))


def test_a_photo_whose_key_ends_in_a_slash_is_not_taken_for_a_folder() -> None:
    assert len(read(body(announced("challenge/alice/", size=7)))) == 1


@pytest.mark.parametrize("version", [None, "", "null"])
def test_where_versioning_is_off_each_upload_of_a_key_is_another(version: str | None) -> None:
    """Else the second photo under a key would count as decided already."""
    uploads = {
        read(body(announced("challenge/a/1.jpg", versionId=version, sequencer=each)))[0]
        for each in ("0A", "0B")
    }
    assert {upload.version for upload in uploads} == {"upload-0A", "upload-0B"}


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
    uploads += [Upload(f"challenge/{'x' * 990}/{n}{'y' * 20}.jpg", "v1", "e") for n in range(2)]
    uploads = list(dict.fromkeys(uploads))
    keys = [result_key(upload, "challenge/", "results/") for upload in uploads]
    assert keys[0] == "results/alice/a.jpg/v1.json"
    assert len(set(keys)) == len(keys)
    assert all(len(key.encode()) + len(".claim") <= 1024 for key in keys)


def test_results_of_long_keys_stay_with_their_subject() -> None:
    """Else what is listed, or deleted, of one person would lack them."""
    upload = Upload("challenge/alice/" + "x" * 1000, "v1", "e")
    key = result_key(upload, "challenge/", "results/")
    assert key.startswith("results/alice/sha256-")
