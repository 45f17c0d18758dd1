"""Reading the messages by which S3 announces photos, and naming their results. Pure.

Sources: "Event message structure" in the Amazon S3 user guide; "Using Lambda with Amazon SQS"
in the AWS Lambda developer guide. S3 announces each photo at least once, in any order.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

CLAIM_ENDING = ".claim"
"""What the name of a result's claim ends in, beyond the result's."""

_LONGEST_KEY_BYTES = 1024


class UnreadableMessageError(Exception):
    """A message not from S3, or not about this bucket; it ends in the dead-letter queue."""


@dataclass(frozen=True, slots=True)
class Upload:
    """One version of one photo.

    In a bucket without versions S3's sequencer tells one upload of a key from the next; all
    announcements of the same upload carry the same.
    """

    key: str
    version_id: str | None
    sequencer: str

    @property
    def version(self) -> str:
        """The name of this version, for the result's key."""
        return self.version_id or f"upload-{self.sequencer}"


def uploads_of(body: str, bucket: str, challenge_prefix: str) -> list[Upload]:
    """Return the photos that a message's body announces; none for S3's test message.

    Raises:
        UnreadableMessageError: It is not a notification of S3 about photos in ``bucket`` below
            ``challenge_prefix``.
    """
    try:
        message = json.loads(body)
        if message.get("Event") == "s3:TestEvent":
            return []
        return [
            _upload(record, bucket, challenge_prefix)
            for record in _records_of(message)
            if not is_folder(record["s3"]["object"]["key"], record["s3"]["object"].get("size"))
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UnreadableMessageError(
            f"The message is not a notification of S3 ({type(error).__name__})."
        ) from error


def _records_of(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    records: list[Mapping[str, Any]] = message["Records"]
    if not records:
        raise UnreadableMessageError("The message announces nothing.")
    return records


def is_folder(key: str, size: int | None) -> bool:
    """Tell whether it is what the console makes of a new folder: an empty object, "x/"."""
    return key.endswith("/") and not size


def _upload(record: Mapping[str, Any], bucket: str, challenge_prefix: str) -> Upload:
    event, stored = record["eventName"], record["s3"]["object"]
    if not event.startswith("ObjectCreated"):
        raise UnreadableMessageError(f"The message announces {_shown(event)}, no new photo.")
    named = record["s3"]["bucket"]["name"]
    if named != bucket:
        raise UnreadableMessageError(
            f"The message is about the bucket {_shown(named)}, not {bucket}."
        )
    # In a notification, unlike everywhere else, the key is URL-encoded.
    key = _key(unquote_plus(stored["key"]))
    # A result that announced itself would have a result in turn, and so on for ever.
    if not key.startswith(challenge_prefix):
        raise UnreadableMessageError(
            f"The message is about {_shown(key)}, which is not below {challenge_prefix}. Give the "
            "bucket's notification that prefix as its filter."
        )
    # "null" is the version of what was put while versioning was off or suspended.
    version_id = stored.get("versionId")
    return Upload(
        key,
        None if version_id in (None, "", "null") else _name(version_id),
        _name(stored["sequencer"]),
    )


def _key(value: str) -> str:
    """Return a text that can be a key. Raises ValueError or AttributeError for another value."""
    if len(value.encode()) > _LONGEST_KEY_BYTES:
        raise ValueError("too long")
    return value


def _name(value: str) -> str:
    """Return a text that can be one step of a key, for the result's."""
    if "/" in value:
        raise ValueError("a slash")
    return _key(value)


def _shown(value: object) -> str:
    """Return what nobody has checked as a log may show it: quoted, in ASCII and cut."""
    return f"{value!a:.80}"


def subject_of(key: str, challenge_prefix: str) -> str | None:
    """Return whose photo it is: the first folder below the prefix, None if there is none."""
    subject, slash, rest = key.removeprefix(challenge_prefix).partition("/")
    return subject if key.startswith(challenge_prefix) and subject and slash and rest else None


def result_key(upload: Upload, challenge_prefix: str, results_prefix: str) -> str:
    """Return where the result belongs: one key for each version of each photo.

    A key that would be too long has the photo's digest for its name, below the same subject.
    """
    name = upload.key.removeprefix(challenge_prefix)
    digest = f"sha256-{hashlib.sha256(upload.key.encode()).hexdigest()}"
    subject = subject_of(upload.key, challenge_prefix)
    for place in (name, f"{subject}/{digest}" if subject else digest):
        key = f"{results_prefix}{place}/{upload.version}.json"
        # The claim beside it has the longer name.
        if len(f"{key}{CLAIM_ENDING}".encode()) <= _LONGEST_KEY_BYTES:
            return key
    return f"{results_prefix}{digest}/{upload.version}.json"
