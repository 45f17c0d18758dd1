"""Images that arrived before the first reference of their subject, kept in the bucket.

Two objects stand for such an image. Their content is the announcement of the image, so that
a reader has all that S3 said about it.

- ``.waiting`` is the marker: it says that the image waits. It is written each time that the image
  is found waiting.
- ``.retry`` puts the image back: S3 announces this object to the queue, as one message of its own.

An image waits for as long as its ``.retry`` is not newer than its ``.waiting``. So nothing has to
be deleted, which the function's role may not do. Both times are S3's, in whole seconds. If they
are equal, the image is put back once more, and then found decided.

S3 shows an object to every list and every read that begins after it was written ("Amazon S3 data
consistency model" in the user guide), and announces it after that. So a reference is either
listed for an image that has its marker, or its announcement finds this marker.

The function writes no ``.retry`` unless a reference is announced, and it writes no references.
So its own writes never announce each other in a circle ("Use Lambda recursive loop detection to
prevent infinite loops" in the AWS Lambda developer guide).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from face_compare.bulk.places import (
    WAITING_ENDING,
    retry_key,
    waiting_folder,
    waiting_key,
)
from face_compare.bulk.s3_events import (
    UnreadableMessageError,
    Upload,
    announced_in,
    announcement_of,
)
from face_compare.engine.error_mapping import status_of
from face_compare.runtime.settings import Settings

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_s3 import S3Client


class WaitingImages:
    """The waiting images of one bucket. The methods raise the errors of botocore."""

    def __init__(self, s3: S3Client, settings: Settings) -> None:
        self._s3 = s3
        self._settings = settings

    def add(self, upload: Upload) -> None:
        """Write the marker of an image that waits."""
        self._put(waiting_key(upload, self._settings), upload)

    def of(self, subject: str) -> list[str]:
        """Return the keys of the markers of a subject's waiting images."""
        written: dict[str, datetime] = {}
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._settings.bucket, Prefix=waiting_folder(subject, self._settings)
        )
        for page in pages:
            for each in page.get("Contents", []):
                written[each["Key"]] = each["LastModified"]
        return [
            key
            for key, waits_since in written.items()
            if key.endswith(WAITING_ENDING)
            and written.get(retry_key(key), waits_since) <= waits_since
        ]

    def read(self, key: str) -> Upload | None:
        """Return the image that an object stands for, None if the object is gone or damaged."""
        try:
            stored = self._s3.get_object(Bucket=self._settings.bucket, Key=key)
        except ClientError as error:
            if status_of(error) == 404:
                return None
            raise
        try:
            announced = announced_in(stored["Body"].read().decode(), self._settings)
        except (UnicodeDecodeError, UnreadableMessageError):
            return None
        images = [each for each in announced if isinstance(each, Upload)]
        return images[0] if images else None

    def put_back(self, key: str, upload: Upload) -> None:
        """Let S3 announce an image again. ``key`` is the key of its marker."""
        self._put(retry_key(key), upload)

    def _put(self, key: str, upload: Upload) -> None:
        self._s3.put_object(
            Bucket=self._settings.bucket,
            Key=key,
            Body=announcement_of(upload, self._settings.bucket).encode(),
            ContentType="application/json",
        )
