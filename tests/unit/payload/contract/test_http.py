"""HTTP: otherwise a web developer would get the wrong status, or no reason."""

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
from tests.unit.payload.direct import Records
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


def of_rest_api(content: object, method: str = "POST", **members: object) -> dict[str, Any]:
    """Return an event of API Gateway's payload format 1.0."""
    headers = {"Content-Type": "application/json", "User-Agent": "curl/8.5.0"}
    return {
        "resource": "/compare",
        "path": "/v1/compare",
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": "/compare",
            "httpMethod": method,
            "path": "/v1/compare",
            "stage": "v1",
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "identity": {"sourceIp": "192.0.2.1"},
        },
        "body": content if isinstance(content, str | None) else json.dumps(content),
        "isBase64Encoded": False,
        **members,
    }


def of_load_balancer(
    content: object, method: str = "POST", *, agent: str = "curl/8.5.0", several: bool = False
) -> dict[str, Any]:
    """Return an event of an Application Load Balancer, perhaps with several values of a header."""
    headers = {"content-type": "application/json", "user-agent": agent}
    group = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/compare/6d0ecf8"
    event: dict[str, Any] = {
        "requestContext": {"elb": {"targetGroupArn": group}},
        "httpMethod": method,
        "path": "/compare",
        "body": content if isinstance(content, str) else json.dumps(content),
        "isBase64Encoded": False,
    }
    if several:
        values = {name: [value] for name, value in headers.items()}
        return {**event, "multiValueQueryStringParameters": {}, "multiValueHeaders": values}
    return {**event, "queryStringParameters": {}, "headers": headers}


def of_lattice(content: object) -> dict[str, Any]:
    """Return an event of VPC Lattice (event structure V2). Its headers are lists."""
    return {
        "version": "2.0",
        "path": "/compare",
        "method": "POST",
        "headers": {"content-type": ["application/json"], "user-agent": ["curl/8.5.0"]},
        "queryStringParameters": {},
        "requestContext": {
            "serviceArn": "arn:aws:vpc-lattice:eu-west-1:123456789012:service/svc-0a40eebed6",
            "identity": {"sourceVpcArn": "arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-0b8276c84"},
            "timeEpoch": "1690497599177430",
        },
        "body": content if isinstance(content, str) else json.dumps(content),
        "isBase64Encoded": isinstance(content, str),
    }


ENCODED = base64.b64encode(json.dumps(EVENT).encode()).decode()


@pytest.mark.parametrize(
    "http_event",
    [
        posted(EVENT),
        posted(ENCODED, isBase64Encoded=True),
        # An HTTP API has a stage, and a route.
        posted(EVENT, routeKey="POST /compare", rawPath="/v1/compare", stageVariables={"a": "b"}),
        posted("\ufeff" + json.dumps(EVENT)),
        of_rest_api(EVENT),
        of_rest_api(ENCODED, isBase64Encoded=True),
        # An HTTP API with this payload format.
        of_rest_api(EVENT, version="1.0"),
        of_load_balancer(EVENT),
        of_load_balancer(EVENT, several=True),
        of_lattice(EVENT),
        of_lattice(ENCODED),
    ],
)
def test_a_post_is_answered_with_the_same_answer_as_an_invocation(
    service: Service, comparison_stub: Stubber, http_event: dict[str, Any]
) -> None:
    for _ in range(2):
        comparison_stub.add_response("compare_faces", compared(99.0).body)
    response = service.serve(http_event, Context())
    assert response["statusCode"] == 200
    assert response["isBase64Encoded"] is False
    headers = response.get("headers") or {
        name: value for name, (value,) in response["multiValueHeaders"].items()
    }
    assert headers == {"Content-Type": "application/json", "Cache-Control": "no-store"}
    assert json.loads(response["body"]) == service.serve(EVENT, Context())


API_GATEWAY_TAKES = {"body", "headers", "isBase64Encoded", "statusCode"}
LOAD_BALANCER_TAKES = API_GATEWAY_TAKES | {"statusDescription"}


@pytest.mark.parametrize(
    ("http_event", "taken"),
    [
        (posted("{"), API_GATEWAY_TAKES),
        (of_rest_api(None), API_GATEWAY_TAKES),
        (of_load_balancer(""), LOAD_BALANCER_TAKES),
        (
            of_load_balancer("", several=True),
            LOAD_BALANCER_TAKES - {"headers"} | {"multiValueHeaders"},
        ),
        ({"requestContext": {}}, API_GATEWAY_TAKES),
        ({"requestContext": {"eventType": "MESSAGE"}, "body": "{}"}, API_GATEWAY_TAKES),
    ],
)
def test_a_response_has_only_what_its_reader_takes(
    service: Service, http_event: dict[str, Any], taken: set[str]
) -> None:
    """Otherwise the caller would get 502, and not the reason."""
    response = service.serve(http_event, Context())
    assert response.keys() == taken
    assert response["statusCode"] == 400
    assert response.get("statusDescription", "400 Bad Request") == "400 Bad Request"
    assert json.loads(response["body"])["error_type"] == "InvalidRequestError"


@pytest.mark.parametrize("several", [False, True])
def test_a_load_balancers_health_check_costs_nothing_and_is_no_failure(
    service: Service, records: Records, several: bool
) -> None:
    """Otherwise the load balancer would take a function that works out of service."""
    check = of_load_balancer("", "GET", agent="ELB-HealthChecker/2.0", several=several)
    response = service.serve(check, Context())
    assert (response["statusCode"], response["statusDescription"]) == (200, "200 OK")
    assert records.all() == []


def test_the_name_of_a_health_check_opens_no_other_way_in(service: Service) -> None:
    """Otherwise a request through the function URL could look like an answer."""
    agent = {"user-agent": "ELB-HealthChecker/2.0"}
    assert service.serve(posted(EVENT, headers=agent, body=None), Context())["statusCode"] == 400


@pytest.mark.parametrize(
    ("content_type", "words"),
    [("multipart/form-data; boundary=x", "It is a form"), ("image/jpeg", "It is an image")],
)
def test_a_photo_that_is_posted_as_it_is_is_told_how_to_send_it(
    service: Service, content_type: str, words: str
) -> None:
    response = service.serve(posted("x", headers={"Content-Type": content_type}), Context())
    assert words in json.loads(response["body"])["detail"]


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
        posted("[" * 100_000),
        posted("{}"),
        posted("not base64", isBase64Encoded=True),
        posted(base64.b64encode(b"\xff\xfe\xff").decode(), isBase64Encoded=True),
        posted(EVENT, body=None),
        posted(EVENT, requestContext={"http": {"method": "GET"}}),
        posted("\ud800"),
        of_rest_api(EVENT, "GET"),
        of_rest_api(None),
        of_load_balancer(EVENT, "PUT"),
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
            assert response["statusCode"] == http.status_of(kind("why"))
            assert ("Retry-After" in response["headers"]) is kind.retryable


def test_a_defect_is_answered_without_its_details() -> None:
    response = http.error_response(KeyError("secret"), "request-1")
    assert response["statusCode"] == 500
    assert "secret" not in response["body"]
