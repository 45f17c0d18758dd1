"""Photos that arrive by themselves: a batch of S3's announcements from the queue.

Every announced photo ends in exactly one of three ways: its result is written (a decision, or
the fault that will not pass), it was written before, or its message goes back to the queue,
which after the allowed number of receives keeps it in the dead-letter queue. S3's test message
and empty objects for folders announce no photo.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from face_compare import audit
from face_compare.aws_errors import AWS_ERRORS, general_fault
from face_compare.comparer import Comparer, SecondsLeft
from face_compare.comparison import fault_members
from face_compare.faults import (
    InvalidRequestError,
    PassingError,
    ReferenceNotFoundError,
    SetupError,
)
from face_compare.images import StoredImage
from face_compare.paced import PacedComparer, out_of_time
from face_compare.request import Request
from face_compare.results import Claim, ResultStore
from face_compare.settings import RESERVE_SECONDS, Settings
from face_compare.uploads import (
    UnreadableMessageError,
    Upload,
    is_folder,
    result_key,
    subject_of,
    uploads_of,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_MOST_REFERENCES = 100

# A claim outlives its holder by this much, so that a holder in its last second is not overtaken.
_LEASE_MARGIN_SECONDS = 5.0

# Between two attempts to write a result, beyond botocore's own.
_REST_SECONDS = 0.5

_NOTES = {
    Claim.DECIDED: "photo already decided",
    Claim.BUSY: "photo being decided elsewhere",
}


@dataclass(frozen=True, slots=True)
class _Run:
    """What all photos of one invocation share."""

    invocation: audit.Invocation
    seconds_left: SecondsLeft
    comparer: PacedComparer


class Intake:
    """Decides the photos that a batch of messages announces, at the module's pace."""

    def __init__(self, settings: Settings, comparer: Comparer, s3: S3Client) -> None:
        """Take the settings, and what compares and stores with the limits of paced work."""
        self._settings = settings
        self._comparer = comparer
        self._s3 = s3
        lease = settings.timeout_seconds + _LEASE_MARGIN_SECONDS
        self._results = ResultStore(s3, settings.bucket, lease)

    def serve(
        self, event: Mapping[str, Any], invocation: audit.Invocation, seconds_left: SecondsLeft
    ) -> dict[str, Any]:
        """Decide what the messages announce.

        Returns:
            SQS's partial batch response: the messages that have to come again.
        """
        announced = {record["messageId"]: self._read(record) for record in event["Records"]}
        # A set, because the same photo may be announced several times in one batch.
        uploads = list({upload for read in announced.values() for upload in read or ()})
        comparer = PacedComparer(self._settings, self._comparer, seconds_left, len(uploads))
        run = _Run(invocation, seconds_left, comparer)
        with ThreadPoolExecutor(self._settings.workers) as executor:
            finished = list(executor.map(lambda upload: self._finish(upload, run), uploads))
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
        try:
            return uploads_of(
                record["body"], self._settings.bucket, self._settings.challenge_prefix
            )
        except UnreadableMessageError as error:
            audit.record_note("message refused", message_id=record["messageId"], why=str(error))
            return None

    def _finish(self, upload: Upload, run: _Run) -> bool:
        """Bring one photo to its result; False if it has to come again."""
        photo = StoredImage(upload.key, upload.version_id)
        if not run.comparer.has_time():
            audit.record_failure(run.invocation, out_of_time(), photo=photo)
            return False
        try:
            key = result_key(upload, self._settings.challenge_prefix, self._settings.results_prefix)
            claim = self._results.claim(key, run.invocation.request_id)
            if claim is not Claim.MINE:
                audit.record_note(_NOTES[claim], target_key=upload.key, result_key=key)
                return claim is Claim.DECIDED
            result = self._result(photo, run)
            if result is None:
                return False
            if not self._write(key, result, run):
                # Another holder of the claim was faster: this decision is recorded, and void.
                audit.record_note("photo decided elsewhere", target_key=upload.key, result_key=key)
        except AWS_ERRORS as error:
            audit.record_failure(run.invocation, general_fault(error, "S3"), photo=photo)
            return False
        except Exception as error:  # noqa: BLE001 - a defect at one photo must not cost the others
            audit.record_failure(run.invocation, error, photo=photo)
            return False
        return True

    def _write(self, key: str, result: Mapping[str, Any], run: _Run) -> bool:
        """Write a result, which is paid for: while there is time, a passing fault is sat out.

        Returns False if there was one already.
        """
        while True:
            try:
                return self._results.write(key, result)
            except AWS_ERRORS as error:
                if not general_fault(error, "S3").retryable:
                    raise
                needed = self._settings.storage_limits.worst_case + RESERVE_SECONDS
                if run.seconds_left() < needed + _REST_SECONDS:
                    raise
                time.sleep(_REST_SECONDS)

    def _result(self, photo: StoredImage, run: _Run) -> dict[str, Any] | None:
        """Return the content of a photo's result, None if another try may change it."""
        try:
            references = self._references(photo.key)
        except (InvalidRequestError, ReferenceNotFoundError) as fault:
            audit.record_failure(run.invocation, fault, photo=photo)
            decided: dict[str, Any] = {"error": fault_members(fault)}
        else:
            request = Request(tuple(references), (photo,), self._settings.rule)
            compared = run.comparer.compare(request)
            audit.record_result(run.invocation, compared)
            if isinstance(compared.outcome, PassingError | SetupError):
                return None
            decided = compared.to_answer(list_sources=True)
        return {
            "request_id": run.invocation.request_id,
            "decided_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "photo": {
                "bucket": self._settings.bucket,
                "key": photo.key,
                "version_id": photo.version_id,
            },
            **decided,
        }

    def _references(self, key: str) -> list[StoredImage]:
        subject = subject_of(key, self._settings.challenge_prefix)
        if subject is None:
            raise InvalidRequestError(
                f"The photo {key} belongs to nobody. Put photos under "
                f"{self._settings.challenge_prefix}<subject>/."
            )
        prefix = f"{self._settings.reference_prefix}{subject}/"
        listed = self._s3.list_objects_v2(Bucket=self._settings.bucket, Prefix=prefix)
        keys = [
            each["Key"]
            for each in listed.get("Contents", [])
            if not is_folder(each["Key"], each.get("Size"))
        ]
        if not keys:
            raise ReferenceNotFoundError(
                f"There is no reference photo under {prefix} to compare {key} with. Put one "
                "there, then upload the photo again."
            )
        # One answer lists 1000 keys, and more than enough where there are more of them.
        if listed.get("IsTruncated") or len(keys) > _MOST_REFERENCES:
            raise InvalidRequestError(
                f"There are more than {_MOST_REFERENCES} reference photos under {prefix}, and "
                "each costs a call for every photo. Keep the best of them."
            )
        return [StoredImage(reference) for reference in keys]
