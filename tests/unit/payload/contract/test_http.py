"""The function URL: otherwise a web developer would get the wrong status, or no reason."""

from __future__ import annotations

import base64
import inspect
import json
from typing import Any

import pytest
from botocore.stub import Stubber

from face_compare.contract import http
from face_compare.model import errors
from face_compare.service import Service
from tests.unit.payload.canned_aws import compared
from tests.unit.payload.invocation import Context

EVENT = {"source": "reference/a.jpg", "target": "challenge/b.jpg"}


def posted(content: object, **members: object) -> dict[str, Any]:
    """Return an event of the function URL (payload format 2.0). A string is sent as it is."""
    return {
        "version": "2.0",
        "rawPath": "/",
        "headers": {"content-type": "application/json"},
        "requestContext": {"http": {"method": "POST", "path": "/"}},
        "body": content if isinstance(content, str) else json.dumps(content),
        "isBase64Encoded": False,
        **members,
    }


def test_a_post_is_answered_with_the_same_answer_as_an_invocation(
    service: Service, comparison_stub: Stubber
) -> None:
    for _ in range(2):
        comparison_stub.add_response("compare_faces", compared(99.0).body)
    response = service.serve(posted(EVENT), Context())
    assert response["statusCode"] == 200
    assert response["headers"]["Content-Type"] == "application/json"
    assert response["headers"]["Cache-Control"] == "no-store"
    assert json.loads(response["body"]) == service.serve(EVENT, Context())


def test_a_body_in_base64_is_read(service: Service, comparison_stub: Stubber) -> None:
    comparison_stub.add_response("compare_faces", compared(99.0).body)
    body = base64.b64encode(json.dumps(EVENT).encode()).decode()
    assert service.serve(posted(body, isBase64Encoded=True), Context())["statusCode"] == 200


def test_an_error_is_a_problem_that_says_what_to_do(
    service: Service, comparison_stub: Stubber
) -> None:
    comparison_stub.add_client_error(
        "compare_faces", "ProvisionedThroughputExceededException", http_status_code=400
    )
    response = service.serve(posted(EVENT), Context())
    problem = json.loads(response["body"])
    assert response["statusCode"] == problem["status"] == 429
    assert response["headers"]["Content-Type"] == "application/problem+json"
    # A quota per second is free again in the next second. One more is for clocks that differ.
    assert response["headers"]["Retry-After"] == "2"
    assert problem["title"] == "Too Many Requests"
    assert problem["error_type"] == "ThrottledError"
    assert problem["retryable"] is True
    assert problem["request_id"] == "request-1"
    assert "later" in problem["detail"]


@pytest.mark.parametrize(
    "event",
    [
        posted("{"),
        posted(""),
        posted("[" * 100_000),
        posted("{}"),
        posted("not base64", isBase64Encoded=True),
        posted(base64.b64encode(b"\xff\xfe\xff").decode(), isBase64Encoded=True),
        posted(EVENT, body=None),
        posted(EVENT, requestContext={"http": {"method": "GET"}}),
        posted(EVENT, requestContext={"http": {}}),
    ],
)
def test_a_body_that_is_not_an_event_is_a_bad_request_and_not_a_crash(
    service: Service, event: dict[str, Any]
) -> None:
    response = service.serve(event, Context())
    assert response["statusCode"] == 400
    assert "Retry-After" not in response["headers"]


def test_each_error_has_its_status_and_says_when_to_retry_only_if_a_retry_can_help() -> None:
    """The statuses themselves are compared with the documentation, in test_error_types."""
    for _, kind in inspect.getmembers(errors, inspect.isclass):
        if issubclass(kind, errors.FaceCompareError):
            response = http.error_response(kind("why"), "request-1")
            assert response["statusCode"] == kind.http_status
            assert ("Retry-After" in response["headers"]) is kind.retryable


def test_a_defect_is_answered_without_its_details() -> None:
    response = http.error_response(KeyError("secret"), "request-1")
    assert response["statusCode"] == 500
    assert "secret" not in response["body"]
