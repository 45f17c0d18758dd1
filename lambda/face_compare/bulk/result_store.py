"""Results in the bucket. Each image is decided once, however often it is announced.

Before an invocation decides an image, it claims it: it creates an object by a conditional write,
which succeeds for one invocation only. A claim is valid for as long as an invocation can run.
After that its holder does not run any more, and another invocation may take the claim over. The
result is written conditionally too, so even two holders of one claim cannot write two results.

One kind of result is not the end: that an image has no reference. It needs no claim, because
nothing is compared. If a reference comes later, the decision replaces it, once.

The age of a claim is measured by S3's clock, from the headers of one answer, never by the
function's. Source: "Conditional writes" in the Amazon S3 user guide.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from face_compare.bulk.places import CLAIM_ENDING
from face_compare.engine.error_mapping import status_of
from face_compare.model.errors import ReferenceNotFoundError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CONFLICTS = (409, 412)


class ClaimOutcome(Enum):
    """What came of an attempt to claim an image."""

    MINE = auto()
    DECIDED = auto()
    BUSY = auto()


class ResultState(Enum):
    """What the result of an image says."""

    MISSING = auto()
    WITHOUT_REFERENCE = auto()
    DECIDED = auto()


class ResultStore:
    """Claims and results in one bucket. The methods raise the errors of botocore."""

    def __init__(self, s3: S3Client, bucket: str, lease_seconds: float) -> None:
        """Take a client, the bucket, and how long a claim is valid."""
        self._s3 = s3
        self._bucket = bucket
        self._lease_seconds = lease_seconds

    def claim(self, key: str, request_id: str) -> ClaimOutcome:
        """Claim the result at ``key`` for the invocation ``request_id``."""
        claim_key = key + CLAIM_ENDING
        try:
            self._put(claim_key, request_id.encode(), IfNoneMatch="*")
        except ClientError as error:
            if status_of(error) not in _CONFLICTS:
                raise
        else:
            return ClaimOutcome.MINE
        if self.state(key) is ResultState.DECIDED:
            return ClaimOutcome.DECIDED
        return self._take_over(claim_key, request_id)

    def state(self, key: str) -> ResultState:
        """Return what the result at ``key`` says."""
        return self._read(key)[0]

    def write(self, key: str, result: Mapping[str, Any]) -> bool:
        """Write a result. Return False if there is a decision already, which stays as it is."""
        # Not in ASCII, so that a search for a key finds it.
        body = json.dumps(result, ensure_ascii=False).encode()
        if self._put_result(key, body, IfNoneMatch="*"):
            return True
        if _state_of(result) is ResultState.WITHOUT_REFERENCE:
            return False
        state, etag = self._read(key)
        return state is ResultState.WITHOUT_REFERENCE and self._put_result(key, body, IfMatch=etag)

    def _put_result(self, key: str, body: bytes, **condition: Any) -> bool:
        try:
            self._put(key, body, ContentType="application/json", **condition)
        except ClientError as error:
            # 412: the condition does not hold. 409 says only that another write is under way.
            if status_of(error) == 412:
                return False
            raise
        return True

    def _put(self, key: str, body: bytes, **options: Any) -> None:
        # A bucket with Object Lock refuses an object without a checksum. botocore would send its
        # own after the body, in a write of its own, which takes more CPU.
        checksum = base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()
        self._s3.put_object(
            Bucket=self._bucket,
            Key=key,
            Body=body,
            ChecksumAlgorithm="CRC32",
            ChecksumCRC32=checksum,
            **options,
        )

    def _read(self, key: str) -> tuple[ResultState, str]:
        """Return what the result at ``key`` says, and its ETag."""
        try:
            stored = self._s3.get_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if status_of(error) == 404:
                return ResultState.MISSING, ""
            raise
        try:
            result = json.loads(stored["Body"].read())
        except ValueError:
            # It was written by others, and stays as it is.
            result = None
        return _state_of(result), stored["ETag"]

    def _take_over(self, claim_key: str, request_id: str) -> ClaimOutcome:
        try:
            head = self._s3.head_object(Bucket=self._bucket, Key=claim_key)
            now = _date_in(head["ResponseMetadata"]["HTTPHeaders"])
            if (now - head["LastModified"]).total_seconds() <= self._lease_seconds:
                return ClaimOutcome.BUSY
            self._put(claim_key, request_id.encode(), IfMatch=head["ETag"])
        except ClientError as error:
            if status_of(error) in (404, *_CONFLICTS):
                return ClaimOutcome.BUSY
            raise
        return ClaimOutcome.MINE


def _state_of(result: Any) -> ResultState:
    error = result.get("error") if isinstance(result, Mapping) else None
    if isinstance(error, Mapping) and error.get("type") == ReferenceNotFoundError.__name__:
        return ResultState.WITHOUT_REFERENCE
    return ResultState.DECIDED


def _date_in(headers: Mapping[str, str]) -> datetime:
    return parsedate_to_datetime(headers["date"])
