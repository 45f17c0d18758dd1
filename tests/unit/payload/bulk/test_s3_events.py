"""Otherwise an uploaded image would be looked for under a wrong key, or never be decided."""

from __future__ import annotations

import json
from typing import Any

import pytest

from face_compare.bulk.places import result_key, retry_key, waiting_folder, waiting_key
from face_compare.bulk.s3_events import (
    Announced,
    NewReference,
    RetryRequest,
    UnreadableMessageError,
    Upload,
    announced_in,
    announcement_of,
    subject_of,
)
from tests.unit.payload.bulk_work import announced
from tests.unit.payload.invocation import SETTINGS


def read(message: str) -> list[Announced]:
    return announced_in(message, SETTINGS)


def uploads(message: str) -> list[Upload]:
    """Return what a message announces, which is images only."""
    found = read(message)
    assert all(isinstance(each, Upload) for each in found)
    return found  # type: ignore[return-value]


def body(*records: dict[str, Any]) -> str:
    return json.dumps({"Records": list(records)})


def event_bridge(key: str, detail_type: str = "Object Created", **members: object) -> str:
    """Return an event of S3 as EventBridge delivers it. The key is not encoded."""
    stored = {"key": key, "size": 1, "etag": "e", "version-id": "v1", "sequencer": "0A", **members}
    return json.dumps(
        {
            "version": "0",
            "id": "17793124-05d4-b198-2fde-7ededc63b103",
            "detail-type": detail_type,
            "source": "aws.s3",
            "account": "111122223333",
            "region": "eu-west-1",
            "resources": ["arn:aws:s3:::photos"],
            "detail": {
                "version": "0",
                "bucket": {"name": "photos"},
                "object": {name: value for name, value in stored.items() if value is not None},
                "reason": "PutObject",
            },
        }
    )


def in_envelope(message: str, kind: str = "Notification") -> str:
    """Return a message as SNS passes it on, without raw message delivery."""
    return json.dumps(
        {
            "Type": kind,
            "MessageId": "165545c9-2a5c-472c-8df2-7ff2be2b3b1b",
            "TopicArn": "arn:aws:sns:eu-west-1:111122223333:photos",
            "Subject": "Amazon S3 Notification",
            "Message": message,
            "Timestamp": "2026-11-25T10:15:30.123Z",
            "SignatureVersion": "1",
            "Signature": "x",
            "SigningCertURL": "https://sns.eu-west-1.amazonaws.com/x.pem",
            "UnsubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe",
        }
    )


NOTIFIED = body(announced("challenge/alice/my+image%2B1.jpg"))
BRIDGED = event_bridge("challenge/alice/my image+1.jpg")
TEST_MESSAGE = json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "photos"})


@pytest.mark.parametrize(
    "message", [NOTIFIED, in_envelope(NOTIFIED), BRIDGED, in_envelope(BRIDGED)]
)
def test_an_image_is_the_same_whichever_way_its_announcement_takes(message: str) -> None:
    """Otherwise a bucket that already feeds a topic or a rule could not be used."""
    assert read(message) == [Upload("challenge/alice/my image+1.jpg", "v1", "0A")]


LITTER = ["._1.jpg", ".DS_Store", ".keep", "Desktop.ini", "Thumbs.db", "thumbs.DB"]


@pytest.mark.parametrize("name", LITTER)
def test_what_file_managers_leave_behind_is_no_image(name: str) -> None:
    """Otherwise each copied folder would end in a result with an error, and cost a call."""
    assert read(body(announced(f"challenge/alice/{name}"))) == []
    assert read(event_bridge(f"challenge/alice/{name}")) == []
    assert read(body(announced(f"challenge/alice/a{name}"))) != []


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (in_envelope("{}", "SubscriptionConfirmation"), "confirm the subscription"),
        (event_bridge("challenge/a/1.jpg", "Object Deleted"), "'Object Deleted', not a new object"),
        ('{"detail-type": "AWS API Call via CloudTrail", "detail": {}}', 'to "Object Created"'),
        (
            body({**announced("challenge/a/1.jpg"), "eventName": "LifecycleExpiration:Delete"}),
            'to "s3:ObjectCreated',
        ),
        (event_bridge("results/a/1.json"), "or the rule, the filters"),
        (BRIDGED.replace("photos", "other"), "bucket 'other'"),
    ],
)
def test_a_message_of_the_right_form_about_something_else_says_why_it_is_refused(
    message: str, words: str
) -> None:
    with pytest.raises(UnreadableMessageError, match=words):
        read(message)


