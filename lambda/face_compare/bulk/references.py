"""The reference images of a subject, listed in the bucket."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from face_compare.bulk.s3_events import names_an_image, subject_of
from face_compare.engine.spellings import other_spellings
from face_compare.model.errors import InvalidRequestError, ReferenceNotFoundError
from face_compare.model.image import StoredImage
from face_compare.runtime.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_MOST_REFERENCES = 100

# A list is used for this long. A comparison may wait as long for its turn, so an image is compared
# with references of about the same age in any case.
_LIST_SECONDS = 2.0


class _List(NamedTuple):
    """The keys below one prefix. ``listed_at`` is the time before the call."""

    keys: tuple[str, ...]
    is_complete: bool
    listed_at: float


class References:
    """The references of the subjects of one invocation.

    One batch often has several images of a subject, so a list is kept for a moment. Each
    invocation makes a new object, after its uploads were announced. So no list is older than an
    upload that it is used for.
    """

    def __init__(
        self, s3: S3Client, settings: Settings, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Take a client and the settings. Only tests replace the clock."""
        self._s3 = s3
        self._settings = settings
        self._clock = clock
        self._lists: dict[str, _List] = {}

    def of(self, key: str, *, anew: bool = False) -> tuple[StoredImage, ...]:
        """Return the references of the subject of an uploaded image.

        With ``anew`` they are listed now, even if there is a recent list. If there are none, the
        message says whether another spelling of the subject has some.

        Raises:
            InvalidRequestError: The image has no subject, or too many references.
            ReferenceNotFoundError: The subject has no references.
        """
        subject = subject_of(key, self._settings.challenge_prefix)
        if subject is None:
            raise InvalidRequestError(
                f"The image {key!r} has no subject. Upload images below "
                f"{self._settings.challenge_prefix}<subject>/."
            )
        prefix = f"{self._settings.reference_prefix}{subject}/"
        listed = self._list(prefix, anew=anew)
        if not listed.keys:
            raise ReferenceNotFoundError(
                f"There is no reference image below {prefix!r} to compare {key!r} with. Put one "
                "there. The image is then compared, without another upload."
                f"{self._other_spelling(subject) if anew else ''}"
            )
        if not listed.is_complete or len(listed.keys) > _MOST_REFERENCES:
            raise InvalidRequestError(
                f"There are more than {_MOST_REFERENCES} reference images below {prefix!r}. Each "
                "costs a call for every uploaded image. Keep the best of them."
            )
        return tuple(StoredImage(reference) for reference in listed.keys)

    def _other_spelling(self, subject: str) -> str:
        """Return a sentence about references of a name that is easily mistaken for the subject."""
        for name, difference in other_spellings(subject):
            if self._list(f"{self._settings.reference_prefix}{name}/", anew=True).keys:
                return f" {difference}: {name!r}."
        return ""

    def _list(self, prefix: str, *, anew: bool) -> _List:
        now = self._clock()
        kept = self._lists.get(prefix)
        if not anew and kept is not None and now - kept.listed_at <= _LIST_SECONDS:
            return kept
        # Two workers may list the same prefix at the same time. Either list will do.
        answer = self._s3.list_objects_v2(Bucket=self._settings.bucket, Prefix=prefix)
        keys = tuple(
            each["Key"]
            for each in answer.get("Contents", [])
            if names_an_image(each["Key"], each.get("Size"))
        )
        # One answer lists 1000 keys. If there are more, they are too many in any case.
        listed = _List(keys, not answer.get("IsTruncated"), now)
        self._lists[prefix] = listed
        return listed
