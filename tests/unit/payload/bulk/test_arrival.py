"""Photos and references in any order: each photo is decided once, as in the right order."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import quote_plus

import pytest

from face_compare.bulk import reference_handler
from face_compare.bulk.s3_events import Upload
from face_compare.bulk.waiting_images import WaitingImages
from tests.unit.payload.bulk_work import BulkWork, announced, version_of
from tests.unit.payload.direct import DECIDED, FAILED, Records
from tests.unit.payload.fake_rekognition import refusal
from tests.unit.payload.invocation import SETTINGS

PHOTO, REFERENCE = "challenge/alice/a.jpg", "reference/alice/1.jpg"
WAITED = SETTINGS.reference_wait_minutes + 1
"""Longer than an image waits."""


@dataclass
class Mail:
    """What S3 announces of all that is put into the bucket, also by the function."""

    bulk: BulkWork
    new: list[dict[str, Any]] = field(default_factory=list)
    back: list[dict[str, Any]] = field(default_factory=list)
    """What the function sent back to the queue."""

    def note(self, key: str, version: str) -> None:
        """Announce an object, if the module's notification has its key."""
        is_retry = key.startswith("results/") and key.endswith(".retry")
        if is_retry or key.startswith(("challenge/", "reference/")):
            self.new.append(announced(quote_plus(key, safe="/"), versionId=version))

    def deliver(self, waited_minutes: float = 0.0) -> None:
        """Deliver what is new, each record as a message of its own, until nothing is."""
        while self.new:
            records, self.new = self.new, []
            again = self.bulk.deliver(
                *([record] for record in records), waited_minutes=waited_minutes
            )
            self.back += [records[int(name[1:])] for name in again]

    def deliver_again(self, waited_minutes: float = 0.0) -> None:
        """Deliver what was sent back, as the queue does after the visibility timeout."""
        self.new, self.back = self.back + self.new, []
        self.deliver(waited_minutes)


@pytest.fixture
def mail(bulk: BulkWork, monkeypatch: pytest.MonkeyPatch) -> Mail:
    monkeypatch.setattr(reference_handler, "_SETTLE_SECONDS", 0.0)
    mail, original = Mail(bulk), bulk.s3.put_object

    def put_object(**put: Any) -> Any:
        answer = original(**put)
        mail.note(put["Key"], answer["VersionId"])
        return answer

    monkeypatch.setattr(bulk.s3, "put_object", put_object)
    return mail


def put_photos(bulk: BulkWork, number: int, subject: str = "alice") -> None:
    for each in range(number):
        bulk.put(f"challenge/{subject}/{each}.jpg")


def put_back_a_second_later(bulk: BulkWork) -> None:
    """Let S3 list what puts an image back as a second newer. Its times are whole seconds."""
    original = bulk.s3.list_objects_v2

    def list_objects(**call: Any) -> Any:
        answer = original(**call)
        for each in answer.get("Contents", []):
            if each["Key"].endswith(".retry"):
                each["LastModified"] += timedelta(seconds=1)
        return answer

    bulk.monkeypatch.setattr(bulk.s3, "list_objects_v2", list_objects)


def decisions(bulk: BulkWork) -> list[str | None]:
    """Return the decision of each result, None for one with an error."""
    return [bulk.result(key).get("decision") for key in bulk.result_keys()]


@pytest.mark.parametrize("waited_minutes", [0.0, WAITED], ids=["soon", "after the wait"])
@pytest.mark.parametrize(
    ("photo", "reference"),
    [
        (PHOTO, REFERENCE),
        ("challenge/Jo Ann + 100%/a b+%41é雪.jpg", "reference/Jo Ann + 100%/1 %2F+.jpg"),
        (f"challenge/alice/{'x' * 1000}", REFERENCE),
        (f"challenge/{'s' * 1000}/1.jpg", f"reference/{'s' * 1000}/1.jpg"),
        ("challenge/waiting/waiting/1.jpg.waiting", "reference/waiting/1.jpg"),
    ],
    ids=["plain", "odd", "long name", "long subject", "waiting"],
)
def test_a_photo_that_comes_before_its_reference_is_decided_when_it_comes(
    bulk: BulkWork, mail: Mail, photo: str, reference: str, waited_minutes: float
) -> None:
    bulk.put(photo)
    mail.deliver(waited_minutes)
    assert set(decisions(bulk)) <= {None}
    bulk.put(reference)
    mail.deliver()
    result = bulk.only_result()
    assert (result["decision"], result["image"]["key"]) == ("match", photo)
    mail.deliver_again(waited_minutes)
    assert mail.back == []
    assert bulk.rekognition.calls == [(reference, photo)]


