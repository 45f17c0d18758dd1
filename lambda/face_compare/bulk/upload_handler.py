"""Decides uploaded images, which a batch of messages from the queue announces.

Each announced image ends in one of three ways. Its result is written, with a decision or an
error of the image itself. Or its result was written before. Or, after a transient error or a
configuration error, its message goes back to the queue, which moves it to the dead-letter queue
after the allowed number of attempts.

S3's test message, and the empty objects that stand for folders, do not announce an image.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from face_compare.bulk.paced_comparer import PacedComparer, out_of_time
from face_compare.bulk.references import References
from face_compare.bulk.result_store import ClaimOutcome, ResultStore
from face_compare.bulk.s3_events import (
    UnreadableMessageError,
    Upload,
    result_key,
    uploads_in,
)
from face_compare.contract.answer import error_members, target_answer
from face_compare.engine.comparer import Comparer
from face_compare.engine.error_mapping import general_error
from face_compare.model.comparison import ComparisonRequest
from face_compare.model.errors import (
    ConfigurationError,
    InvalidRequestError,
    ReferenceNotFoundError,
    TransientError,
)
from face_compare.model.image import StoredImage
from face_compare.runtime import audit
from face_compare.runtime.clients import AWS_ERRORS
from face_compare.runtime.settings import RESERVE_SECONDS, SecondsLeft, Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# A claim is valid for this much longer than its holder can work.
_LEASE_MARGIN_SECONDS = 5.0

# The pause between two attempts to write a result, in addition to botocore's own retries.
_PAUSE_SECONDS = 0.5

_NOTES = {
    ClaimOutcome.DECIDED: "image already decided",
    ClaimOutcome.BUSY: "image being decided elsewhere",
}


@dataclass(frozen=True, slots=True)
class _Work:
    """What all images of one invocation share."""

    invocation: audit.Invocation
    seconds_left: SecondsLeft
    comparer: PacedComparer
    references: References


class UploadHandler:
    """Decides the images that a batch of messages announces, at the module's pace."""

    def __init__(self, settings: Settings, comparer: Comparer, s3: S3Client) -> None:
        """Take a comparer and a client of S3 with the limits of bulk work."""
        self._settings = settings
        self._comparer = comparer
        self._s3 = s3
        lease = settings.timeout_seconds + _LEASE_MARGIN_SECONDS
        self._results = ResultStore(s3, settings.bucket, lease)

    def serve(
        self, event: Mapping[str, Any], invocation: audit.Invocation, seconds_left: SecondsLeft
    ) -> dict[str, Any]:
        """Decide the images, and return SQS's partial batch response: what to deliver again."""
        with audit.failures_recorded(invocation):
            announced = {record["messageId"]: self._read(record) for record in event["Records"]}
            # One batch may announce the same image several times.
            uploads = list(
                dict.fromkeys(upload for read in announced.values() for upload in read or ())
            )
            comparer = PacedComparer(self._settings, self._comparer, seconds_left, len(uploads))
            references = References(self._s3, self._settings)
            work = _Work(invocation, seconds_left, comparer, references)
            with ThreadPoolExecutor(self._settings.workers) as executor:
                finished = list(executor.map(lambda upload: self._finish(upload, work), uploads))
            comparer.finish()
        done = {upload for upload, is_done in zip(uploads, finished, strict=True) if is_done}
        return {
            "batchItemFailures": [
                {"itemIdentifier": message_id}
                for message_id, read in announced.items()
                if read is None or not done.issuperset(read)
            ]
        }

    def _read(self, record: Mapping[str, Any]) -> list[Upload] | None:
        """Return the uploads that a message announces, None if it cannot be read."""
        try:
            return uploads_in(
                record["body"], self._settings.bucket, self._settings.challenge_prefix
            )
        except UnreadableMessageError as error:
            audit.record_note("message refused", message_id=record["messageId"], why=str(error))
            return None

    def _finish(self, upload: Upload, work: _Work) -> bool:
        """Tell whether the image has its result now. If not, its message is delivered again."""
        image = StoredImage(upload.key, upload.version_id)
        try:
            return self._decide_once(upload, image, work)
        except AWS_ERRORS as error:
            audit.record_failure(work.invocation, general_error(error, "S3"), image=image)
        except Exception as error:  # noqa: BLE001 - a defect at one image must not stop the others
            audit.record_failure(work.invocation, error, image=image)
        return False

    def _decide_once(self, upload: Upload, image: StoredImage, work: _Work) -> bool:
        """Decide an image, unless it has a result or another invocation is deciding it.

        Return whether it has a result now.
        """
        if not work.comparer.has_time():
            raise out_of_time()
        key = result_key(upload, self._settings.challenge_prefix, self._settings.results_prefix)
        claim = self._results.claim(key, work.invocation.request_id)
        if claim is not ClaimOutcome.MINE:
            audit.record_note(_NOTES[claim], target_key=upload.key, result_key=key)
            return claim is ClaimOutcome.DECIDED
        result = self._result(image, work)
        if result is None:
            return False
        if not self._write(key, result, work):
            # Another holder of the claim was faster. The decision on record here does not count.
            audit.record_note("image decided elsewhere", target_key=upload.key, result_key=key)
        return True

    def _result(self, image: StoredImage, work: _Work) -> dict[str, Any] | None:
        """Return the content of the result, None if a retry may change it."""
        try:
            references = work.references.of(image.key)
        except (InvalidRequestError, ReferenceNotFoundError) as error:
            audit.record_failure(work.invocation, error, image=image)
            outcome: dict[str, Any] = {"error": error_members(error)}
        else:
            request = ComparisonRequest(
                references, (image,), self._settings.rule, explain=self._settings.explain
            )
            compared = work.comparer.compare(request)
            audit.record_result(work.invocation, compared)
            if isinstance(compared.outcome, TransientError | ConfigurationError):
                return None
            outcome = target_answer(compared, list_sources=True)
        return {
            "request_id": work.invocation.request_id,
            "decided_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "image": {
                "bucket": self._settings.bucket,
                "key": image.key,
                "version_id": image.version_id,
            },
            **outcome,
        }

    def _write(self, key: str, result: Mapping[str, Any], work: _Work) -> bool:
        """Write a result, and return False if there is one already.

        The result is paid for. While there is time, writing it is retried after a transient
        error.
        """
        while True:
            try:
                return self._results.write(key, result)
            except AWS_ERRORS as error:
                if not general_error(error, "S3").retryable:
                    raise
                needed = self._settings.storage_limits.worst_case + RESERVE_SECONDS
                if work.seconds_left() < needed + _PAUSE_SECONDS:
                    raise
                time.sleep(_PAUSE_SECONDS)
