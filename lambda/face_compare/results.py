"""Results in the bucket, each decided once however often a photo is announced.

Whoever wants to decide a photo first claims it, by an object that can be created once only
(a conditional put). A claim is good for as long as a function can run; one that its holder
left behind, killed or throttled, may be taken over. The result is created once only, too, so
that even two holders of one claim cannot leave two decisions.

Ages are told by S3's own clock, from the headers of one answer; the function's does not count.
Source: "Conditional writes" in the Amazon S3 user guide.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from face_compare.aws_errors import http_status
from face_compare.uploads import CLAIM_ENDING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CONFLICTS = (409, 412)


class Claim(Enum):
    """What trying to claim a photo gave."""

    MINE = auto()
    DECIDED = auto()
    BUSY = auto()


class ResultStore:
    """The results below one prefix. Its methods raise botocore's errors."""

    def __init__(self, s3: S3Client, bucket: str, lease_seconds: float) -> None:
        """Take a client, the bucket, and how long a claim is good."""
        self._s3 = s3
        self._bucket = bucket
        self._lease_seconds = lease_seconds

    def claim(self, key: str, request_id: str) -> Claim:
        """Claim the result at ``key`` for the invocation ``request_id``."""
        claim_key = key + CLAIM_ENDING
        try:
            self._s3.put_object(
                Bucket=self._bucket, Key=claim_key, Body=request_id.encode(), IfNoneMatch="*"
            )
        except ClientError as error:
            if http_status(error) not in _CONFLICTS:
                raise
        else:
            return Claim.MINE
        if self._exists(key):
            return Claim.DECIDED
        return self._take_over(claim_key, request_id)

    def write(self, key: str, result: Mapping[str, Any]) -> bool:
        """Write the result; False if there was one already, which stays as it is."""
        try:
            self._s3.put_object(
                Bucket=self._bucket,
                Key=key,
                # Keys as they are, so that they can be searched for.
                Body=json.dumps(result, ensure_ascii=False).encode(),
                ContentType="application/json",
                IfNoneMatch="*",
            )
        except ClientError as error:
            # 412: it exists. A 409 says nothing of the kind, only that S3 was busy with the key.
            if http_status(error) == 412:
                return False
            raise
        return True

    def _exists(self, key: str) -> bool:
        try:
            self._s3.head_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if http_status(error) == 404:
                return False
            raise
        return True

    def _take_over(self, claim_key: str, request_id: str) -> Claim:
        try:
            head = self._s3.head_object(Bucket=self._bucket, Key=claim_key)
            now = _date_of(head["ResponseMetadata"]["HTTPHeaders"])
            if (now - head["LastModified"]).total_seconds() <= self._lease_seconds:
                return Claim.BUSY
            self._s3.put_object(
                Bucket=self._bucket,
                Key=claim_key,
                Body=request_id.encode(),
                IfMatch=head["ETag"],
            )
        except ClientError as error:
            if http_status(error) in (404, *_CONFLICTS):
                return Claim.BUSY
            raise
        return Claim.MINE


def _date_of(headers: Mapping[str, str]) -> datetime:
    return parsedate_to_datetime(headers["date"])
