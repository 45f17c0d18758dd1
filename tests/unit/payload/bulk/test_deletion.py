"""What was deleted stays deleted, whatever still waits in a queue about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from face_compare.bulk import reference_handler, upload_handler
from tests.unit.payload.bulk_work import IMAGE, BulkWork, announced, uploaded, version_of
from tests.unit.payload.direct import DECIDED, FAILED, Records
from tests.unit.payload.fake_rekognition import raising, refusal

REFERENCE = "reference/alice/1.jpg"


def delete(bulk: BulkWork, key: str) -> None:
    """Delete every version of a key."""
    for name, version in bulk.contents():
        if name == key:
            bulk.s3.delete_object(Bucket="photos", Key=key, VersionId=version)


def hide(bulk: BulkWork, key: str) -> None:
    """Put a delete marker on a key."""
    bulk.s3.delete_object(Bucket="photos", Key=key)


@pytest.fixture(params=[delete, hide], ids=["versions deleted", "delete marker"])
def remove(request: pytest.FixtureRequest) -> Callable[[BulkWork, str], None]:
    """Both ways in which an image can go."""
    found: Callable[[BulkWork, str], None] = request.param
    return found


def check_only_noted(records: Records, key: str = IMAGE) -> None:
    """Check that one record says that the image is gone, and that none says anything else."""
    (record,) = records.all()
    ours = {name: record[name] for name in ("message", "service", "target_key")}
    assert ours == {"message": "image gone", "service": "face-compare", "target_key": key}
    assert not {"target_version_id", "result_key", "similarity", "error_message"} & record.keys()


@pytest.mark.parametrize("references", [0, 1])
@pytest.mark.parametrize("waited_minutes", [0.0, 6.0])
def test_nothing_is_written_or_paid_for_an_image_that_was_deleted_before_its_message_came(
    bulk: BulkWork,
    records: Records,
    remove: Callable[[BulkWork, str], None],
    references: int,
    waited_minutes: float,
) -> None:
    if references:
        bulk.put(REFERENCE)
    record = uploaded(bulk)
    remove(bulk, IMAGE)
    before = bulk.contents()
    assert bulk.deliver([record], waited_minutes=waited_minutes) == []
    assert bulk.contents() == before
    assert bulk.rekognition.calls == []
    check_only_noted(records)


def test_nothing_is_written_about_a_deleted_image_in_a_bucket_without_versions(
    bulk: BulkWork, records: Records
) -> None:
    bulk.put(REFERENCE)
    delete(bulk, IMAGE)
    record = announced(IMAGE)
    del record["s3"]["object"]["versionId"]
    before = bulk.contents()
    assert bulk.deliver([record]) == []
    assert bulk.contents() == before
    assert bulk.rekognition.calls == []
    check_only_noted(records)


def test_nothing_is_written_about_a_waiting_image_that_was_deleted_before_its_reference_came(
    bulk: BulkWork,
    records: Records,
    remove: Callable[[BulkWork, str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reference_handler, "_SETTLE_SECONDS", 0.0)
    bulk.deliver([uploaded(bulk)])
    remove(bulk, IMAGE)
    bulk.put(REFERENCE)
    before = bulk.contents()
    records.log.clear()
    assert bulk.deliver([announced("reference/alice/1.jpg")]) == []
    assert bulk.contents() == before
    assert records.all() == []


def test_an_image_that_is_deleted_after_it_was_put_back_stays_deleted(
    bulk: BulkWork,
    records: Records,
    remove: Callable[[BulkWork, str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reference_handler, "_SETTLE_SECONDS", 0.0)
    bulk.deliver([uploaded(bulk)])
    bulk.put(REFERENCE)
    bulk.deliver([announced(REFERENCE)])
    remove(bulk, IMAGE)
    before = bulk.contents()
    records.log.clear()
    (retry,) = bulk.result_keys(".retry")
    assert bulk.deliver([announced(retry)]) == []
    assert bulk.contents() == before
    check_only_noted(records)


def test_messages_about_a_person_who_was_deleted_write_nothing_at_all(
    bulk: BulkWork, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything of the person is deleted, while all three kinds of messages wait in a queue."""
    monkeypatch.setattr(reference_handler, "_SETTLE_SECONDS", 0.0)
    record = uploaded(bulk)
    bulk.deliver([record])
    bulk.put(REFERENCE)
    bulk.deliver([announced(REFERENCE)])
    (retry,) = bulk.result_keys(".retry")
    for key, _ in bulk.contents():
        delete(bulk, key)
    records.log.clear()
    assert bulk.deliver([record], [announced(retry)], [announced(REFERENCE)]) == []
    assert bulk.contents() == set()
    assert bulk.rekognition.calls == []
    check_only_noted(records)


