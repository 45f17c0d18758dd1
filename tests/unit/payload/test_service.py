"""What the caller gets, and what the auditor finds."""

from __future__ import annotations

import logging
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.stub import Stubber

from face_compare.model import errors
from face_compare.runtime.clients import Clients
from face_compare.service import Service
from tests.unit.payload.canned_aws import BOX, compared
from tests.unit.payload.direct import DECIDED, FAILED, Direct, Records
from tests.unit.payload.invocation import Context

EVENT = {"source": "reference/a.jpg", "target": {"key": "challenge/b.jpg", "version_id": "v1"}}
CALL = {
    "SourceImage": {"S3Object": {"Bucket": "photos", "Name": "reference/a.jpg"}},
    "TargetImage": {"S3Object": {"Bucket": "photos", "Name": "challenge/b.jpg", "Version": "v1"}},
    "SimilarityThreshold": 0,
    "QualityFilter": "NONE",
}
ANSWER_BOX = {member.lower(): ratio for member, ratio in BOX.items()}

AnswerWith = Callable[[dict[str, Any]], None]


@pytest.fixture
def answer_with(clients: Clients, monkeypatch: pytest.MonkeyPatch) -> AnswerWith:
    """Let CompareFaces give any answer, also one that a stub would refuse."""

    def install(answer: dict[str, Any]) -> None:
        monkeypatch.setattr(clients.rekognition, "compare_faces", lambda **_: answer)
        monkeypatch.setattr(clients.rekognition, "detect_faces", lambda **_: {"FaceDetails": [{}]})

    return install


def test_the_answer_has_every_documented_member(service: Service, comparison_stub: Stubber) -> None:
    comparison_stub.add_response("compare_faces", compared(12.5, 99.25, unmatched=1).body, CALL)
    assert service.serve(EVENT, Context()) == {
        "request_id": "request-1",
        "match": True,
        "decision": "match",
        "similarity": 99.25,
        "similarity_threshold": 80.0,
        "review_threshold": None,
        "quality_filter": "NONE",
        "source": {
            "bucket": "photos",
            "key": "reference/a.jpg",
            "version_id": None,
            "face_count": None,
            "face": {"confidence": 99.9, "bounding_box": ANSWER_BOX},
        },
        "target": {
            "bucket": "photos",
            "key": "challenge/b.jpg",
            "version_id": "v1",
            "face_count": 3,
            "faces": [
                {"similarity": 99.25, "confidence": 99.5, "bounding_box": ANSWER_BOX},
                {"similarity": 12.5, "confidence": 99.5, "bounding_box": ANSWER_BOX},
                {"similarity": None, "confidence": 70.0, "bounding_box": ANSWER_BOX},
            ],
        },
    }


@pytest.mark.parametrize(("scores", "unmatched", "similarity"), [((3.5,), 0, 3.5), ((), 2, None)])
def test_a_stranger_is_an_answer_and_not_an_error(
    service: Service,
    comparison_stub: Stubber,
    scores: tuple[float, ...],
    unmatched: int,
    similarity: float | None,
) -> None:
    answer = compared(*scores, unmatched=unmatched).body
    comparison_stub.add_response("compare_faces", answer, CALL)
    answer = service.serve(EVENT, Context())
    assert (answer["match"], answer["decision"]) == (False, "no_match")
    assert answer["similarity"] == similarity
    assert answer["target"]["face_count"] == len(scores) + unmatched


def test_a_raised_threshold_decides_and_is_recorded(
    service: Service, comparison_stub: Stubber, records: Records
) -> None:
    comparison_stub.add_response("compare_faces", compared(95.0).body, CALL)
    answer = service.serve({**EVENT, "similarity_threshold": 99}, Context())
    assert (answer["decision"], answer["similarity_threshold"]) == ("no_match", 99.0)
    assert records.all()[0]["similarity_threshold"] == 99.0


def test_the_auditor_finds_who_was_compared_with_whom_and_by_which_rule(
    service: Service, comparison_stub: Stubber, records: Records
) -> None:
    comparison_stub.add_response(
        "compare_faces",
        {**compared(91.0).body, "ResponseMetadata": {"RequestId": "rekognition-1"}},
        CALL,
    )
    service.serve(EVENT, Context())
    (record,) = records.all()
    expected = {
        "message": "face comparison decided",
        "levelno": logging.INFO,
        "service": "face-compare",
        "function_name": "face-compare",
        "function_version": "7",
        "cold_start": True,
        "bucket": "photos",
        "source_key": "reference/a.jpg",
        "source_version_id": None,
        "target_key": "challenge/b.jpg",
        "target_version_id": "v1",
        "similarity": 91.0,
        "similarity_threshold": 80.0,
        "review_threshold": "none",
        "require_single_face": False,
        "quality_filter": "NONE",
        "decision": "match",
        "source_count": 1,
        "target_face_count": 1,
        "rekognition_request_id": "rekognition-1",
    }
    assert {name: record[name] for name in expected} == expected


