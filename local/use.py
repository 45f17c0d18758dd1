"""Use of a deployed function, as its consumers use it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.photos import Album, Photo
from local.stack import AwsClient, Stack

_RECORDS_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Invoked:
    """What one direct invocation came to."""

    request_id: str
    seconds: float
    """From the call to the answer, as the caller waits."""
    answer: Mapping[str, Any] | None
    """None when the function failed."""
    error_type: str | None
    error_message: str | None
    payload: Mapping[str, Any]
    """What came back, of either kind, as it is."""


def upload(s3: AwsClient, bucket: str, key: str, photo: Photo) -> str:
    """Put a photo; return its version."""
    put = s3.put_object(Bucket=bucket, Key=key, Body=photo.data, ContentType=photo.content_type)
    return str(put.get("VersionId", "null"))


def upload_album(s3: AwsClient, bucket: str, album: Album) -> None:
    """Put every photo below its prefix."""
    for photo in album.references:
        upload(s3, bucket, f"reference/{photo.name}", photo)
    for photo in album.challenges:
        upload(s3, bucket, f"challenge/{photo.name}", photo)


def invoke(
    lambda_client: AwsClient, function: str, event: object, qualifier: str | None = None
) -> Invoked:
    """Invoke a function directly and wait for it."""
    named = {"Qualifier": qualifier} if qualifier else {}
    began = time.monotonic()
    response = lambda_client.invoke(
        FunctionName=function, Payload=json.dumps(event).encode(), **named
    )
    payload = json.loads(response["Payload"].read())
    seconds = time.monotonic() - began
    if response.get("FunctionError"):
        return Invoked(
            request_id=str(payload.get("requestId", "")),
            seconds=seconds,
            answer=None,
            error_type=str(payload.get("errorType")),
            error_message=str(payload.get("errorMessage")),
            payload=payload,
        )
    return Invoked(str(payload["request_id"]), seconds, payload, None, None, payload)


def log_records(
    stack: Stack, group: str, request_id: str, within: float = _RECORDS_SECONDS
) -> list[dict[str, Any]]:
    """Return every log record of one request, in order; they arrive shortly after the answer.

    Args:
        stack: where to look.
        group: the log group.
        request_id: as in the function's answer.
        within: seconds to wait for the closing record; what is there by then is returned.
    """
    deadline = time.monotonic() + within
    while True:
        found = stack.client("logs").filter_log_events(
            logGroupName=group, filterPattern=f'"{request_id}"'
        )
        records = [json.loads(event["message"]) for event in found["events"]]
        closed = any(record.get("type") == "platform.report" for record in records)
        if closed or time.monotonic() >= deadline:
            return records
        time.sleep(0.1)