def test_a_photo_without_a_reference_waits_and_then_says_so(
    bulk: BulkWork, mail: Mail, records: Records
) -> None:
    """Otherwise nobody would notice a folder with a misspelled name."""
    bulk.put(PHOTO)
    mail.deliver()
    for minutes in (3.0, 4.9):
        mail.deliver_again(minutes)
        assert (bulk.result_keys(), len(mail.back)) == ([], 1)
    waits = records.of("image waits for a reference")
    assert [each["target_key"] for each in waits] == [PHOTO] * 3
    assert not records.of(FAILED)
    mail.deliver_again(5.1)
    assert mail.back == []
    assert bulk.only_result()["error"]["type"] == "ReferenceNotFoundError"
    assert records.the(FAILED)["error_type"] == "ReferenceNotFoundError"


def test_a_photo_ends_at_once_if_the_module_lets_it_not_wait(bulk: BulkWork, mail: Mail) -> None:
    bulk.with_settings(reference_wait_minutes=0.0)
    bulk.put(PHOTO)
    mail.deliver()
    assert bulk.only_result()["error"]["type"] == "ReferenceNotFoundError"
    bulk.put(REFERENCE)
    mail.deliver()
    assert bulk.only_result()["decision"] == "match"


def test_a_redelivered_message_finds_its_reference_without_any_announcement_of_it(
    bulk: BulkWork, mail: Mail
) -> None:
    """The owner of an existing bucket may not have announced references."""
    bulk.put(PHOTO)
    mail.deliver()
    bulk.put(REFERENCE)
    mail.new.clear()
    mail.deliver_again()
    assert decisions(bulk) == ["match"]


def test_a_reference_that_is_replaced_or_added_later_decides_nothing_again(
    bulk: BulkWork, mail: Mail
) -> None:
    put_photos(bulk, 3)
    mail.deliver(WAITED)
    bulk.put(REFERENCE)
    mail.deliver()
    put_back_a_second_later(bulk)
    before = bulk.contents()
    for key in (REFERENCE, "reference/alice/2.jpg"):
        bulk.put(key)
        mail.deliver()
    assert {key for key, _ in bulk.contents() - before} <= {REFERENCE, "reference/alice/2.jpg"}
    assert len(bulk.rekognition.calls) == 3


def test_announcements_that_come_several_times_pay_and_write_once(
    bulk: BulkWork, mail: Mail
) -> None:
    put_photos(bulk, 4)
    photos = list(mail.new)
    mail.deliver(WAITED)
    bulk.put(REFERENCE)
    mail.new = [record for record in mail.new for _ in range(3)]
    reference = mail.new[0]
    mail.deliver()
    mail.new = [*photos, reference, *photos, reference]
    mail.deliver()
    bulk.expire_claims()
    mail.deliver_again(WAITED)
    assert len(bulk.rekognition.calls) == 4
    versions = [key for key, _ in bulk.contents() if key.endswith(".json")]
    assert len(versions) == 8, "first that there is no reference, then the decision"
    assert decisions(bulk) == ["match"] * 4


