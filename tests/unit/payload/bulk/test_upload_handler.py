"""Uploads: none is lost, decided twice or paid for twice."""

from __future__ import annotations

import datetime
import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from face_compare.bulk.upload_handler import UploadHandler
from face_compare.engine.comparer import Comparer
from face_compare.runtime.clients import Clients
from tests.unit.payload.bulk_work import INVOCATION, BulkWork, refusal, uploaded
from tests.unit.payload.conftest import SETTINGS


def refuse_results(
    bulk: BulkWork,
    monkeypatch: pytest.MonkeyPatch,
    times: int,
    code: str = "SlowDown",
    status: int = 503,
) -> list[str]:
    """Make S3 refuse so many results, and return the list of their keys."""
    original, refused = bulk.s3.put_object, list[str]()

    def put_object(**put: Any) -> Any:
        if put["Key"].endswith(".json") and len(refused) < times:
            refused.append(put["Key"])
            raise refusal(code, status, "PutObject")
        return original(**put)

    monkeypatch.setattr(bulk.s3, "put_object", put_object)
    monkeypatch.setattr("face_compare.bulk.upload_handler._PAUSE_SECONDS", 0.0)
    return refused


@pytest.fixture(autouse=True)
def references(bulk: BulkWork) -> None:
    bulk.put("reference/alice/1.jpg")
    bulk.put("reference/alice/2.jpg")
    bulk.put("reference/alicia/1.jpg")


def test_an_image_is_compared_with_the_references_of_its_subject_and_no_others(
    bulk: BulkWork,
) -> None:
    record = uploaded(bulk)
    assert bulk.deliver([record]) == []
    version = record["s3"]["object"]["versionId"]
    (key,) = bulk.result_keys()
    assert key == f"results/alice/a.jpg/{version}.json"
    result = bulk.result(key)
    assert result["decision"] == "match"
    assert result["photo"]["version_id"] == version
    assert [source["key"] for source in result["sources"]] == [
        "reference/alice/1.jpg",
        "reference/alice/2.jpg",
    ]
    assert result["request_id"] == "request-1"
    datetime.datetime.fromisoformat(result["decided_at"])


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
    bulk.rekognition.scores["challenge/alice/bad.jpg"] = "InvalidParameterException"
    good, bad = uploaded(bulk), uploaded(bulk, "challenge/alice/bad.jpg")
    assert bulk.deliver([bad], [good]) == []
    results = [bulk.result(key) for key in bulk.result_keys()]
    assert [result.get("decision") for result in results] == ["match", None]
    assert results[1]["error"]["type"] == "NoFaceInTargetError"
    assert results[1]["error"]["retryable"] is False
    bad_calls = [target for _, target in bulk.rekognition.calls if "bad" in target]
    assert len(bad_calls) == 1, "one call is enough to learn that the image has no face"


