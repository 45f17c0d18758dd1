"""What the caller gets, and what the auditor finds."""

from __future__ import annotations

import json
import logging

import pytest
from botocore.exceptions import (
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
    ReadTimeoutError,
    UnknownEndpointError,
)
from botocore.parsers import ResponseParserError
from botocore.stub import Stubber

from face_compare.model import errors
from face_compare.runtime.clients import Clients
from face_compare.service import Service
from tests.unit.payload.canned_aws import BOX, LANDMARKS, compared
from tests.unit.payload.conftest import Context

EVENT = {"source": "reference/a.jpg", "target": {"key": "challenge/b.jpg", "version_id": "v1"}}
CALL = {
    "SourceImage": {"S3Object": {"Bucket": "photos", "Name": "reference/a.jpg"}},
    "TargetImage": {"S3Object": {"Bucket": "photos", "Name": "challenge/b.jpg", "Version": "v1"}},
    "SimilarityThreshold": 0,
}
ANSWER_BOX = {member.lower(): ratio for member, ratio in BOX.items()}


def records(log: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    return [vars(record) for record in log.records if record.name == "face_compare"]


def test_the_answer_has_every_documented_member(service: Service, comparison_stub: Stubber) -> None:
    comparison_stub.add_response("compare_faces", compared(12.5, 99.25, unmatched=1).body, CALL)
    assert service.serve(EVENT, Context()) == {
        "request_id": "request-1",
        "match": True,
        "decision": "match",
        "similarity": 99.25,
        "similarity_threshold": 80.0,
        "review_threshold": None,
        "source": {
            "bucket": "photos",
            "key": "reference/a.jpg",
            "version_id": None,
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


def test_a_stranger_is_an_answer_with_a_score_and_not_an_error(
    service: Service, comparison_stub: Stubber
) -> None:
    comparison_stub.add_response("compare_faces", compared(3.5).body, CALL)
    answer = service.serve(EVENT, Context())
    assert (answer["match"], answer["decision"], answer["similarity"]) == (False, "no_match", 3.5)


def test_a_target_whose_faces_have_no_score_is_decided_no_match(
    service: Service, comparison_stub: Stubber
) -> None:
    comparison_stub.add_response("compare_faces", compared(unmatched=2).body, CALL)
    answer = service.serve(EVENT, Context())
    assert (answer["decision"], answer["similarity"]) == ("no_match", None)
    assert answer["target"]["face_count"] == 2


def test_a_raised_threshold_decides_and_is_recorded(
    service: Service, comparison_stub: Stubber, caplog: pytest.LogCaptureFixture
) -> None:
    comparison_stub.add_response("compare_faces", compared(95.0).body, CALL)
    answer = service.serve({**EVENT, "similarity_threshold": 99}, Context())
    assert (answer["decision"], answer["similarity_threshold"]) == ("no_match", 99.0)
    assert records(caplog)[0]["similarity_threshold"] == 99.0


def test_the_auditor_finds_who_was_compared_with_whom_and_by_which_rule(
    service: Service, comparison_stub: Stubber, caplog: pytest.LogCaptureFixture
) -> None:
    comparison_stub.add_response(
        "compare_faces",
        {**compared(91.0).body, "ResponseMetadata": {"RequestId": "rekognition-1"}},
        CALL,
    )
    service.serve(EVENT, Context())
    (record,) = records(caplog)
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
        "decision": "match",
        "source_count": 1,
        "target_face_count": 1,
        "rekognition_request_id": "rekognition-1",
    }
    assert {name: record[name] for name in expected} == expected


def test_only_the_first_invocation_of_an_environment_is_a_cold_start(
    service: Service, comparison_stub: Stubber, caplog: pytest.LogCaptureFixture
) -> None:
    comparison_stub.add_response("compare_faces", compared(91.0).body, CALL)
    with pytest.raises(errors.InvalidRequestError):
        service.serve({}, Context())
    service.serve(EVENT, Context())
    assert [record["cold_start"] for record in records(caplog)] == [True, False]


def test_no_landmark_and_no_box_reaches_a_log(
    service: Service, comparison_stub: Stubber, caplog: pytest.LogCaptureFixture
) -> None:
    comparison_stub.add_response("compare_faces", compared(91.0).body, CALL)
    service.serve(EVENT, Context())
    written = json.dumps(records(caplog), default=str)
    for number in (*BOX.values(), LANDMARKS[0]["X"], LANDMARKS[0]["Y"]):
        assert str(number) not in written


def test_a_failure_leaves_one_record_that_says_what_and_whether_to_retry(
    service: Service, comparison_stub: Stubber, caplog: pytest.LogCaptureFixture
) -> None:
    comparison_stub.add_client_error("compare_faces", "ThrottlingException", http_status_code=400)
    with pytest.raises(errors.ThrottledError):
        service.serve(EVENT, Context())
    (record,) = records(caplog)
    assert record["message"] == "face comparison failed"
    assert record["error_type"] == "ThrottledError"
    assert record["retryable"] is True
    assert record["source_key"] == "reference/a.jpg"


def test_an_unreadable_event_is_recorded_too(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(errors.InvalidRequestError):
        service.serve(["nonsense"], Context())
    (record,) = records(caplog)
    assert (record["error_type"], record["retryable"]) == ("InvalidRequestError", False)


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("ThrottlingException", 400, errors.ThrottledError),
        ("ThrottlingException", 500, errors.ThrottledError),
        ("ProvisionedThroughputExceededException", 400, errors.ThrottledError),
        ("SomethingNew", 429, errors.ThrottledError),
        ("AccessDeniedException", 400, errors.CallForbiddenError),
        ("InternalServerError", 500, errors.ServiceUnavailableError),
        ("SomethingNew", 503, errors.ServiceUnavailableError),
        ("ExpiredTokenException", 400, errors.ServiceUnavailableError),
        ("SomethingNew", 400, errors.CallRejectedError),
        ("SomethingNew", 403, errors.CallForbiddenError),
        ("RequestTimeTooSkewed", 403, errors.ServiceUnavailableError),
        ("RequestTimeout", 400, errors.ServiceUnavailableError),
    ],
)
def test_each_error_code_becomes_its_typed_error(
    service: Service,
    comparison_stub: Stubber,
    code: str,
    status: int,
    error: type[errors.FaceCompareError],
) -> None:
    comparison_stub.add_client_error("compare_faces", code, http_status_code=status)
    with pytest.raises(error, match=code):
        service.serve(EVENT, Context())


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="x"),
        ReadTimeoutError(endpoint_url="x"),
        CredentialRetrievalError(provider="container-role", error_msg="no answer"),
        ResponseParserError("not JSON"),
    ],
)
def test_no_answer_or_an_unreadable_one_is_a_transient_error(
    service: Service, clients: Clients, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(**_: object) -> None:
        raise error

    monkeypatch.setattr(clients.rekognition, "compare_faces", fail)
    with pytest.raises(errors.ServiceUnavailableError, match=type(error).__name__):
        service.serve(EVENT, Context())


@pytest.mark.parametrize(
    "error",
    [
        NoCredentialsError(),
        NoRegionError(),
        ParamValidationError(report="Invalid bucket name"),
        PartialCredentialsError(provider="env", cred_var="secret_key"),
        UnknownEndpointError(service_name="rekognition", region_name="x"),
    ],
)
def test_a_call_that_was_never_sent_is_a_configuration_error(
    service: Service, clients: Clients, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """Otherwise callers would send the request again and again, and nobody would be told."""

    def fail(**_: object) -> None:
        raise error

    monkeypatch.setattr(clients.rekognition, "compare_faces", fail)
    with pytest.raises(errors.ConfigurationError, match=type(error).__name__) as raised:
        service.serve(EVENT, Context())
    assert raised.value.retryable is False
    assert "Invalid bucket name" not in str(raised.value)


@pytest.mark.parametrize("faces", [{"FaceMatches": [], "UnmatchedFaces": []}, {}])
@pytest.mark.parametrize("is_strict", [False, True])
def test_an_answer_without_a_face_in_the_target_is_not_about_a_stranger(
    service: Service,
    clients: Clients,
    monkeypatch: pytest.MonkeyPatch,
    faces: dict[str, object],
    is_strict: bool,
) -> None:
    """Otherwise a person would be refused for a picture of a wall."""
    answer = {"SourceImageFace": compared().body["SourceImageFace"], **faces}
    monkeypatch.setattr(clients.rekognition, "compare_faces", lambda **_: answer)
    monkeypatch.setattr(clients.rekognition, "detect_faces", lambda **_: {"FaceDetails": [{}]})
    with pytest.raises(errors.NoFaceInTargetError, match=r"challenge/b\.jpg"):
        service.serve({**EVENT, "require_single_face": is_strict}, Context())


def test_an_answer_without_any_face_says_nothing_about_either_image(
    service: Service, clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a damaged answer would blame an image for good. It can be sent again."""
    monkeypatch.setattr(clients.rekognition, "compare_faces", lambda **_: {})
    with pytest.raises(errors.ServiceUnavailableError):
        service.serve(EVENT, Context())


@pytest.mark.parametrize("missing", ["SourceImageFace", "FaceMatches"])
def test_an_incomplete_answer_counts_as_no_answer(
    service: Service, clients: Clients, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    """Otherwise one odd answer would be recorded as a defect of the function."""
    answer = compared(99.0).body
    if missing == "SourceImageFace":
        del answer[missing]
    else:
        del answer[missing][0]["Similarity"]
    monkeypatch.setattr(clients.rekognition, "compare_faces", lambda **_: answer)
    with pytest.raises(errors.ServiceUnavailableError):
        service.serve(EVENT, Context())


def test_a_defect_of_our_own_is_recorded_under_its_own_name(
    service: Service,
    clients: Clients,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(**_: object) -> None:
        raise LookupError("a defect")

    monkeypatch.setattr(clients.rekognition, "compare_faces", fail)
    with pytest.raises(LookupError):
        service.serve(EVENT, Context())
    assert records(caplog)[0]["error_type"] == "LookupError"
