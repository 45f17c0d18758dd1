"""The function URL: reads events from its requests, and writes answers and errors as responses.

Sources: the payload format 2.0 in the AWS Lambda developer guide ("Invoking Lambda function
URLs"), and RFC 9457 for problem details. The only authorization of the URL is AWS_IAM, so every
request that arrives here is signed by somebody who may send it.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from face_compare.model.errors import FaceCompareError, InvalidRequestError

_RETRY_AFTER_SECONDS = "2"


def event_in(http_event: Mapping[str, Any]) -> object:
    """Return the event in the body of a POST.

    Raises:
        InvalidRequestError: The method is not POST, or the body is not JSON.
    """
    if http_event["requestContext"]["http"].get("method") != "POST":
        raise InvalidRequestError("Send the event as the JSON body of a POST.")
    body = http_event.get("body")
    if not isinstance(body, str):
        raise InvalidRequestError("The request has no body. Send the event as JSON.")
    try:
        content = base64.b64decode(body) if http_event.get("isBase64Encoded") else body
        return json.loads(content)
    except (binascii.Error, ValueError, RecursionError):
        raise InvalidRequestError("The body is not valid JSON in UTF-8.") from None


def answer_response(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the response with an answer."""
    return _response(HTTPStatus.OK, "application/json", answer)


def error_response(error: Exception, request_id: str) -> dict[str, Any]:
    """Return the response with an error. A defect is reported without its details."""
    if not isinstance(error, FaceCompareError):
        return _problem(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            {"detail": "The function failed. Its log has the details.", "request_id": request_id},
        )
    response = _problem(
        HTTPStatus(error.http_status),
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


def _problem(status: HTTPStatus, members: Mapping[str, Any]) -> dict[str, Any]:
    # Without a "type" the title repeats the status (RFC 9457, section 4.2.1).
    content = {"title": status.phrase, "status": status.value, **members}
    return _response(status, "application/problem+json", content)


def _response(status: HTTPStatus, media_type: str, content: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "statusCode": status.value,
        # No cache may keep a decision about a person.
        "headers": {"Content-Type": media_type, "Cache-Control": "no-store"},
        "body": json.dumps(content),
    }