@pytest.mark.parametrize("code", ["AccessDeniedException", "SomethingNewException"])
def test_a_configuration_error_is_not_a_result_so_that_fixing_it_helps(
    bulk: BulkWork, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise every image of an hour with a wrong policy would be refused for ever."""
    record = uploaded(bulk)
    bulk.rekognition.scores["challenge/alice/a.jpg"] = code
    assert bulk.deliver([record]) == ["m0"]
    assert bulk.result_keys() == []
    bulk.rekognition.scores.clear()
    monkeypatch.setattr(bulk.uploads._results, "_lease_seconds", -1.0)
    assert bulk.deliver([record]) == []
    assert bulk.result(bulk.result_keys()[0])["decision"] == "match"


def test_images_with_many_references_are_finished_one_by_one_and_not_all_in_part(
    bulk: BulkWork, clients: Clients
) -> None:
    """Otherwise a batch would be paid for at every attempt and never be finished."""
    for number in range(3, 13):
        bulk.put(f"reference/alice/{number}.jpg")
    settings = SETTINGS._replace(calls_per_second=10.0)
    comparer = Comparer(settings, clients, bulk.rekognition)  # type: ignore[arg-type]
    bulk.uploads = UploadHandler(settings, comparer, bulk.s3)
    images = [[uploaded(bulk, f"challenge/alice/{n}.jpg")] for n in range(8)]
    again = bulk.deliver(*images, left=settings.seconds_for_paced_call + 2.5)
    decided = len(images) - len(again)
    assert 1 <= decided <= 3
    assert len(bulk.rekognition.calls) == 12 * decided


def test_more_than_a_hundred_references_are_refused_before_they_are_paid_for(
    bulk: BulkWork,
) -> None:
    for number in range(3, 102):
        bulk.put(f"reference/alice/{number}.jpg")
    assert bulk.deliver([uploaded(bulk)]) == []
    assert bulk.result(bulk.result_keys()[0])["error"]["type"] == "InvalidRequestError"
    assert bulk.rekognition.calls == []


def test_a_defect_at_one_image_sends_only_its_message_back(
    bulk: BulkWork, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(target: str) -> None:
        if "bad" in target:
            raise RuntimeError("a defect")

    bulk.rekognition.before = fail
    good, bad = uploaded(bulk), uploaded(bulk, "challenge/alice/bad.jpg")
    assert bulk.deliver([bad], [good]) == ["m0"]
    assert len(bulk.result_keys()) == 1
    failures = [vars(r) for r in caplog.records if r.getMessage().endswith("failed")]
    assert [failure["error_type"] for failure in failures] == ["RuntimeError"]


def test_a_write_conflict_in_s3_is_not_taken_for_a_result(
    bulk: BulkWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    original, conflicts = bulk.s3.put_object, ["first try"]

    def put(**call: Any) -> Any:
        if call["Key"].endswith(".json") and conflicts:
            conflicts.pop()
            raise ClientError(
                {
                    "Error": {"Code": "ConditionalRequestConflict"},
                    "ResponseMetadata": {"HTTPStatusCode": 409},  # type: ignore[typeddict-item]
                },
                "PutObject",
            )
        return original(**call)

    monkeypatch.setattr(bulk.s3, "put_object", put)
    assert bulk.deliver([uploaded(bulk)]) == []
    assert len(bulk.result_keys()) == 1


def test_the_same_key_uploaded_again_is_decided_again_in_a_bucket_without_versions(
    bulk: BulkWork,
) -> None:
    """The message "put one there, then upload the image again" must be true everywhere."""
    record = uploaded(bulk)
    for sequencer in ("0A", "0B"):
        stored = {**record["s3"]["object"], "sequencer": sequencer}
        del stored["versionId"]
        bulk.deliver([{**record, "s3": {**record["s3"], "object": stored}}])
    assert len(bulk.result_keys()) == 2


@pytest.mark.parametrize(
    ("key", "error"),
    [
        ("challenge/nobody/a.jpg", "ReferenceNotFoundError"),
        ("challenge/stray.jpg", "InvalidRequestError"),
    ],
)
def test_an_image_without_references_has_this_as_its_result_and_is_not_retried(
    bulk: BulkWork, key: str, error: str
) -> None:
    assert bulk.deliver([uploaded(bulk, key)]) == []
    assert bulk.result(bulk.result_keys()[0])["error"]["type"] == error
    assert bulk.rekognition.calls == []


def test_a_throttled_image_alone_is_delivered_again_and_decided_later(
    bulk: BulkWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    bulk.rekognition.scores["challenge/alice/b.jpg"] = "ThrottlingException"
    good, busy = uploaded(bulk), uploaded(bulk, "challenge/alice/b.jpg")
    assert bulk.deliver([good], [busy]) == ["m1"]
    assert len(bulk.result_keys()) == 1
    bulk.rekognition.scores.clear()
    assert bulk.deliver([busy]) == ["m0"], "the claim of the first attempt is still valid"
    monkeypatch.setattr(bulk.uploads._results, "_lease_seconds", -1.0)
    assert bulk.deliver([busy]) == []
    assert len(bulk.result_keys()) == 2


def test_an_image_that_another_instance_is_deciding_is_left_to_it(bulk: BulkWork) -> None:
    record = uploaded(bulk)
    version = record["s3"]["object"]["versionId"]
    bulk.put(f"results/alice/a.jpg/{version}.json.claim")
    assert bulk.deliver([record]) == ["m0"]
    assert bulk.rekognition.calls == []


def test_a_result_that_another_instance_wrote_first_stays_as_it_is(bulk: BulkWork) -> None:
    record = uploaded(bulk)
    key = f"results/alice/a.jpg/{record['s3']['object']['versionId']}.json"
    bulk.rekognition.before = lambda _: bulk.s3.put_object(
        Bucket="photos", Key=key, Body=b'{"decision": "first"}'
    )
    assert bulk.deliver([record]) == []
    assert bulk.result(key) == {"decision": "first"}


def test_a_bucket_that_refuses_writes_is_noticed_before_a_call_is_paid_for(
    bulk: BulkWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = uploaded(bulk)

    def refuse(**_: object) -> None:
        raise ClientError(
            {"Error": {"Code": "AccessDenied"}, "ResponseMetadata": {"HTTPStatusCode": 403}},  # type: ignore[typeddict-item]
            "PutObject",
        )

    monkeypatch.setattr(bulk.s3, "put_object", refuse)
    assert bulk.deliver([record]) == ["m0"]
    assert bulk.rekognition.calls == []


def test_a_result_that_s3_refuses_for_a_moment_is_written_and_paid_for_once(
    bulk: BulkWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = uploaded(bulk)
    refused = refuse_results(bulk, monkeypatch, times=3)
    assert bulk.deliver([record]) == []
    assert len(refused) == 3
    assert len(bulk.result_keys()) == 1
    assert len(bulk.rekognition.calls) == 2


def test_writing_a_result_is_given_up_before_the_timeout(
    bulk: BulkWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = uploaded(bulk)
    refused = refuse_results(bulk, monkeypatch, times=1000)
    left = iter([29.0] * 9)
    event = {"Records": [{"messageId": "m", "body": json.dumps({"Records": [record]})}]}
    answer = bulk.uploads.serve(event, INVOCATION, lambda: next(left, 5.0))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m"}]}
    assert 1 < len(refused) < 9


def test_an_image_that_cannot_be_finished_in_time_is_not_begun(bulk: BulkWork) -> None:
    assert bulk.deliver([uploaded(bulk)], left=5.0) == ["m0"]
    assert bulk.rekognition.calls == []
    assert bulk.result_keys("") == []


def test_an_unreadable_message_goes_back_to_the_queue_and_the_others_are_decided(
    bulk: BulkWork,
) -> None:
    good = uploaded(bulk)
    assert bulk.deliver([{"s3": "nonsense"}], [good]) == ["m0"]
    assert len(bulk.result_keys()) == 1


def refuse_the_first_reference(bulk: BulkWork, code: str) -> None:
    def refuse(source: str) -> None:
        if source.endswith("1.jpg"):
            raise ClientError({"Error": {"Code": code}}, "CompareFaces")

    bulk.rekognition.before_source = refuse


@pytest.mark.parametrize("code", ["AccessDeniedException", "InvalidS3ObjectException"])
def test_other_references_decide_when_one_cannot_be_read(bulk: BulkWork, code: str) -> None:
    record = uploaded(bulk)
    refuse_the_first_reference(bulk, code)
    bulk.deliver([record])
    result = bulk.result(bulk.result_keys()[0])
    assert result["decision"] == "match"
    assert "error" in result["sources"][0]


def test_an_image_is_not_refused_because_a_reference_could_not_be_read(bulk: BulkWork) -> None:
    """Otherwise fixing the policy would not help, because a result is never changed."""
    bulk.rekognition.scores["challenge/alice/a.jpg"] = 1.0
    refuse_the_first_reference(bulk, "AccessDeniedException")
    assert bulk.deliver([uploaded(bulk)]) == ["m0"]
    assert bulk.result_keys() == []


def test_a_bad_image_is_compared_with_one_reference_only(
    bulk: BulkWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    bulk.rekognition.scores["challenge/alice/a.jpg"] = "InvalidImageFormatException"

    def refuse(**_: object) -> None:
        raise ClientError({"Error": {"Code": "InvalidImageFormatException"}}, "DetectFaces")

    monkeypatch.setattr(bulk.rekognition, "detect_faces", refuse)
    assert bulk.deliver([uploaded(bulk)]) == []
    assert len(bulk.rekognition.calls) == 1


def test_a_decision_that_came_too_late_is_noted(
    bulk: BulkWork, caplog: pytest.LogCaptureFixture
) -> None:
    """Otherwise the record would contradict the result, and nobody could tell why."""
    caplog.set_level("INFO")
    record = uploaded(bulk)
    key = f"results/alice/a.jpg/{record['s3']['object']['versionId']}.json"
    bulk.rekognition.before = lambda _: bulk.s3.put_object(Bucket="photos", Key=key)
    bulk.deliver([record])
    assert "image decided elsewhere" in [each.getMessage() for each in caplog.records]


@pytest.mark.parametrize("folder", ["reference/alice/", "reference/alice/old/"])
def test_a_folder_among_the_references_does_not_hide_that_there_are_too_many(
    bulk: BulkWork, folder: str
) -> None:
    """Otherwise the first hundred would decide, perhaps without the one that matches."""
    bulk.put(folder)
    for number in range(3, 152):
        bulk.put(f"reference/alice/{number}.jpg")
    bulk.deliver([uploaded(bulk)])
    assert bulk.result(bulk.result_keys()[0])["error"]["type"] == "InvalidRequestError"


def test_every_failure_record_names_the_image(
    bulk: BulkWork, caplog: pytest.LogCaptureFixture
) -> None:
    bulk.deliver([uploaded(bulk)], left=5.0)
    bulk.rekognition.scores["challenge/alice/a.jpg"] = "ThrottlingException"
    bulk.deliver([uploaded(bulk)])
    failures = [vars(each) for each in caplog.records if each.getMessage().endswith("failed")]
    assert [each["error_type"] for each in failures] == ["OutOfTimeError", "ThrottledError"]
    assert {each["target_key"] for each in failures} == {"challenge/alice/a.jpg"}


def test_the_announced_version_is_compared_and_not_the_newest(bulk: BulkWork) -> None:
    """Otherwise the result of one image would be about the image that replaced it."""
    record = uploaded(bulk)
    bulk.put("challenge/alice/a.jpg")
    bulk.deliver([record])
    assert set(bulk.rekognition.target_versions) == {record["s3"]["object"]["versionId"]}


def test_writing_a_result_is_not_retried_after_a_permanent_error(
    bulk: BulkWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise one wrong policy would keep every instance busy for its whole timeout."""
    refused = refuse_results(bulk, monkeypatch, 3, "AccessDenied", 403)
    assert bulk.deliver([uploaded(bulk)]) == ["m0"]
    assert len(refused) == 1


def test_an_invocation_does_not_end_before_the_time_that_its_calls_own(
    bulk: BulkWork, clients: Clients
) -> None:
    """Otherwise invocations with few images, one after another, would exceed the quota."""
    settings = SETTINGS._replace(calls_per_second=5.0)
    comparer = Comparer(settings, clients, bulk.rekognition)  # type: ignore[arg-type]
    bulk.uploads = UploadHandler(settings, comparer, bulk.s3)
    record = uploaded(bulk)
    began = time.monotonic()
    bulk.deliver([record])
    assert time.monotonic() - began >= 2 / 5


def test_a_hundred_references_are_all_compared_and_a_folder_does_not_count(bulk: BulkWork) -> None:
    """Otherwise the hundredth reference of a person would make the others useless."""
    bulk.put("reference/alice/")
    for number in range(3, 101):
        bulk.put(f"reference/alice/{number}.jpg")
    bulk.rekognition.scores["challenge/alice/a.jpg"] = 1.0
    bulk.deliver([uploaded(bulk)])
    result = bulk.result(bulk.result_keys()[0])
    compared = [source["key"] for source in result["sources"]]
    assert sorted(compared) == sorted(f"reference/alice/{n}.jpg" for n in range(1, 101))
    assert result["decision"] == "no_match"


def test_the_result_lists_the_score_of_a_single_reference_too(bulk: BulkWork) -> None:
    """Otherwise a reader of results would have to handle two forms."""
    bulk.deliver([uploaded(bulk, "challenge/alicia/a.jpg")])
    (source,) = bulk.result(bulk.result_keys()[0])["sources"]
    assert (source["key"], source["similarity"]) == ("reference/alicia/1.jpg", 99.0)


def test_a_result_has_the_content_type_json(bulk: BulkWork) -> None:
    """Otherwise a browser would save it instead of showing it."""
    bulk.deliver([uploaded(bulk)])
    head = bulk.s3.head_object(Bucket="photos", Key=bulk.result_keys()[0])
    assert head["ContentType"] == "application/json"
