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


def uploads_of(body: str, bucket: str) -> list[Upload]:
    """Return the photos that a message's body announces; none for S3's test message.

    Raises:
        UnreadableMessageError: It is not a notification of S3 about ``bucket``.
    """
    try:
        message = json.loads(body)
        if message.get("Event") == "s3:TestEvent":
            return []
        return [
            _upload(record, bucket)
            for record in message["Records"]
            # A folder made in the console is an empty object whose key ends in a slash.
            if not record["s3"]["object"]["key"].endswith("/")
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UnreadableMessageError(
            f"The message is not a notification of S3 ({type(error).__name__})."
        ) from error


def _upload(record: Mapping[str, Any], bucket: str) -> Upload:
    named = record["s3"]["bucket"]["name"]
    if named != bucket:
        raise UnreadableMessageError(f"The message is about the bucket {named}, not {bucket}.")
    if not record["eventName"].startswith("ObjectCreated"):
        raise UnreadableMessageError(f"The message announces {record['eventName']}, no new photo.")
    stored = record["s3"]["object"]
    # In a notification, unlike everywhere else, the key is URL-encoded.
    return Upload(unquote_plus(stored["key"]), stored.get("versionId"), str(stored["sequencer"]))


def subject_of(key: str, challenge_prefix: str) -> str | None:
    """Return whose photo it is: the first folder below the prefix, None if there is none."""
    subject, slash, rest = key.removeprefix(challenge_prefix).partition("/")
    return subject if key.startswith(challenge_prefix) and subject and slash and rest else None


def result_key(upload: Upload, challenge_prefix: str, results_prefix: str) -> str:
    """Return where the result belongs: one key for each version of each photo."""
    name = upload.key.removeprefix(challenge_prefix)
    key = f"{results_prefix}{name}/{upload.version}.json"
    # The claim beside it has the longer name.
    if len(f"{key}{CLAIM_ENDING}".encode()) <= _LONGEST_KEY_BYTES:
        return key
    digest = hashlib.sha256(upload.key.encode()).hexdigest()
    return f"{results_prefix}sha256-{digest}/{upload.version}.json"
