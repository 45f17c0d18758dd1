"""S3's messages about uploaded images, and the keys of the results.

Sources: "Event message structure" in the Amazon S3 user guide, and "Using Lambda with Amazon SQS"
in the AWS Lambda developer guide. S3 announces each image at least once, in any order.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from face_compare.model.image import LONGEST_KEY_BYTES

CLAIM_ENDING = ".claim"
"""What is added to the key of a result to get the key of its claim."""


class UnreadableMessageError(Exception):
    """A message is not from S3, or not about this bucket. It ends in the dead-letter queue."""


@dataclass(frozen=True, slots=True)
class Upload:
    """One version of one uploaded image.

    In a bucket without versions, ``sequencer`` distinguishes two uploads of the same key. All
    messages about the same upload carry the same sequencer.
    """

    key: str
    version_id: str | None
    sequencer: str

    @property
    def version(self) -> str:
        """The name of this version in the key of its result."""
        return self.version_id or f"upload-{self.sequencer}"


def uploads_in(body: str, bucket: str, challenge_prefix: str) -> list[Upload]:
    """Return the uploads that the body of a message announces. S3's test message has none.

    Raises:
        UnreadableMessageError: The message is not a notification of S3 about images in ``bucket``
            below ``challenge_prefix``.
    """
    try:
        message = json.loads(body)
        if message.get("Event") == "s3:TestEvent":
            return []
        return [
            _upload(record, bucket, challenge_prefix)
            for record in _records(message)
            if not is_folder(record["s3"]["object"]["key"], record["s3"]["object"].get("size"))
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UnreadableMessageError(
            f"The message is not a notification of S3 ({type(error).__name__})."
        ) from error


def is_folder(key: str, size: int | None) -> bool:
    """Tell whether an object stands for a folder: the S3 console makes an empty object "x/"."""
    return key.endswith("/") and not size


def subject_of(key: str, challenge_prefix: str) -> str | None:
    """Return the subject of an image: the first folder below the prefix, None if there is none."""
    subject, slash, rest = key.removeprefix(challenge_prefix).partition("/")
    return subject if key.startswith(challenge_prefix) and subject and slash and rest else None


def result_key(upload: Upload, challenge_prefix: str, results_prefix: str) -> str:
    """Return the key of the result: one for each version of each image.

    If the image's key is too long for this, a digest replaces it, below the same subject.
    """
    name = upload.key.removeprefix(challenge_prefix)
    digest = f"sha256-{hashlib.sha256(upload.key.encode()).hexdigest()}"
    subject = subject_of(upload.key, challenge_prefix)
    for place in (name, f"{subject}/{digest}" if subject else digest):
        key = f"{results_prefix}{place}/{upload.version}.json"
        # The key of the claim is longer.
        if len(f"{key}{CLAIM_ENDING}".encode()) <= LONGEST_KEY_BYTES:
            return key
    return f"{results_prefix}{digest}/{upload.version}.json"


def _records(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    records: list[Mapping[str, Any]] = message["Records"]
    if not records:
        raise UnreadableMessageError("The message announces nothing.")
    return records


def _upload(record: Mapping[str, Any], bucket: str, challenge_prefix: str) -> Upload:
    event, stored = record["eventName"], record["s3"]["object"]
    if not event.startswith("ObjectCreated"):
        raise UnreadableMessageError(f"The message announces {_shown(event)}, not a new image.")
    named = record["s3"]["bucket"]["name"]
    if named != bucket:
        raise UnreadableMessageError(
            f"The message is about the bucket {_shown(named)}, not {bucket}."
        )
    # The key is URL-encoded in a notification, and nowhere else.
    key = _key(unquote_plus(stored["key"]))
    # If results were announced too, each would get a result of its own, without end.
    if not key.startswith(challenge_prefix):
        raise UnreadableMessageError(
            f"The message is about {_shown(key)}, which is not below {challenge_prefix}. Give the "
            "bucket's notification this prefix as its filter."
        )
    # "null" is the version of an object that was put while versioning was off or suspended.
    version_id = stored.get("versionId")
    return Upload(
        key,
        None if version_id in (None, "", "null") else _key_part(version_id),
        _key_part(stored["sequencer"]),
    )


def _key(value: str) -> str:
    """Return a text that can be a key. Anything else raises ValueError or AttributeError."""
    if len(value.encode()) > LONGEST_KEY_BYTES:
        raise ValueError("too long")
    return value


def _key_part(value: str) -> str:
    """Return a text that can stand between two slashes of a key."""
    if "/" in value:
        raise ValueError("a slash")
    return _key(value)


def _shown(value: object) -> str:
    """Return an unchecked value in a form that a log may show: quoted, in ASCII and cut."""
    return f"{value!a:.80}"
