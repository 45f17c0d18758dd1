"""Puts waiting images back when the queue announces a reference of their subject.

Each image is announced again, by a message of its own. So it is compared at the module's pace,
and retried alone, like an image that was just uploaded. Nothing is compared here.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING

from face_compare.bulk.deletion import is_gone
from face_compare.bulk.limits import storage_limits
from face_compare.bulk.s3_events import NewReference
from face_compare.bulk.waiting_images import WaitingImages
from face_compare.engine.error_mapping import general_error
from face_compare.model.image import StoredImage
from face_compare.runtime import audit
from face_compare.runtime.clients import AWS_ERRORS
from face_compare.runtime.settings import RESERVE_SECONDS, SecondsLeft, Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# The references of a person often come together. So that the first of them does not decide
# alone, images are put back this much after the invocation began.
_SETTLE_SECONDS = 3.0


class ReferenceHandler:
    """Serves the announced references of one invocation."""

    def __init__(
        self,
        settings: Settings,
        s3: S3Client,
        invocation: audit.Invocation,
        seconds_left: SecondsLeft,
    ) -> None:
        self._settings = settings
        self._s3 = s3
        self._invocation = invocation
        self._seconds_left = seconds_left
        self._waiting = WaitingImages(s3, settings)
        self._settled_at = time.monotonic() + _SETTLE_SECONDS

    def serve(self, references: Sequence[NewReference], executor: Executor) -> list[bool]:
        """Put back what waits for the references.

        Return for each reference whether all its images are put back. If not, its message is
        delivered again, and the next invocation puts back the rest.
        """
        found = list(executor.map(self._guarded(self._waiting_for), references))
        keys = sorted({key for waiting in found for key in waiting or ()})
        if keys:
            time.sleep(max(0.0, self._settled_at - time.monotonic()))
        done = set(itertools.compress(keys, executor.map(self._guarded(self._put_back), keys)))
        return [waiting is not None and done.issuperset(waiting) for waiting in found]

    def _waiting_for(self, reference: NewReference) -> list[str]:
        """Return the keys of the markers of the images that wait for this reference."""
        return [] if reference.subject is None else self._waiting.of(reference.subject)

    def _put_back(self, key: str) -> bool:
        """Put one image back. Return whether nothing is left to do for it."""
        if self._seconds_left() < 2 * storage_limits(self._settings).worst_case + RESERVE_SECONDS:
            return False
        upload = self._waiting.read(key)
        if upload is None:
            return True
        image = StoredImage(upload.key, upload.version_id)
        # Without a note, because each later reference of the subject would repeat it.
        if is_gone(self._s3, self._settings.bucket, image):
            return True
        self._waiting.put_back(key, upload)
        audit.record_note("image put back", target_key=upload.key)
        return True

    def _guarded[A, T](self, call: Callable[[A], T]) -> Callable[[A], T | None]:
        """Return a call that records its failure and then returns None. The others go on."""

        def attempt(argument: A) -> T | None:
            try:
                return call(argument)
            except AWS_ERRORS as error:
                audit.record_failure(self._invocation, general_error(error, "S3"))
            except Exception as error:  # noqa: BLE001 - a defect at one must not stop the others
                audit.record_failure(self._invocation, error)
            return None

        return attempt