def test_an_unreadable_event_is_recorded_and_the_next_invocation_is_no_cold_start(
    service: Service, comparison_stub: Stubber, records: Records
) -> None:
    comparison_stub.add_response("compare_faces", compared(91.0).body, CALL)
    with pytest.raises(errors.InvalidRequestError):
        service.serve(["nonsense"], Context())
    service.serve(EVENT, Context())
    failed = records.the(FAILED)
    assert (failed["error_type"], failed["retryable"]) == ("InvalidRequestError", False)
    assert [record["cold_start"] for record in records.all()] == [True, False]


def test_a_failure_leaves_one_record_that_says_what_and_whether_to_retry(
    service: Service, comparison_stub: Stubber, records: Records
) -> None:
    comparison_stub.add_client_error("compare_faces", "ThrottlingException", http_status_code=400)
    with pytest.raises(errors.ThrottledError, match="ThrottlingException"):
        service.serve(EVENT, Context())
    (record,) = records.all()
    assert record["message"] == FAILED
    assert record["error_type"] == "ThrottledError"
    assert record["retryable"] is True
    assert record["source_key"] == "reference/a.jpg"


@pytest.mark.parametrize("faces", [{"FaceMatches": [], "UnmatchedFaces": []}, {}])
@pytest.mark.parametrize("is_strict", [False, True])
def test_an_answer_without_a_face_in_the_target_is_not_about_a_stranger(
    service: Service, answer_with: AnswerWith, faces: dict[str, object], is_strict: bool
) -> None:
    """Otherwise a person would be refused for a picture of a wall."""
    answer_with({"SourceImageFace": compared().body["SourceImageFace"], **faces})
    with pytest.raises(errors.NoFaceInTargetError, match=r"challenge/b\.jpg"):
        service.serve({**EVENT, "require_single_face": is_strict}, Context())


NO_SOURCE_FACE, NO_SIMILARITY = compared(99.0).body, compared(99.0).body
del NO_SOURCE_FACE["SourceImageFace"], NO_SIMILARITY["FaceMatches"][0]["Similarity"]


@pytest.mark.parametrize("answer", [{}, NO_SOURCE_FACE, NO_SIMILARITY])
def test_an_incomplete_answer_counts_as_no_answer_and_blames_neither_image(
    service: Service, answer_with: AnswerWith, answer: dict[str, Any]
) -> None:
    """Otherwise one odd answer would blame an image for good, or be recorded as a defect."""
    answer_with(answer)
    with pytest.raises(errors.ServiceUnavailableError):
        service.serve(EVENT, Context())


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds on the clock, which a test can move."""
    now = [100.0]
    for module in ("engine.comparer", "runtime.audit"):
        fake = SimpleNamespace(monotonic=lambda: now[0])
        monkeypatch.setattr(f"face_compare.{module}.time", fake)
    return now


def test_the_duration_of_a_comparison_is_recorded_in_milliseconds(
    direct: Direct, records: Records, clock: list[float]
) -> None:
    """Otherwise nobody could distinguish a slow service from a slow function."""

    def slow(*_: str) -> None:
        clock[0] += 0.25

    direct.rekognition.before = slow
    direct.serve(source="s", target="t")
    assert records.the(DECIDED)["duration_ms"] == 250.0


def test_a_defect_of_our_own_is_recorded_under_its_own_name_with_its_duration(
    direct: Direct, records: Records, clock: list[float]
) -> None:
    """Otherwise a slow failure would look like a fast one."""

    def fail(*_: str) -> None:
        clock[0] += 1.5
        raise LookupError("a defect")

    direct.rekognition.before = fail
    with pytest.raises(LookupError):
        direct.serve(source="s", target="t")
    failed = records.the(FAILED)
    assert (failed["error_type"], failed["duration_ms"]) == ("LookupError", 1500.0)
    assert failed["levelno"] == logging.ERROR


def test_an_unreadable_batch_is_recorded_once(direct: Direct, records: Records) -> None:
    """Otherwise a run would fail without a trace in the function's log."""
    with pytest.raises(errors.InvalidRequestError):
        direct.serve(pairs=[])
    failed = records.the(FAILED)
    assert failed["error_type"] == "InvalidRequestError"
    assert failed["duration_ms"] >= 0
