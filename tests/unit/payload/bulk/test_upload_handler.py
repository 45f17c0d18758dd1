"""Uploads: none is lost, decided twice or paid for twice, and a record tells what became of it."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest

from face_compare.bulk.limits import seconds_for_paced_call
from tests.unit.payload.bulk_work import IMAGE, INVOCATION, BulkWork, uploaded, version_of
from tests.unit.payload.direct import DECIDED, FAILED, Records
from tests.unit.payload.fake_rekognition import refusal
from tests.unit.payload.invocation import SETTINGS

BAD_IMAGE = "challenge/alice/bad.jpg"


def refuse_results(
    bulk: BulkWork, times: int, code: str = "SlowDown", status: int = 503
) -> list[str]:
    """Make S3 refuse so many results, and return the list of their keys."""
    original, refused = bulk.s3.put_object, list[str]()

    def put_object(**put: Any) -> Any:
        if put["Key"].endswith(".json") and len(refused) < times:
            refused.append(put["Key"])
            raise refusal(code, status, "PutObject")
        return original(**put)

    bulk.monkeypatch.setattr(bulk.s3, "put_object", put_object)
    bulk.monkeypatch.setattr("face_compare.bulk.upload_handler._PAUSE_SECONDS", 0.0)
    return refused


def put_references(bulk: BulkWork, last: int) -> None:
    """Put more references of Alice, up to this number."""
    for number in range(3, last + 1):
        bulk.put(f"reference/alice/{number}.jpg")


@pytest.fixture(autouse=True)
def references(bulk: BulkWork) -> None:
    bulk.put("reference/alice/1.jpg")
    bulk.put("reference/alice/2.jpg")
    bulk.put("reference/alice2/1.jpg")


def test_an_image_is_compared_with_the_references_of_its_subject_and_no_others(
    bulk: BulkWork, records: Records
) -> None:
    record = uploaded(bulk)
    assert bulk.deliver([record]) == []
    version = version_of(record)
    (key,) = bulk.result_keys()
    assert key == f"results/alice/a.jpg/{version}.json"
    result = bulk.result(key)
    assert result["decision"] == "match"
    assert result["image"]["version_id"] == version
    assert [source["key"] for source in result["sources"]] == [
        "reference/alice/1.jpg",
        "reference/alice/2.jpg",
    ]
    assert result["request_id"] == "request-1"
    # Otherwise a browser would save it instead of showing it.
    head = bulk.s3.head_object(Bucket="photos", Key=key)
    assert head["ContentType"] == "application/json"
    datetime.datetime.fromisoformat(result["decided_at"])
    decided = records.the(DECIDED)
    assert (decided["source_key"], decided["target_key"]) == ("reference/alice/1.jpg", IMAGE)
    assert decided["target_version_id"] == version
    assert (decided["decision"], decided["similarity"]) == ("match", 99.0)


def test_an_image_announced_five_times_is_paid_for_once_and_has_one_result(bulk: BulkWork) -> None:
    record = uploaded(bulk)
    assert bulk.deliver([record], [record], [record, record]) == []
    assert bulk.deliver([record]) == []
    assert len(bulk.result_keys()) == 1
    assert len(bulk.rekognition.calls) == 2


def test_a_new_version_of_an_image_is_compared_too(bulk: BulkWork) -> None:
    bulk.deliver([uploaded(bulk)])
    bulk.deliver([uploaded(bulk)])
    assert len(bulk.result_keys()) == 2


def test_a_bad_image_has_its_error_as_its_result_and_does_not_harm_others(bulk: BulkWork) -> None:
    bulk.rekognition.scores[BAD_IMAGE] = "InvalidParameterException"
    good, bad = uploaded(bulk), uploaded(bulk, BAD_IMAGE)
    assert bulk.deliver([bad], [good]) == []
    results = [bulk.result(key) for key in bulk.result_keys()]
    assert [result.get("decision") for result in results] == ["match", None]
    assert results[1]["error"]["type"] == "NoFaceInTargetError"
    assert results[1]["error"]["retryable"] is False
    bad_calls = [target for _, target in bulk.rekognition.calls if "bad" in target]
    assert len(bad_calls) == 1, "one call is enough to learn that the image has no face"


def test_images_with_many_references_are_finished_one_by_one_and_not_all_in_part(
    bulk: BulkWork,
) -> None:
    """Otherwise a batch would be paid for at every attempt and never be finished."""
    put_references(bulk, 12)
    bulk.with_settings(calls_per_second=10.0)
    images = [[uploaded(bulk, f"challenge/alice/{n}.jpg")] for n in range(8)]
    again = bulk.deliver(*images, left=seconds_for_paced_call(SETTINGS) + 2.5)
    decided = len(images) - len(again)
    assert 1 <= decided <= 3
    assert len(bulk.rekognition.calls) == 12 * decided


@pytest.mark.parametrize("folder", [None, "reference/alice/", "reference/alice/old/"])
def test_more_than_a_hundred_references_are_refused_before_they_are_paid_for(
    bulk: BulkWork, folder: str | None
) -> None:
    """Otherwise the first hundred would decide, perhaps without the one that matches."""
    if folder:
        bulk.put(folder)
    put_references(bulk, 101)
    assert bulk.deliver([uploaded(bulk)]) == []
    assert bulk.only_result()["error"]["type"] == "InvalidRequestError"
    assert bulk.rekognition.calls == []


def test_a_defect_at_one_image_sends_only_its_message_back(
    bulk: BulkWork, records: Records
) -> None:
    def fail(_: str, target: str) -> None:
        if "bad" in target:
            raise RuntimeError("a defect")

    bulk.rekognition.before = fail
    good, bad = uploaded(bulk), uploaded(bulk, BAD_IMAGE)
    assert bulk.deliver([bad], [good]) == ["m0"]
    assert len(bulk.result_keys()) == 1
    assert records.the(FAILED)["error_type"] == "RuntimeError"


@pytest.mark.parametrize(
    ("key", "error"),
    [
        ("challenge/nobody/a.jpg", "ReferenceNotFoundError"),
        ("challenge/stray.jpg", "InvalidRequestError"),
    ],
)
def test_an_image_without_references_has_this_as_its_result_and_is_not_retried(
    bulk: BulkWork, records: Records, key: str, error: str
) -> None:
    """It is recorded too. Otherwise nobody would notice a folder with a misspelled name."""
    record = uploaded(bulk, key)
    assert bulk.deliver([record], waited_minutes=6.0) == []
    assert bulk.only_result()["error"]["type"] == error
    assert bulk.rekognition.calls == []
    failed = records.the(FAILED)
    assert (failed["error_type"], failed["target_key"]) == (error, key)
    assert failed["target_version_id"] == version_of(record)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("ThrottlingException", "ThrottledError"),
        ("AccessDeniedException", "CallForbiddenError"),
        ("SomethingNewException", "CallRejectedError"),
    ],
)
def test_an_image_whose_error_can_clear_is_delivered_again_alone_and_decided_later(
    bulk: BulkWork, records: Records, code: str, error: str
) -> None:
    """Otherwise every image of an hour with a wrong policy would be refused for ever."""
    bulk.rekognition.scores[BAD_IMAGE] = code
    good, bad = uploaded(bulk), uploaded(bulk, BAD_IMAGE)
    assert bulk.deliver([good], [good, bad]) == ["m1"]
    assert bulk.only_result()["image"]["key"] == IMAGE
    assert {each["error_type"] for each in records.of(FAILED)} == {error}
    assert {each["target_key"] for each in records.of(FAILED)} == {BAD_IMAGE}
    bulk.rekognition.scores.clear()
    assert bulk.deliver([bad]) == ["m0"], "the claim of the first attempt is still valid"
    bulk.expire_claims()
    assert bulk.deliver([bad]) == []
    results = [bulk.result(key) for key in bulk.result_keys()]
    assert [result["decision"] for result in results] == ["match", "match"]


@pytest.mark.parametrize(
    ("is_decided", "again", "note"),
    [
        (True, [], "image already decided"),
        (False, ["m0"], "image being decided elsewhere"),
    ],
)
def test_an_image_that_another_invocation_decides_is_left_to_it_and_noted(
    bulk: BulkWork, records: Records, is_decided: bool, again: list[str], note: str
) -> None:
    """Otherwise a message would disappear without a trace."""
    record = uploaded(bulk)
    key = f"results/alice/a.jpg/{version_of(record)}.json"
    bulk.put(f"{key}.claim")
    if is_decided:
        bulk.put(key)
    assert bulk.deliver([record]) == again
    assert bulk.rekognition.calls == []
    noted = records.the(note)
    assert (noted["target_key"], noted["result_key"]) == (IMAGE, key)


def test_a_result_that_another_instance_wrote_first_stays_and_this_is_noted(
    bulk: BulkWork, records: Records
) -> None:
    """Otherwise the record would contradict the result, and nobody could tell why."""
    record = uploaded(bulk)
    key = f"results/alice/a.jpg/{version_of(record)}.json"
    bulk.rekognition.before = lambda *_: bulk.s3.put_object(
        Bucket="photos", Key=key, Body=b'{"decision": "first"}'
    )
    assert bulk.deliver([record]) == []
    assert bulk.result(key) == {"decision": "first"}
    assert records.the("image decided elsewhere")


def test_a_bucket_that_refuses_writes_is_recorded_before_a_call_is_paid_for(
    bulk: BulkWork, records: Records
) -> None:
    """Otherwise images would be retried, and nobody would know why."""
    record = uploaded(bulk)
    bulk.refuse("put_object", "AccessDenied")
    assert bulk.deliver([record]) == ["m0"]
    assert bulk.rekognition.calls == []
    failed = records.the(FAILED)
    assert (failed["error_type"], failed["target_key"]) == ("CallForbiddenError", IMAGE)
    assert "S3" in failed["error_message"]


@pytest.mark.parametrize(
    ("times", "code", "status"), [(3, "SlowDown", 503), (1, "ConditionalRequestConflict", 409)]
)
def test_a_result_that_s3_refuses_for_a_moment_is_written_and_paid_for_once(
    bulk: BulkWork, times: int, code: str, status: int
) -> None:
    """A write conflict is not taken for a result that is there."""
    record = uploaded(bulk)
    refused = refuse_results(bulk, times, code, status)
    assert bulk.deliver([record]) == []
    assert len(refused) == times
    assert len(bulk.result_keys()) == 1
    assert len(bulk.rekognition.calls) == 2


def test_writing_a_result_is_given_up_before_the_timeout(bulk: BulkWork) -> None:
    record = uploaded(bulk)
    refused = refuse_results(bulk, times=1000)
    left = iter([29.0] * 9)
    event = {"Records": [{"messageId": "m", "body": json.dumps({"Records": [record]})}]}
    answer = bulk.uploads.serve(event, INVOCATION, lambda: next(left, 5.0))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m"}]}
    assert 1 < len(refused) < 9


@pytest.mark.parametrize("sent", ["soon", None, [], "9" * 400])
def test_an_image_is_decided_whatever_its_message_says_about_its_age(
    bulk: BulkWork, sent: object
) -> None:
    """People try the function with events that they wrote."""
    bulk.put("reference/alice/1.jpg")
    body = json.dumps({"Records": [uploaded(bulk)]})
    message = {"messageId": "m", "attributes": {"SentTimestamp": sent}, "body": body}
    answer = bulk.uploads.serve({"Records": [message]}, INVOCATION, lambda: 29.0)
    assert answer == {"batchItemFailures": []}


def test_writing_a_result_is_not_retried_after_a_permanent_error(bulk: BulkWork) -> None:
    """Otherwise one wrong policy would keep every instance busy for its whole timeout."""
    refused = refuse_results(bulk, 3, "AccessDenied", 403)
    assert bulk.deliver([uploaded(bulk)]) == ["m0"]
    assert len(refused) == 1


def test_an_image_that_cannot_be_finished_in_time_is_recorded_and_not_begun(
    bulk: BulkWork, records: Records
) -> None:
    assert bulk.deliver([uploaded(bulk)], left=5.0) == ["m0"]
    assert bulk.rekognition.calls == []
    assert bulk.result_keys("") == []
    failed = records.the(FAILED)
    assert (failed["error_type"], failed["target_key"]) == ("OutOfTimeError", IMAGE)


def test_an_unreadable_message_goes_back_with_a_note_and_the_others_are_decided(
    bulk: BulkWork, records: Records
) -> None:
    """Otherwise nobody could tell why a message is in the dead-letter queue."""
    good = uploaded(bulk)
    assert bulk.deliver([{"s3": "nonsense"}], [good]) == ["m0"]
    assert len(bulk.result_keys()) == 1
    note = records.the("message refused")
    assert note["message_id"] == "m0"
    assert "neither a notification of S3" in note["why"]


def test_the_announced_version_is_compared_and_not_the_newest(bulk: BulkWork) -> None:
    """Otherwise the result of one image would be about the image that replaced it."""
    record = uploaded(bulk)
    bulk.put(IMAGE)
    bulk.deliver([record])
    assert set(bulk.rekognition.target_versions) == {version_of(record)}


def test_a_hundred_references_are_all_compared_and_a_folder_does_not_count(bulk: BulkWork) -> None:
    """Otherwise the hundredth reference of a person would make the others useless."""
    bulk.put("reference/alice/")
    put_references(bulk, 100)
    bulk.rekognition.scores[IMAGE] = 1.0
    bulk.deliver([uploaded(bulk)])
    result = bulk.only_result()
    compared = [source["key"] for source in result["sources"]]
    assert sorted(compared) == sorted(f"reference/alice/{n}.jpg" for n in range(1, 101))
    assert result["decision"] == "no_match"
