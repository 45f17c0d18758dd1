"""HTTP: reads events from requests, and writes answers and errors as responses.

Requests come from the function URL, API Gateway, an Application Load Balancer or VPC Lattice. They
are authorized before they arrive: by Lambda for the function URL, whose only authorization is
AWS_IAM, and by an authorizer, a listener or an auth policy for the others.

Sources: the payload formats 1.0 and 2.0 in the Amazon API Gateway developer guide ("Create AWS
Lambda proxy integrations for HTTP APIs"), of which the function URL uses 2.0; "Use Lambda
functions as targets" in the guide of Application Load Balancers; "Lambda functions as targets in
VPC Lattice" in its guide (event structure V2); RFC 9457 for problem details.
"""

import base64
import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from face_compare.model import errors
from face_compare.model.errors import FaceCompareError, InvalidRequestError
from face_compare.runtime import audit

_ERRORS_OF_STATUS: dict[int, tuple[type[FaceCompareError], ...]] = {
    400: (errors.InvalidRequestError, errors.InvalidManifestError),
    403: (errors.ImageForbiddenError,),
    404: (errors.ImageNotFoundError, errors.ReferenceNotFoundError),
    413: (errors.ImageTooLargeError,),
    415: (errors.ImageFormatError,),
    422: (
        errors.LowQualityFaceInSourceError,
        errors.LowQualityFaceInTargetError,
        errors.NoFaceInSourceError,
        errors.NoFaceInTargetError,
        errors.SeveralFacesInSourceError,
        errors.SeveralFacesInTargetError,
    ),
    429: (errors.ThrottledError,),
    # Every other configuration error.
    502: (errors.ConfigurationError,),
    503: (errors.TransientError,),
}
"""The first status that fits counts.

502 is for what is wrong around the function: no request can cause it.
"""

_RETRY_AFTER_SECONDS = "2"
_HEALTH_CHECKER = "elb-healthchecker/"


def respond(
    http_event: Mapping[str, Any],
    invocation: audit.Invocation,
    answer: Callable[[object], Mapping[str, Any]],
) -> dict[str, Any]:
    """Return the response to a request. ``answer`` returns the answer to the event in it."""
    if _is_health_check(http_event):
        return _for_sender(_success({"status": "ok"}), http_event)
    try:
        with audit.failures_recorded(invocation):
            event = _event_in(http_event)
        response = _success(answer(event))
    except Exception as error:  # noqa: BLE001 - it is recorded, and the response tells of it
        response = error_response(error, invocation.request_id)
    return _for_sender(response, http_event)


def error_response(error: Exception, request_id: str) -> dict[str, Any]:
    """Return the response with an error. A defect is reported without its details."""
    if not isinstance(error, FaceCompareError):
        return _problem(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            {"detail": "The function failed. Its log has the details.", "request_id": request_id},
        )
    response = _problem(
        status_of(error),
        {
            "detail": str(error),
            "error_type": type(error).__name__,
            "retryable": error.retryable,
            "request_id": request_id,
        },
    )
    if error.retryable:
        response["headers"]["Retry-After"] = _RETRY_AFTER_SECONDS
    return response


def status_of(error: FaceCompareError) -> HTTPStatus:
    """Return the status of the response with an error."""
    for status, kinds in _ERRORS_OF_STATUS.items():
        if isinstance(error, kinds):
            return HTTPStatus(status)
    return HTTPStatus.INTERNAL_SERVER_ERROR


def _event_in(http_event: Mapping[str, Any]) -> object:
    """Return the event in the body of a POST.

    Raises:
        InvalidRequestError: The method is not POST, or the body is not JSON.
    """
    if _method(http_event) != "POST":
        raise InvalidRequestError("Send the event as the JSON body of a POST.")
    body = http_event.get("body")
    if not isinstance(body, str) or not body:
        raise InvalidRequestError("The request has no body. Send the event as JSON.")
    try:
        content = base64.b64decode(body) if http_event.get("isBase64Encoded") else body.encode()
        # A byte-order mark is skipped.
        return json.loads(content)
    except (ValueError, RecursionError):
        raise InvalidRequestError(
            f"The body is not valid JSON in UTF-8.{_advice(_header(http_event, 'content-type'))}"
        ) from None


def _is_health_check(http_event: Mapping[str, Any]) -> bool:
    """Tell whether a load balancer asks if the function works. It costs no comparison."""
    agent = _header(http_event, "user-agent")
    return _is_from_load_balancer(http_event) and agent.startswith(_HEALTH_CHECKER)


def _for_sender(response: dict[str, Any], http_event: Mapping[str, Any]) -> dict[str, Any]:
    """Return a response in the form that the sender of the request accepts.

    API Gateway and the function URL accept it unchanged. API Gateway refuses further fields.
    """
    if not _is_from_load_balancer(http_event):
        return response
    status = HTTPStatus(response["statusCode"])
    answer = {**response, "statusDescription": f"{status.value} {status.phrase}"}
    if "multiValueHeaders" in http_event:
        # The target group has them switched on, and ignores the others.
        headers = answer.pop("headers")
        answer["multiValueHeaders"] = {name: [value] for name, value in headers.items()}
    return answer


def _method(http_event: Mapping[str, Any]) -> object:
    http = http_event["requestContext"].get("http")
    if isinstance(http, Mapping):
        return http.get("method")
    # VPC Lattice has the second name.
    return http_event.get("httpMethod", http_event.get("method"))


def _is_from_load_balancer(http_event: Mapping[str, Any]) -> bool:
    return "elb" in http_event["requestContext"]


def _header(http_event: Mapping[str, Any], name: str) -> str:
    """Return the value of a header in lower case, "" if there is none."""
    for member in ("headers", "multiValueHeaders"):
        headers = http_event.get(member)
        for header, value in headers.items() if isinstance(headers, Mapping) else ():
            first = value[0] if isinstance(value, list) and value else value
            if str(header).lower() == name and isinstance(first, str):
                return first.lower()
    return ""


def _advice(content_type: str) -> str:
    if content_type.startswith("multipart/"):
        return " It is a form: send JSON, with the image in base64 as bytes."
    if content_type.startswith("image/"):
        return " It is an image: send JSON, with the image in base64 as bytes."
    return ""


def _success(content: Mapping[str, Any]) -> dict[str, Any]:
    return _response(HTTPStatus.OK, "application/json", content)


def _problem(status: HTTPStatus, members: Mapping[str, Any]) -> dict[str, Any]:
    # Without a "type" the title repeats the status (RFC 9457, section 4.2.1).
    content = {"title": status.phrase, "status": status.value, **members}
    return _response(status, "application/problem+json", content)


def _response(status: HTTPStatus, media_type: str, content: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "statusCode": status.value,
        # No cache may keep a decision about a person.
        "headers": {"Content-Type": media_type, "Cache-Control": "no-store"},
        "isBase64Encoded": False,
        "body": json.dumps(content),
    }