def test_all_references_that_come_together_decide_and_not_only_the_first(
    bulk: BulkWork, mail: Mail, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise the one that matches would come too late."""
    bulk.put(PHOTO)
    mail.deliver(WAITED)
    bulk.put(REFERENCE)
    monkeypatch.setattr(reference_handler, "_SETTLE_SECONDS", 60.0)
    monkeypatch.setattr(
        "face_compare.bulk.reference_handler.time.sleep",
        lambda seconds: seconds > 50 and bulk.put("reference/alice/2.jpg"),
    )
    bulk.rekognition.scores[REFERENCE] = 1.0
    mail.deliver()
    result = bulk.only_result()
    assert [each["similarity"] for each in result["sources"]] == [1.0, 99.0]
    assert result["decision"] == "match"


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("waited_minutes", [0.0, WAITED], ids=["soon", "after the wait"])
def test_a_reference_that_comes_at_the_same_moment_is_not_missed(
    bulk: BulkWork,
    mail: Mail,
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
    waited_minutes: float,
) -> None:
    """It comes when the photo has found none, and its own message is served at once."""
    original = WaitingImages.add

    def reference_comes() -> None:
        monkeypatch.setattr(WaitingImages, "add", original)
        bulk.put(REFERENCE)
        mail.deliver()

    def add(waiting: WaitingImages, upload: Upload) -> None:
        if moment == "before":
            reference_comes()
        original(waiting, upload)
        if moment == "after":
            reference_comes()

    monkeypatch.setattr(WaitingImages, "add", add)
    bulk.put(PHOTO)
    mail.deliver(waited_minutes)
    mail.deliver_again(waited_minutes)
    assert decisions(bulk) == ["match"]
    assert len(bulk.rekognition.calls) == 1
    assert mail.back == []


def test_a_reference_that_comes_while_the_result_is_written_replaces_it(
    bulk: BulkWork, mail: Mail, records: Records
) -> None:
    """Two instances: one ends the waiting, the other has just decided."""
    original = bulk.s3.put_object

    def put_object(**put: Any) -> Any:
        if put["Key"].endswith(".json"):
            bulk.monkeypatch.setattr(bulk.s3, "put_object", original)
            bulk.put(REFERENCE)
            mail.deliver()
        return original(**put)

    bulk.put(PHOTO)
    bulk.monkeypatch.setattr(bulk.s3, "put_object", put_object)
    mail.deliver(WAITED)
    assert decisions(bulk) == ["match"]
    assert records.the("image decided elsewhere")["target_key"] == PHOTO
    assert len(bulk.rekognition.calls) == 1


def test_a_reference_that_is_deleted_again_lets_the_photo_wait_for_the_next(
    bulk: BulkWork, mail: Mail
) -> None:
    bulk.put(PHOTO)
    mail.deliver(WAITED)
    bulk.put(REFERENCE)
    bulk.s3.delete_object(Bucket="photos", Key=REFERENCE)
    mail.deliver()
    assert bulk.only_result()["error"]["type"] == "ReferenceNotFoundError"
    assert mail.back == []
    bulk.put("reference/alice/2.jpg")
    mail.deliver()
    assert decisions(bulk) == ["match"]
    assert len(bulk.rekognition.calls) == 1


def test_a_reference_puts_back_the_photos_of_its_own_subject_only(
    bulk: BulkWork, mail: Mail
) -> None:
    subjects = ["alice", "alice2", "ali", "alice/x", "Alice"]
    for subject in subjects:
        bulk.put(f"challenge/{subject}/a.jpg")
    bulk.put("challenge/stray.jpg")
    mail.deliver(WAITED)
    bulk.put("reference/alice/1.jpg")
    bulk.put("reference/stray.jpg")
    mail.deliver()
    assert bulk.rekognition.compared_targets() == [
        "challenge/alice/a.jpg",
        "challenge/alice/x/a.jpg",
    ]


def test_a_reference_in_no_folder_costs_no_call_of_s3(bulk: BulkWork, mail: Mail) -> None:
    """They are those of direct callers, and nothing waits for them."""
    bulk.put("reference/alice.jpg")
    bulk.monkeypatch.setattr(bulk.s3, "get_paginator", lambda _: pytest.fail("a list"))
    mail.deliver()
    assert mail.back == []


def test_more_than_a_thousand_waiting_photos_are_all_listed(bulk: BulkWork) -> None:
    """One answer of S3 lists 1000 keys."""
    waiting = WaitingImages(bulk.s3, SETTINGS)
    for each in range(1005):
        waiting.add(Upload(f"challenge/alice/{each}.jpg", "v1", "0A"))
    assert len(waiting.of("alice")) == 1005


def test_putting_back_stops_before_the_timeout_and_the_next_delivery_goes_on(
    bulk: BulkWork, mail: Mail
) -> None:
    put_photos(bulk, 6)
    mail.deliver(WAITED)
    put_back_a_second_later(bulk)
    bulk.put(REFERENCE)
    (reference,) = mail.new
    mail.new = []
    assert bulk.deliver([reference], left=5.0) == ["m0"]
    assert mail.new == []
    original, puts = WaitingImages.put_back, list[str]()

    def put_back(waiting: WaitingImages, key: str, upload: Upload) -> None:
        if len(puts) == 2:
            raise refusal("SlowDown", 503, "PutObject")
        puts.append(key)
        original(waiting, key, upload)

    bulk.with_settings(workers=1)
    bulk.monkeypatch.setattr(WaitingImages, "put_back", put_back)
    assert bulk.deliver([reference]) == ["m0"]
    bulk.monkeypatch.setattr(WaitingImages, "put_back", original)
    assert bulk.deliver([reference]) == []
    assert len(mail.new) == 6, "none is put back twice"
    mail.deliver()
    assert decisions(bulk) == ["match"] * 6
    assert len(bulk.rekognition.calls) == 6


def test_a_list_that_s3_refuses_sends_only_that_reference_back(
    bulk: BulkWork, mail: Mail, records: Records
) -> None:
    put_photos(bulk, 1)
    put_photos(bulk, 1, "bob")
    mail.deliver(WAITED)
    original = WaitingImages.of

    def of(waiting: WaitingImages, subject: str) -> list[str]:
        if subject == "bob":
            raise refusal("SlowDown", 503, "ListObjectsV2")
        return original(waiting, subject)

    bulk.monkeypatch.setattr(WaitingImages, "of", of)
    records.log.clear()
    bulk.put(REFERENCE)
    bulk.put("reference/bob/1.jpg")
    mail.deliver()
    assert [each["s3"]["object"]["key"] for each in mail.back] == ["reference/bob/1.jpg"]
    assert bulk.rekognition.compared_targets() == ["challenge/alice/0.jpg"]
    assert records.the(FAILED)["error_type"] == "ThrottledError"
    bulk.monkeypatch.setattr(WaitingImages, "of", original)
    mail.deliver_again()
    assert len(bulk.rekognition.calls) == 2


def test_the_log_tells_how_a_photo_waited_and_how_it_ended(
    bulk: BulkWork, mail: Mail, records: Records
) -> None:
    bulk.put(PHOTO)
    version = version_of(mail.new[0])
    mail.deliver()
    bulk.put(REFERENCE)
    mail.deliver()
    told = [each["message"] for each in records.all()]
    assert told == ["image waits for a reference", "image put back", DECIDED]
    assert {each["target_key"] for each in records.all()} == {PHOTO}
    waits = records.the("image waits for a reference")
    assert waits["result_key"] == f"results/alice/a.jpg/{version}.json"


@pytest.mark.parametrize("content", [b"", b"not json", b"\xff", b'{"Records": []}'])
def test_a_damaged_object_about_a_waiting_photo_stops_nothing(
    bulk: BulkWork, mail: Mail, content: bytes
) -> None:
    put_photos(bulk, 2)
    mail.deliver(WAITED)
    damaged, _ = bulk.result_keys(".waiting")
    bulk.s3.put_object(Bucket="photos", Key=damaged, Body=content)
    bulk.put(REFERENCE)
    mail.deliver()
    assert mail.back == []
    assert sorted(decisions(bulk), key=str) == [None, "match"]


def test_a_result_that_others_wrote_is_not_replaced(bulk: BulkWork, mail: Mail) -> None:
    bulk.put(PHOTO)
    key = f"results/alice/a.jpg/{version_of(mail.new[0])}.json"
    bulk.s3.put_object(Bucket="photos", Key=key, Body=b"[1]")
    mail.deliver(WAITED)
    bulk.put(REFERENCE)
    mail.deliver()
    assert bulk.s3.get_object(Bucket="photos", Key=key)["Body"].read() == b"[1]"
