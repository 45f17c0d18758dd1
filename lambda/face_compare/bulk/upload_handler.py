"""Decides uploaded images, which a batch of messages from the queue announces.

Each announced image ends in one of four ways. Its result is written, with a decision or an
error of the image itself. Or it has a result already. Or the image was deleted, and
nothing is written about it. Or, after a transient error or a configuration error, its message
goes back to the queue. After the allowed number of attempts, the queue moves it to the
dead-letter queue.

An image without a reference waits. A marker in the bucket says so, and its message goes back to the
queue until ``reference_wait_minutes`` are over. Then its result says that there is no
reference. When a reference is announced, the images that wait for it are put back: each is
announced again, and decided like any other.

S3's test message, and the empty objects that stand for folders, do not announce an image.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from face_compare.bulk.deletion import is_gone
from face_compare.bulk.limits import storage_limits
from face_compare.bulk.paced_comparer import PacedComparer, out_of_time
from face_compare.bulk.places import result_key
from face_compare.bulk.reference_handler import ReferenceHandler
from face_compare.bulk.references import References
from face_compare.bulk.result_store import ClaimOutcome, ResultState, ResultStore
from face_compare.bulk.s3_events import (
    Announced,
    NewReference,
    RetryRequest,
    UnreadableMessageError,
    Upload,
    announced_in,
)
from face_compare.bulk.waiting_images import WaitingImages
from face_compare.contract.answer import error_members, target_answer
from face_compare.engine.comparer import Comparer
from face_compare.engine.error_mapping import general_error
from face_compare.model.comparison import ComparisonRequest, Verdict
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

# For this long after an image was seen in the bucket, it counts as being there. A comparison takes
# less, so one call is enough for most images.
_SEEN_SECONDS = 2.0

_NOTES = {
    ClaimOutcome.DECIDED: "image already decided",
    ClaimOutcome.BUSY: "image being decided elsewhere",
}


@dataclass(frozen=True, slots=True)
class _Work:
    """What all images of one invocation share."""

    invocation: audit.Invocation
    seconds_left: SecondsLeft
    seconds_for_storage: float
    comparer: PacedComparer
    references: References


@dataclass(frozen=True, slots=True)
class _Message:
    """What one message announces, None if it cannot be read, and when it was sent."""

    announced: list[Announced] | None
    sent_at: float


class UploadHandler:
    """Decides the images that a batch of messages announces, at the module's pace."""

    def __init__(self, settings: Settings, comparer: Comparer, s3: S3Client) -> None:
        """Take a comparer and a client of S3 with the limits of bulk work."""
        self._settings = settings
        self._comparer = comparer
        self._s3 = s3
        lease = settings.timeout_seconds + _LEASE_MARGIN_SECONDS
        self._results = ResultStore(s3, settings.bucket, lease)
        self._waiting = WaitingImages(s3, settings)

    def serve(
        self, event: Mapping[str, Any], invocation: audit.Invocation, seconds_left: SecondsLeft
    ) -> dict[str, Any]:
        """Serve the messages, and return SQS's partial batch response: what to deliver again."""
        with audit.failures_recorded(invocation):
            messages = {record["messageId"]: self._read(record) for record in event["Records"]}
            # One batch may announce the same object several times.
            sent_at: dict[Announced, float] = {}
            for message in messages.values():
                for announced in message.announced or ():
                    sent_at[announced] = min(message.sent_at, sent_at.get(announced, math.inf))
            newcomers = [each for each in sent_at if isinstance(each, NewReference)]
            images = [each for each in sent_at if not isinstance(each, NewReference)]
            comparer = PacedComparer(self._settings, self._comparer, seconds_left, len(images))
            references = References(self._s3, self._settings)
            needed = storage_limits(self._settings).worst_case + RESERVE_SECONDS
            work = _Work(invocation, seconds_left, needed, comparer, references)
            reference_handler = ReferenceHandler(self._settings, self._s3, invocation, seconds_left)
            with ThreadPoolExecutor(self._settings.workers) as executor:
                finished = list(
                    executor.map(lambda image: self._finish(image, sent_at[image], work), images)
                )
                served = reference_handler.serve(newcomers, executor)
            comparer.finish()
        done = {
            announced
            for announced, is_done in zip([*images, *newcomers], [*finished, *served], strict=True)
            if is_done
        }
        return {
            "batchItemFailures": [
                {"itemIdentifier": message_id}
                for message_id, message in messages.items()
                if message.announced is None or not done.issuperset(message.announced)
            ]
        }

    def _read(self, record: Mapping[str, Any]) -> _Message:
        # Milliseconds. What is not from SQS has no such time, and counts as just sent.
        sent = str(record.get("attributes", {}).get("SentTimestamp"))
        sent_at = float(sent) / 1000 if sent.isdecimal() else time.time()
        try:
            return _Message(announced_in(record["body"], self._settings), sent_at)
        except UnreadableMessageError as error:
            audit.record_note("message refused", message_id=record["messageId"], why=str(error))
            return _Message(None, sent_at)

    def _finish(self, announced: Upload | RetryRequest, sent_at: float, work: _Work) -> bool:
        """Tell whether an announced image is done with. If not, its message is delivered again."""
        image = None
        try:
            upload = (
                self._waiting.read(announced.key)
                if isinstance(announced, RetryRequest)
                else announced
            )
            # The object that put the image back was deleted, as all objects of its subject were.
            if upload is None:
                return True
            image = StoredImage(upload.key, upload.version_id)
            return self._decide_once(upload, image, sent_at, work)
        except AWS_ERRORS as error:
            audit.record_failure(work.invocation, general_error(error, "S3"), image=image)
        except Exception as error:  # noqa: BLE001 - a defect at one image must not stop the others
            audit.record_failure(work.invocation, error, image=image)
        return False

    def _decide_once(self, upload: Upload, image: StoredImage, sent_at: float, work: _Work) -> bool:
        """Decide an image, unless it is gone, waits, has a result or is decided elsewhere.

        Return whether it is done with.
        """
        if not work.comparer.has_time():
            raise out_of_time()
        if self._is_gone(image):
            return True
        seen_at = time.monotonic()
        try:
            references: tuple[StoredImage, ...] | InvalidRequestError
            references = work.references.of(upload.key)
        except ReferenceNotFoundError:
            return self._wait(upload, image, sent_at, work)
        except InvalidRequestError as error:
            # It is the image's result, and needs a claim like any other.
            references = error
        key = result_key(upload, self._settings)
        claim = self._results.claim(key, work.invocation.request_id)
        if claim is not ClaimOutcome.MINE:
            audit.record_note(_NOTES[claim], target_key=upload.key, result_key=key)
            return claim is ClaimOutcome.DECIDED
        if isinstance(references, InvalidRequestError):
            # The calls above may have taken long.
            if self._is_gone(image):
                return True
            audit.record_failure(work.invocation, references, image=image)
            return self._store(upload, {"error": error_members(references)}, work)
        return self._compare(upload, image, references, seen_at, work)

    def _compare(
        self,
        upload: Upload,
        image: StoredImage,
        references: tuple[StoredImage, ...],
        seen_at: float,
        work: _Work,
    ) -> bool:
        """Compare an image that was seen in the bucket at ``seen_at``.

        Return whether it is done with.
        """
        request = ComparisonRequest(
            references, (image,), self._settings.rule, explain=self._settings.explain
        )
        compared = work.comparer.compare(request)
        is_seen = (
            isinstance(compared.outcome, Verdict) and time.monotonic() - seen_at <= _SEEN_SECONDS
        )
        if not is_seen and _patiently(lambda: self._is_gone(image), work):
            return True
        audit.record_result(work.invocation, compared)
        if isinstance(compared.outcome, TransientError | ConfigurationError):
            return False
        return self._store(upload, target_answer(compared, list_sources=True), work)

    def _is_gone(self, image: StoredImage) -> bool:
        """Tell whether an image was deleted. The note is all that is written about it then."""
        gone = is_gone(self._s3, self._settings.bucket, image)
        if gone:
            # The audit names the image, and nothing else about it.
            audit.record_note("image gone", target_key=image.key)
        return gone

    def _wait(self, upload: Upload, image: StoredImage, sent_at: float, work: _Work) -> bool:
        """Let an image without references wait, or end its waiting.

        Return whether it is done with.
        """
        key = result_key(upload, self._settings)
        state = self._results.state(key)
        if state is ResultState.DECIDED:
            audit.record_note("image already decided", target_key=upload.key, result_key=key)
            return True
        self._waiting.add(upload)
        waits_on = time.time() - sent_at < 60 * self._settings.reference_wait_minutes
        if waits_on and state is ResultState.MISSING:
            audit.record_note("image waits for a reference", target_key=upload.key, result_key=key)
            return False
        # Nobody looks at the image after this, so a reference that came before the marker above
        # must be found now. One that comes later finds the marker.
        try:
            work.references.of(upload.key, anew=True)
        except ReferenceNotFoundError as error:
            # The calls above may have taken long.
            if state is ResultState.WITHOUT_REFERENCE or self._is_gone(image):
                return True
            audit.record_failure(work.invocation, error, image=image)
            return self._store(upload, {"error": error_members(error)}, work)
        return False

    def _store(self, upload: Upload, outcome: Mapping[str, Any], work: _Work) -> bool:
        """Write the result of an image, unless there is one. Either way it is done with."""
        key = result_key(upload, self._settings)
        result = {
            "request_id": work.invocation.request_id,
            "decided_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "image": {
                "bucket": self._settings.bucket,
                "key": upload.key,
                "version_id": upload.version_id,
            },
            **outcome,
        }
        if not _patiently(lambda: self._results.write(key, result), work):
            # Another invocation was faster. The decision on record here does not count.
            audit.record_note("image decided elsewhere", target_key=upload.key, result_key=key)
        return True


def _patiently[T](call: Callable[[], T], work: _Work) -> T:
    """Make a call to S3 after the comparison, which is paid for and must not be lost.

    While there is time, the call is repeated after a transient error.
    """
    while True:
        try:
            return call()
        except AWS_ERRORS as error:
            if not general_error(error, "S3").retryable:
                raise
            if work.seconds_left() < work.seconds_for_storage + _PAUSE_SECONDS:
                raise
            time.sleep(_PAUSE_SECONDS)