@pytest.mark.parametrize(
    ("message", "keys"),
    [
        (body(announced("challenge/alice/a.jpg")), ["challenge/alice/a.jpg"]),
        # S3 encodes keys.
        (body(announced("challenge/alice/my+image%2B1.jpg")), ["challenge/alice/my image+1.jpg"]),
        (body(announced("challenge/%E9%9B%AA/%25.png")), ["challenge/雪/%.png"]),
        (body(announced("challenge/a"), announced("challenge/b")), ["challenge/a", "challenge/b"]),
        (TEST_MESSAGE, []),
        (in_envelope(TEST_MESSAGE), []),
        # An empty object whose key ends in a slash is a folder.
        (body(announced("challenge/alice/", size=0)), []),
        (body(announced("challenge/alice/", size=7)), ["challenge/alice/"]),
    ],
)
def test_each_announced_image_is_found_under_its_key(message: str, keys: list[str]) -> None:
    assert read(message) == [Upload(key, "v1", "0A") for key in keys]


@pytest.mark.parametrize(
    "message",
    [
        "",
        "not json",
        "[]",
        '{"Records": [{}]}',
        "[" * 100_000,
        body({**announced("challenge/a/1.jpg"), "eventName": "ObjectRemoved:Delete"}),
        body(announced("challenge/a/1.jpg")).replace("photos", "other"),
        body(announced("k", key=7)),
        '{"Records": []}',
        body(announced("challenge/a/1.jpg", versionId={"a": 1})),
        body(announced("challenge/a/1.jpg", versionId="../../x")),
        body(announced("challenge/a/1.jpg", sequencer=7)),
        body(announced("challenge/a/" + "1" * 1024)),
        in_envelope("not json"),
        in_envelope(in_envelope(BRIDGED)),
        '{"TopicArn": "arn", "Type": "Notification"}',
        '{"detail-type": "Object Created", "detail": {"bucket": "photos", "object": 7}}',
        event_bridge("challenge/a/1.jpg", **{"version-id": "../../x"}),
        event_bridge("challenge/a/1.jpg", sequencer=None),
        event_bridge("challenge/a/1.jpg", "\ud800" * 100_000),
        body({**announced("k"), "s3": {"bucket": {"name": "\ud800"}, "object": {"key": "k"}}}),
    ],
)
def test_a_message_that_is_not_about_our_images_is_refused_and_not_lost(message: str) -> None:
    with pytest.raises(UnreadableMessageError) as refused:
        read(message)
    assert len(str(refused.value).encode()) < 300, "it must fit into the log"


@pytest.mark.parametrize(
    "key",
    [
        "results/alice/a.jpg/v1.json",
        "results/alice/a.jpg/v1.json.claim",
        "results/alice/waiting/abc.waiting",
        "alice/a",
    ],
)
def test_results_that_are_announced_too_do_not_start_an_endless_chain(key: str) -> None:
    """Otherwise every result would get a result of its own, without end."""
    with pytest.raises(UnreadableMessageError, match="filter"):
        read(body(announced(key)))


