"""Photos that arrive by themselves: a batch of S3's announcements from the queue.

Every announced photo ends in exactly one of three ways: its result is written (a decision, or
the fault that will not pass), it was written before, or its message goes back to the queue,
which after the allowed number of receives keeps it in the dead-letter queue.
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
from face_compare.comparison import PairResult, TargetResult, fault_members
from face_compare.faults import (
    FaceCompareError,
    InvalidRequestError,
    NoFaceInTargetError,
    OutOfTimeError,
    PassingError,
    PermanentError,
    ReferenceNotFoundError,
    SetupError,
    SeveralFacesInTargetError,
)
from face_compare.images import StoredImage
from face_compare.pacing import Pacer
from face_compare.request import Request
from face_compare.results import Claim, ResultStore
from face_compare.settings import RESERVE_SECONDS, Settings
from face_compare.uploads import (
    UnreadableMessageError,
    Upload,
    result_key,
    subject_of,
    uploads_of,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_MOST_REFERENCES = 100

# Of these the photo itself is the cause; comparing it with more references would only cost.
_FAULTS_OF_THE_PHOTO = (NoFaceInTargetError, SeveralFacesInTargetError)
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
    pacer: Pacer


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
        pacer = Pacer(self._settings.calls_per_second, len(uploads))
        run = _Run(invocation, seconds_left, pacer)
        with ThreadPoolExecutor(self._settings.workers) as executor:
            finished = list(executor.map(lambda upload: self._finish(upload, run), uploads))
        run.pacer.finish()
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
            return uploads_of(record["body"], self._settings.bucket)
        except UnreadableMessageError as error:
            audit.record_note("message refused", message_id=record["messageId"], why=str(error))
            return None

    def _finish(self, upload: Upload, run: _Run) -> bool:
        """Bring one photo to its result; False if it has to come again."""
        try:
            self._require_time(run)
            key = result_key(upload, self._settings.challenge_prefix, self._settings.results_prefix)
            claim = self._results.claim(key, run.invocation.request_id)
            if claim is not Claim.MINE:
                audit.record_note(_NOTES[claim], target_key=upload.key, result_key=key)
                return claim is Claim.DECIDED
            self._write(key, self._result(upload, run), run)
        except (FaceCompareError, *AWS_ERRORS) as error:
            fault = error if isinstance(error, FaceCompareError) else general_fault(error, "S3")
            audit.record_put_off(run.invocation, upload.key, upload.version_id, fault)
            return False
        except Exception as error:  # noqa: BLE001 - a defect at one photo must not cost the others
            audit.record_failure(run.invocation, error, 0.0)
            return False
        return True

    def _write(self, key: str, result: Mapping[str, Any], run: _Run) -> None:
        """Write a result, which is paid for: while there is time, a passing fault is sat out."""
        while True:
            try:
                self._results.write(key, result)
            except AWS_ERRORS as error:
                if not general_fault(error, "S3").retryable:
                    raise
                needed = self._settings.storage_limits.worst_case + RESERVE_SECONDS
                if run.seconds_left() < needed + _REST_SECONDS:
                    raise
                time.sleep(_REST_SECONDS)
            else:
                return

    def _result(self, upload: Upload, run: _Run) -> dict[str, Any]:
        """Return the content of a photo's result.

        Raises:
            PassingError: Trying again may change the outcome.
        """
        photo = StoredImage(upload.key, upload.version_id)
        try:
            compared = self._compare(photo, run)
        except SetupError:
            raise
        except PermanentError as fault:
            audit.record_put_off(run.invocation, upload.key, upload.version_id, fault)
            outcome: dict[str, Any] = {"error": fault_members(fault)}
        else:
            audit.record_result(run.invocation, compared)
            outcome = compared.to_answer(list_sources=True)
        return {
            "request_id": run.invocation.request_id,
            "decided_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "photo": {
                "bucket": self._settings.bucket,
                "key": photo.key,
                "version_id": photo.version_id,
            },
            **outcome,
        }

    def _compare(self, photo: StoredImage, run: _Run) -> TargetResult:
        pairs: list[PairResult] = []
        references = self._references(photo.key)
        # All turns at once: photos whose calls took turns would run out of time together, each
        # paid for in part.
        needed = self._settings.seconds_after_turn
        turns = run.pacer.reserve(len(references), run.seconds_left() - needed)
        if not turns:
            raise _out_of_time()
        for reference, turn in zip(references, turns, strict=True):
            run.pacer.until(turn)
            self._require_time(run)
            request = Request((reference,), (photo,), self._settings.rule)
            (result,) = self._comparer.compare(request, run.seconds_left)
            pairs.extend(result.pairs)
            if isinstance(pairs[-1].outcome, PassingError):
                raise pairs[-1].outcome
            if isinstance(pairs[-1].outcome, _FAULTS_OF_THE_PHOTO):
                break
        result = TargetResult(self._settings.bucket, self._settings.rule, tuple(pairs))
        if result.best is None:
            for fault in result.faults:
                if isinstance(fault, SetupError):
                    raise fault
        return result

    def _references(self, key: str) -> list[StoredImage]:
        subject = subject_of(key, self._settings.challenge_prefix)
        if subject is None:
            raise InvalidRequestError(
                f"The photo {key} belongs to nobody. Put photos under "
                f"{self._settings.challenge_prefix}<subject>/."
            )
        prefix = f"{self._settings.reference_prefix}{subject}/"
        listed = self._s3.list_objects_v2(
            Bucket=self._settings.bucket, Prefix=prefix, MaxKeys=_MOST_REFERENCES + 1
        )
        keys = [each["Key"] for each in listed.get("Contents", []) if each["Key"][-1] != "/"]
        if not keys:
            raise ReferenceNotFoundError(
                f"There is no reference photo under {prefix} to compare {key} with. Put one "
                "there, then upload the photo again."
            )
        if len(keys) > _MOST_REFERENCES:
            raise InvalidRequestError(
                f"There are more than {_MOST_REFERENCES} reference photos under {prefix}, and "
                "each costs a call for every photo. Keep the best of them."
            )
        return [StoredImage(reference) for reference in keys]

    def _require_time(self, run: _Run) -> None:
        if run.seconds_left() < self._settings.seconds_after_turn:
            raise _out_of_time()


def _out_of_time() -> OutOfTimeError:
    return OutOfTimeError(
        "The function's timeout left no time for this photo; it comes again with its message."
    )
