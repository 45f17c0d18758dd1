"""S3's messages about new objects: images, references, and images that are put back.

S3 sends a notification to the queue itself, or through an SNS topic, which wraps it unless the
subscription has raw message delivery. Or S3 sends an event to EventBridge, and a rule passes it on.

Sources: "Event message structure" and "EventBridge event message structure" in the Amazon S3 user
guide, "Fanout to Amazon SQS queues" in the Amazon SNS developer guide, and "Using Lambda with
Amazon SQS" in the AWS Lambda developer guide. S3 announces each image at least once, in any order.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import quote_plus, unquote_plus

from face_compare.model.image import LONGEST_KEY_BYTES
from face_compare.runtime.settings import Settings

_CREATED = "ObjectCreated"
# What file managers leave in folders that somebody then copies to the bucket.
_LITTER = frozenset(
    {".ds_store", ".gitkeep", ".keep", ".localized", "desktop.ini", "ehthumbs.db", "thumbs.db"}
)

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
    """A reference image was uploaded. ``subject`` is None if it is not in a subject's folder."""

    subject: str | None


@dataclass(frozen=True, slots=True)
class RetryRequest:
    """A waiting image is put back. The object at ``key`` announces the image once more."""

    key: str


type Announced = Upload | NewReference | RetryRequest


class _Announcement(NamedTuple):
    """What a message says about one object, in whichever form. Nothing of it is checked."""

    event: Any
    bucket: Any
    key: Any
    size: Any
    version_id: Any
    sequencer: Any


def announced_in(body: str, settings: Settings) -> list[Announced]:
    """Return what the body of a message announces. S3's test message announces nothing.

    Raises:
        UnreadableMessageError: The message is not a notification of S3 about new objects of the
            module's bucket, below the prefixes that the module has announced.
    """
    try:
        message = _unwrapped(json.loads(body))
        if message.get("Event") == "s3:TestEvent":
            return []
        return [
            _announced(announcement, settings)
            for announcement in _announcements(message)
            if names_an_image(announcement.key, announcement.size)
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UnreadableMessageError(
            "The message is neither a notification of S3 nor a whole event of S3 from EventBridge "
            f"({type(error).__name__}). A rule must have no input transformer or path."
        ) from error


def names_an_image(key: str, size: int | None) -> bool:
    """Tell whether an object can be an image, and is not a folder or left by a file manager.

    The S3 console makes an empty object "x/" for a folder.
    """
    if key.endswith("/") and not size:
        return False
    name = key.rpartition("/")[2]
    # macOS keeps a file's attributes in "._" and its name.
    return not name.startswith("._") and name.lower() not in _LITTER


def subject_of(key: str, prefix: str) -> str | None:
    """Return the subject of an image: the first folder below the prefix, None if there is none."""
    subject, slash, rest = key.removeprefix(prefix).partition("/")
    return subject if key.startswith(prefix) and subject and slash and rest else None


def announcement_of(upload: Upload, bucket: str) -> str:
    """Return the body of a message that announces ``upload``, as S3 would write it."""
    # An object without a size could be a folder.
    stored: dict[str, str | int] = {
        "key": quote_plus(upload.key),
        "size": 1,
        "sequencer": upload.sequencer,
    }
    if upload.version_id is not None:
        stored["versionId"] = upload.version_id
    about = {"bucket": {"name": bucket}, "object": stored}
    return json.dumps({"Records": [{"eventName": "ObjectCreated:Put", "s3": about}]})


def _unwrapped(message: Any) -> Any:
    """Return what an SNS topic passes on. A message without SNS's envelope is returned as it is."""
    if "TopicArn" not in message:
        return message
    if message["Type"] != "Notification":
        raise UnreadableMessageError(
            f"The message is a {_shown(message['Type'])} of SNS. If the topic is yours, confirm "
            "the subscription by the URL in the message."
        )
    return json.loads(message["Message"])


def _announcements(message: Mapping[str, Any]) -> list[_Announcement]:
    if "detail-type" in message:
        if message["detail-type"] != "Object Created":
            raise _other_event(message["detail-type"])
        detail = message["detail"]
        stored = detail["object"]
        return [
            _Announcement(
                _CREATED,
                detail["bucket"]["name"],
                stored["key"],
                stored.get("size"),
                stored.get("version-id"),
                stored["sequencer"],
            )
        ]
    if not message["Records"]:
        raise UnreadableMessageError("The message announces nothing.")
    return [_notified(record["eventName"], record["s3"]) for record in message["Records"]]


def _notified(event: Any, about: Mapping[str, Any]) -> _Announcement:
    stored = about["object"]
    return _Announcement(
        event,
        about["bucket"]["name"],
        # The key is URL-encoded in a notification, and nowhere else.
        unquote_plus(stored["key"]),
        stored.get("size"),
        stored.get("versionId"),
        stored["sequencer"],
    )


def _announced(announced: _Announcement, settings: Settings) -> Announced:
    if not announced.event.startswith(_CREATED):
        raise _other_event(announced.event)
    if announced.bucket != settings.bucket:
        raise UnreadableMessageError(
            f"The message is about the bucket {_shown(announced.bucket)}, not {settings.bucket}."
        )
    key = _key(announced.key)
    if key.startswith(settings.reference_prefix):
        return NewReference(subject_of(key, settings.reference_prefix))
    if key.startswith(settings.results_prefix) and key.endswith(RETRY_ENDING):
        return RetryRequest(key)
    # If results were announced too, each would get a result of its own, without end.
    if not key.startswith(settings.challenge_prefix):
        raise UnreadableMessageError(
            f"The message is about {_shown(key)}, which is neither an image nor put back by the "
            "function. Give the bucket's notification, or the rule, the filters of the output "
            "upload_notification."
        )
    # "null" is the version of an object that was put while versioning was off or suspended.
    version_id = announced.version_id
    return Upload(
        key,
        None if version_id in (None, "", "null") else _key_part(version_id),
        _key_part(announced.sequencer),
    )


def _other_event(event: object) -> UnreadableMessageError:
    return UnreadableMessageError(
        f"The message announces {_shown(event)}, not a new object. Limit the bucket's notification "
        'to "s3:ObjectCreated:*", or the rule to "Object Created".'
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