@pytest.mark.parametrize("score", [99.0, "InvalidS3ObjectException"])
def test_an_image_that_is_deleted_while_it_is_compared_gets_no_result(
    bulk: BulkWork,
    records: Records,
    remove: Callable[[BulkWork, str], None],
    monkeypatch: pytest.MonkeyPatch,
    score: float | str,
) -> None:
    """Each look at the bucket costs a call, so there is no second one after a fast comparison."""
    monkeypatch.setattr(upload_handler, "_SEEN_SECONDS", -1.0)
    bulk.put(REFERENCE)
    bulk.rekognition.scores[IMAGE] = score
    bulk.rekognition.before = lambda *_: remove(bulk, IMAGE)
    assert bulk.deliver([uploaded(bulk)]) == []
    assert bulk.result_keys() == []
    assert not records.of(DECIDED)
    assert not records.of(FAILED)
    check_only_noted(records)


@pytest.mark.parametrize("references", [0, 101], ids=["no reference", "too many references"])
def test_an_image_that_is_deleted_while_s3_is_slow_gets_no_result(
    bulk: BulkWork,
    records: Records,
    remove: Callable[[BulkWork, str], None],
    references: int,
) -> None:
    for number in range(references):
        bulk.put(f"reference/alice/{number}.jpg")
    record = uploaded(bulk)
    original = bulk.s3.list_objects_v2

    def list_objects(**call: Any) -> Any:
        remove(bulk, IMAGE)
        return original(**call)

    bulk.monkeypatch.setattr(bulk.s3, "list_objects_v2", list_objects)
    assert bulk.deliver([record], waited_minutes=6.0) == []
    bulk.monkeypatch.setattr(bulk.s3, "list_objects_v2", original)
    assert bulk.result_keys() == []
    check_only_noted(records)


def test_a_look_that_s3_refuses_after_the_comparison_is_repeated_and_not_paid_for_again(
    bulk: BulkWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload_handler, "_SEEN_SECONDS", -1.0)
    monkeypatch.setattr(upload_handler, "_PAUSE_SECONDS", 0.0)
    bulk.put(REFERENCE)
    original, answers = bulk.s3.head_object, [None, 503, 503, None]

    def head(**call: Any) -> Any:
        if status := answers.pop(0):
            raise refusal("SlowDown", status, "HeadObject")
        return original(**call)

    monkeypatch.setattr(bulk.s3, "head_object", head)
    assert bulk.deliver([uploaded(bulk)]) == []
    assert len(bulk.rekognition.calls) == 1
    assert bulk.only_result()["decision"] == "match"
    assert answers == []


def test_a_replaced_image_is_still_decided_unless_its_own_version_was_deleted(
    bulk: BulkWork, records: Records
) -> None:
    """Otherwise a stranger's photo would escape the comparison when another replaces it."""
    bulk.put(REFERENCE)
    replaced, deleted = uploaded(bulk), uploaded(bulk)
    bulk.put(IMAGE)
    bulk.s3.delete_object(Bucket="photos", Key=IMAGE, VersionId=version_of(deleted))
    assert bulk.deliver([replaced], [deleted]) == []
    assert bulk.only_result()["image"]["version_id"] == version_of(replaced)
    assert records.the("image gone")["target_key"] == IMAGE


@pytest.mark.parametrize(("status", "code"), [(403, "403"), (400, "400")])
def test_an_image_that_the_role_may_not_look_at_is_left_to_the_comparison(
    bulk: BulkWork, status: int, code: str
) -> None:
    """Otherwise a wrong policy would look like a deletion, and its error be lost."""
    bulk.put(REFERENCE)
    record = uploaded(bulk)
    bulk.refuse("head_object", code, status)
    assert bulk.deliver([record]) == []
    assert len(bulk.result_keys()) == 1


def test_an_image_is_not_taken_for_deleted_because_s3_does_not_answer(
    bulk: BulkWork, records: Records
) -> None:
    bulk.put(REFERENCE)
    record = uploaded(bulk)
    bulk.monkeypatch.setattr(bulk.s3, "head_object", raising(refusal("503", 503, "HeadObject")))
    assert bulk.deliver([record]) == ["m0"]
    assert bulk.rekognition.calls == []
    assert records.the(FAILED)["error_type"] == "ServiceUnavailableError"
