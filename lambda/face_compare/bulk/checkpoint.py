"""What is already decided of a batch that has to be retried, kept in the bucket."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from face_compare.bulk.batch_event import Batch
from face_compare.engine.error_mapping import general_error, status_of
from face_compare.runtime import audit
from face_compare.runtime.clients import AWS_ERRORS
from face_compare.runtime.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

type Entry = dict[str, Any]
"""What the answer says about one item."""


class Checkpoint:
    """The entries of one batch that are already decided.

    A checkpoint is for the same pairs in the same execution, under the same rule. If the event
    names no execution, nothing is kept: a later batch of the same pairs may be about other images.
    """

    def __init__(self, s3: S3Client, settings: Settings, batch: Batch) -> None:
        self._s3 = s3
        self._bucket = settings.bucket
        self._count = len(batch.items)
        self._is_kept = bool(batch.execution)
        content = json.dumps([batch.execution, str(settings.rule), batch.text])
        digest = hashlib.sha256(content.encode()).hexdigest()
        self._key = f"{settings.results_prefix}batch/unfinished/{digest}.checkpoint"

    def read(self) -> list[Entry | None]:
        """Return an entry for each item, None for an item that is not decided yet.

        Raises:
            FaceCompareError: The checkpoint cannot be read.
        """
        if not self._is_kept:
            return [None] * self._count
        try:
            stored = self._s3.get_object(Bucket=self._bucket, Key=self._key)
            entries: list[Entry | None] = json.loads(stored["Body"].read())
        except AWS_ERRORS as error:
            if status_of(error) == 404:
                return [None] * self._count
            raise general_error(error, "S3") from error
        return entries

    def write(self, entries: Sequence[Entry | None]) -> None:
        """Keep what is decided. A failure is only noted: the retry then compares all pairs."""
        if not self._is_kept:
            return
        try:
            self._s3.put_object(
                Bucket=self._bucket, Key=self._key, Body=json.dumps(entries).encode()
            )
        except AWS_ERRORS as error:
            audit.record_note("batch not kept", why=str(general_error(error, "S3")))
