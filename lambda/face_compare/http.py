"""The function URL: its requests are read into events, answers and faults are written back.

Sources: the payload format 2.0 in the AWS Lambda developer guide ("Invoking Lambda function
URLs"), and RFC 9457 for problem details. The URL's only authorization is AWS_IAM, so a
request that arrives here has been signed by somebody who may send it.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from face_compare.comparison import fault_members
from face_compare.faults import FaceCompareError, InvalidRequestError

_RETRY_AFTER_SECONDS = "2"


def event_of(http_event: Mapping[str, Any]) -> object:
    """Return the event in the body of a POST.

    Raises:
        InvalidRequestError: It is another method, or the body is not JSON.
    """
    if http_event["requestContext"]["http"].get("method") != "POST":
        raise InvalidRequestError("Send the event as the JSON body of a POST.")
    body = http_event.get("body")
    if not isinstance(body, str):
        raise InvalidRequestError("The request has no body; send the event as JSON.")
    try:
        content = base64.b64decode(body) if http_event.get("isBase64Encoded") else body
        return json.loads(content)
    except (binascii.Error, ValueError, RecursionError):
        raise InvalidRequestError("The body is not valid JSON in UTF-8.") from None


def ok(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the response for an answer."""
    return _response(HTTPStatus.OK, "application/json", answer)


def problem(error: Exception, request_id: str) -> dict[str, Any]:
    """Return the response for a fault; of any other exception only that it happened."""
    if not isinstance(error, FaceCompareError):
        return _problem(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            {"detail": "The function failed; its log has the details.", "request_id": request_id},
        )
    members = fault_members(error)
    response = _problem(
        HTTPStatus(error.http_status),
        {
            "detail": members["message"],
            "error_type": members["type"],
            "retryable": members["retryable"],
            "request_id": request_id,
        },
    )
    if error.retryable:
        response["headers"]["Retry-After"] = _RETRY_AFTER_SECONDS
    return response


def _problem(status: HTTPStatus, members: Mapping[str, Any]) -> dict[str, Any]:
    # Without a "type" the status says what is the matter (RFC 9457, section 4.2.1).
    content = {"title": status.phrase, "status": status.value, **members}
    return _response(status, "application/problem+json", content)


def _response(status: HTTPStatus, media_type: str, content: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "statusCode": status.value,
        # No cache on the way may keep a decision about a person.
        "headers": {"Content-Type": media_type, "Cache-Control": "no-store"},
        "body": json.dumps(content),
    }