@pytest.mark.parametrize("version", [None, "", "null"])
def test_without_versioning_each_upload_of_a_key_is_another(version: str | None) -> None:
    """Otherwise the second image under a key would count as decided."""
    found = {
        uploads(body(announced("challenge/a/1.jpg", versionId=version, sequencer=each)))[0]
        for each in ("0A", "0B")
    }
    assert {upload.version for upload in found} == {"upload-0A", "upload-0B"}


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ("reference/alice/1.jpg", [NewReference("alice")]),
        ("reference/alice/2026/1.jpg", [NewReference("alice")]),
        ("reference/%E9%9B%AA+%2B%25/1.jpg", [NewReference("雪 +%")]),
        # Direct callers keep references in no folder.
        ("reference/alice.jpg", [NewReference(None)]),
        ("results/alice/waiting/abc.retry", [RetryRequest("results/alice/waiting/abc.retry")]),
    ],
)
def test_references_and_images_that_are_put_back_are_told_apart(
    key: str, found: list[Announced]
) -> None:
    assert read(body(announced(key))) == found


@pytest.mark.parametrize(
    "upload",
    [
        Upload("challenge/alice/a.jpg", "v1", "0A"),
        Upload("challenge/alice/a.jpg", None, "0A"),
        Upload("challenge/Jo Ann+%/100 %25 雪é .jpg", "v.1_-", "0055AED6DCD90281E5"),
        Upload("challenge/alice/ends in a slash/", "v1", "0A"),
        Upload("challenge/alice/" + "雪" * 300, "v1", "0A"),
    ],
)
def test_an_image_that_waits_is_found_again_under_its_key(upload: Upload) -> None:
    """Otherwise it would be put back as another, or never."""
    assert read(announcement_of(upload, "photos")) == [upload]


def test_what_says_that_an_image_waits_is_in_its_subjects_folder_however_long_its_key() -> None:
    """Otherwise a new reference would not find it, nor a command that deletes a person."""
    keys = [f"challenge/alice/{'x' * length}" for length in (1, 900, 1008)]
    waiting = [waiting_key(Upload(key, "v1", "e"), SETTINGS) for key in keys]
    assert len(set(waiting)) == len(waiting)
    assert {key.rpartition("/")[0] + "/" for key in waiting} == {"results/alice/waiting/"}
    assert waiting_folder("alice", SETTINGS) == "results/alice/waiting/"


@pytest.mark.parametrize("length", [900, 933, 934, 940, 1000, 1012])
def test_images_of_a_subject_with_a_long_name_are_found_too(length: int) -> None:
    subject = "s" * length
    key = waiting_key(Upload(f"challenge/{subject}/1", "v1", "e"), SETTINGS)
    assert key.startswith(waiting_folder(subject, SETTINGS))
    assert len(key.encode()) <= 1024
    assert read(body(announced(retry_key(key)))) == [RetryRequest(retry_key(key))]


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
def test_the_first_folder_is_the_subject(key: str, subject: str | None) -> None:
    assert subject_of(key, "challenge/") == subject


def test_each_version_of_each_image_has_a_result_of_its_own() -> None:
    images = [
        Upload("challenge/alice/a.jpg", "v1", "e"),
        Upload("challenge/alice/a.jpg", "v2", "e"),
        Upload("challenge/alice/a.jpg", None, "e"),
        Upload("challenge/alice/a.jpg", None, "f"),
        Upload("challenge/alice/b.jpg", "v1", "e"),
        Upload("challenge/" + "x" * 1000, "v1", "e"),
        Upload("challenge/" + "x" * 1001, "v1", "e"),
        *(Upload("challenge/" + "x" * length, "v1", "e") for length in range(990, 1012, 3)),
    ]
    images += [Upload(f"challenge/{'x' * 990}/{n}{'y' * 20}.jpg", "v1", "e") for n in range(2)]
    images = list(dict.fromkeys(images))
    keys = [result_key(upload, SETTINGS) for upload in images]
    assert keys[0] == "results/alice/a.jpg/v1.json"
    assert len(set(keys)) == len(keys)
    assert all(len(key.encode()) + len(".claim") <= 1024 for key in keys)


def test_results_of_images_with_long_keys_stay_with_their_subject() -> None:
    """Otherwise they would be missing when the results of a person are listed or deleted."""
    upload = Upload("challenge/alice/" + "x" * 1000, "v1", "e")
    key = result_key(upload, SETTINGS)
    assert key.startswith("results/alice/sha256-")
