"""Reading the event of a direct invocation. Pure: an event goes in, a request or a fault comes out.

Unknown members are refused, because a misspelt ``similarity_threshold`` that was ignored
would decide by a lower threshold than the caller asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from face_compare.faults import InvalidRequestError

_LONGEST_KEY_BYTES = 1024
_LONGEST_VERSION_ID = 1024
_EXAMPLE = '{"source": "reference/alice.jpg", "target": "challenge/alice-1.jpg"}'


@dataclass(frozen=True, slots=True)
class ImageReference:
    """One photo in the module's bucket; without ``version_id`` its current version is meant."""

    key: str
    version_id: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A wish to compare the largest face of ``source`` with every face of ``target``."""

    source: ImageReference
    target: ImageReference
    similarity_threshold: float


def parse_request(event: object, module_threshold: float) -> Request:
    """Read a direct invocation's event.

    Args:
        event: ``{"source": IMAGE, "target": IMAGE, "similarity_threshold": NUMBER}``, where
            IMAGE is a key or ``{"key": KEY, "version_id": ID}`` and the threshold is optional.
        module_threshold: The threshold of the module, 0 to 100; the event's may only be higher.

    Raises:
        InvalidRequestError: The event has another form; the message names the member.
    """
    if not isinstance(event, Mapping):
        raise InvalidRequestError(f"The event must be a JSON object such as {_EXAMPLE}.")
    _refuse_unknown(event, ("source", "target", "similarity_threshold"), "the event")
    for member in ("source", "target"):
        if member not in event:
            raise InvalidRequestError(f"The event has no {member}. Send one such as {_EXAMPLE}.")
    return Request(
        source=_image(event["source"], "source"),
        target=_image(event["target"], "target"),
        similarity_threshold=_threshold(event.get("similarity_threshold"), module_threshold),
    )


def _image(value: object, member: str) -> ImageReference:
    if isinstance(value, str):
        return ImageReference(_key(value, member))
    if not isinstance(value, Mapping):
        raise InvalidRequestError(
            f'{member} must be an object key or {{"key": "...", "version_id": "..."}}.'
        )
    _refuse_unknown(value, ("key", "version_id"), member)
    return ImageReference(
        _key(value.get("key"), f"{member}.key"),
        _version_id(value.get("version_id"), f"{member}.version_id"),
    )


def _key(value: object, member: str) -> str:
    # Rekognition's own limits on S3Object.Name; checked here because it answers with
    # "invalid parameters" and does not say which.
    if not isinstance(value, str) or not value:
        raise InvalidRequestError(f"{member} must be the key of an object in the module's bucket.")
    if _utf8_length(value, member) > _LONGEST_KEY_BYTES:
        raise InvalidRequestError(f"{member} is longer than {_LONGEST_KEY_BYTES} bytes of UTF-8.")
    if value[0].isspace():
        raise InvalidRequestError(
            f"{member} begins with white space, which Rekognition cannot read; rename the object."
        )
    return value


def _version_id(value: object, member: str) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not value or len(value) > _LONGEST_VERSION_ID:
        raise InvalidRequestError(
            f"{member} must be a version id as S3 gives it, or be left out for the current version."
        )
    _utf8_length(value, member)
    return value


def _threshold(value: object, module_threshold: float) -> float:
    if value is None:
        return module_threshold
    # bool is a subclass of int; True would pass as the threshold 1.
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidRequestError(
            "similarity_threshold must be a number from 0 to 100, not a string or a boolean."
        )
    # Written so that NaN, which is neither above nor below anything, is refused too.
    if not 0 <= value <= 100:
        raise InvalidRequestError("similarity_threshold must lie between 0 and 100.")
    if 0 < value <= 1:
        raise InvalidRequestError(
            f"similarity_threshold is on a scale of 0 to 100, so {value} means {value} %. "
            f"Send {value * 100:g} if a fraction was meant."
        )
    if value < module_threshold:
        raise InvalidRequestError(
            f"similarity_threshold {value:g} is below the module's {module_threshold:g}. "
            "An event may only raise it; lower it in the module's inputs if that is meant."
        )
    return float(value)


def _refuse_unknown(value: Mapping[object, object], known: tuple[str, ...], where: str) -> None:
    unknown = sorted(str(member) for member in value if member not in known)
    if unknown:
        raise InvalidRequestError(
            f"{where} has the unknown member {unknown[0][:64]!r}. Known are {', '.join(known)}."
        )


def _utf8_length(value: str, member: str) -> int:
    try:
        return len(value.encode())
    except UnicodeEncodeError:
        raise InvalidRequestError(f"{member} is not valid Unicode text.") from None
