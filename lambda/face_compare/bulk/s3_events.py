"""S3's messages about new objects: images, references, and images that are put back.

Sources: "Event message structure" in the Amazon S3 user guide, and "Using Lambda with Amazon SQS"
in the AWS Lambda developer guide. S3 announces each image at least once, in any order.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus, unquote_plus

from face_compare.model.image import LONGEST_KEY_BYTES
from face_compare.runtime.settings import Settings

RETRY_ENDING = ".retry"
"""The ending of an object by which the function has S3 announce a waiting image again."""


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


@dataclass(frozen=True, slots=True)
class NewReference:
    """A reference image of a subject was put. ``subject`` is None if it is in no folder."""

    subject: str | None


@dataclass(frozen=True, slots=True)
class RetryRequest:
    """A waiting image is put back. The object at ``key`` announces the image once more."""

    key: str


type Announced = Upload | NewReference | RetryRequest


def announced_in(body: str, settings: Settings) -> list[Announced]:
    """Return what the body of a message announces. S3's test message announces nothing.

    Raises:
        UnreadableMessageError: The message is not a notification of S3 about new objects of the
            module's bucket, below the prefixes that the module has announced.
    """
    try:
        message = json.loads(body)
        if message.get("Event") == "s3:TestEvent":
            return []
        return [
            _announced(record, settings)
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


def subject_of(key: str, prefix: str) -> str | None:
    """Return the subject of an image: the first folder below the prefix, None if there is none."""
    subject, slash, rest = key.removeprefix(prefix).partition("/")
    return subject if key.startswith(prefix) and subject and slash and rest else None


def announcement_of(upload: Upload, bucket: str) -> str:
    """Return the body of a message that announces ``upload``, as S3 would write it."""
    stored = {"key": quote_plus(upload.key), "sequencer": upload.sequencer}
    if upload.version_id is not None:
        stored["versionId"] = upload.version_id
    about = {"bucket": {"name": bucket}, "object": stored}
    return json.dumps({"Records": [{"eventName": "ObjectCreated:Put", "s3": about}]})


def _records(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    records: list[Mapping[str, Any]] = message["Records"]
    if not records:
        raise UnreadableMessageError("The message announces nothing.")
    return records


def _announced(record: Mapping[str, Any], settings: Settings) -> Announced:
    event, stored = record["eventName"], record["s3"]["object"]
    if not event.startswith("ObjectCreated"):
        raise UnreadableMessageError(f"The message announces {_shown(event)}, not a new object.")
    named = record["s3"]["bucket"]["name"]
    if named != settings.bucket:
        raise UnreadableMessageError(
            f"The message is about the bucket {_shown(named)}, not {settings.bucket}."
        )
    # The key is URL-encoded in a notification, and nowhere else.
    key = _key(unquote_plus(stored["key"]))
    if key.startswith(settings.reference_prefix):
        return NewReference(subject_of(key, settings.reference_prefix))
    if key.startswith(settings.results_prefix) and key.endswith(RETRY_ENDING):
        return RetryRequest(key)
    # If results were announced too, each would get a result of its own, without end.
    if not key.startswith(settings.challenge_prefix):
        raise UnreadableMessageError(
            f"The message is about {_shown(key)}, which is neither an image nor put back by the "
            "function. Give the bucket's notification the filters of the output "
            "upload_notification."
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
