"""Reading an event: it becomes a request, or an error that names the wrong field.

Unknown fields are refused. If a misspelled ``similarity_threshold`` were ignored, a
lower threshold would decide, and the caller would not know.
"""

from collections.abc import Mapping

from face_compare.model.comparison import ComparisonRequest
from face_compare.model.errors import InvalidRequestError
from face_compare.model.image import LONGEST_KEY_BYTES, Image, InlineImage, StoredImage
from face_compare.model.rule import Rule

MOST_SOURCES = 10
MOST_TARGETS = 100

_LONGEST_VERSION_ID = 1024
_WHOLE = "The event"
_EXAMPLE = '{"source": "reference/alice.jpg", "target": "challenge/alice-1.jpg"}'
# No prefix of the module begins like these, so no key of an image does.
_NO_KEY_BEGINNINGS = ("/", "./", "arn:", "data:", "http://", "https://", "s3://")
RULE_MEMBERS = (
    "similarity_threshold",
    "review_threshold",
    "require_single_face",
    "quality_filter",
)
_IMAGE_MEMBERS = ("key", "version_id", "bytes")
MEMBERS = ("source", "sources", "target", "targets", *RULE_MEMBERS, "explain")


def parse_request(
    event: object, module_rule: Rule, *, module_explains: bool = False
) -> ComparisonRequest:
    """Read an event.

    Args:
        event: ``source`` or ``sources``, ``target`` or ``targets``, and optionally
            ``similarity_threshold``, ``review_threshold``, ``require_single_face``,
            ``quality_filter`` and ``explain``. An image is a key,
            ``{"key": KEY, "version_id": ID}`` or ``{"bytes": BASE64}``.
        module_rule: The module's rule. An event may only make it stricter.
        module_explains: Whether answers to events without ``explain`` have an explanation.

    Raises:
        InvalidRequestError: The event has another form. The message names the field.
        ImageTooLargeError: An inline image is over 5 MB.
    """
    if not isinstance(event, Mapping):
        is_twice = isinstance(event, str) and event.lstrip().startswith("{")
        twice = " It is JSON within a string: encode it once." if is_twice else ""
        raise InvalidRequestError(f"The event must be a JSON object such as {_EXAMPLE}.{twice}")
    _refuse_unknown(event, MEMBERS, _WHOLE)
    given = _given(event, MEMBERS)
    return ComparisonRequest(
        sources=_images(given, "source", "sources", MOST_SOURCES),
        targets=_images(given, "target", "targets", MOST_TARGETS),
        rule=_rule(given, module_rule),
        listed_sources="sources" in given,
        listed_targets="targets" in given,
        explain=_flag(given, "explain", otherwise=module_explains),
    )


def _given(members: Mapping[str, object], known: tuple[str, ...]) -> dict[str, object]:
    """Return the fields without those of ``known`` that are null.

    Many clients write all fields of a class, and null for those that are not set.
    """
    return {
        member: value
        for member, value in members.items()
        if value is not None or member not in known
    }


def _images(event: Mapping[str, object], single: str, several: str, most: int) -> tuple[Image, ...]:
    if single in event and several in event:
        raise InvalidRequestError(f"The event has both {single} and {several}. Send one of them.")
    if isinstance(event.get(single), list):
        raise InvalidRequestError(f"{single} is a list, but stands for one image. Send {several}.")
    if single in event:
        return (_image(event[single], single),)
    if several not in event:
        raise InvalidRequestError(f"The event has no {single}. Send one such as {_EXAMPLE}.")
    values = event[several]
    if not isinstance(values, list) or not 1 <= len(values) <= most:
        raise InvalidRequestError(f"{several} must be a list of 1 to {most} images.")
    return tuple(_image(value, f"{several}[{place}]") for place, value in enumerate(values))


def _image(value: object, member: str) -> Image:
    if isinstance(value, str):
        return StoredImage(_key(value, member))
    if not isinstance(value, Mapping):
        raise InvalidRequestError(
            f'{member} must be an object key, {{"key": "...", "version_id": "..."}} or '
            '{"bytes": "..."}.'
        )
    given = _given(value, _IMAGE_MEMBERS)
    if "bytes" in given:
        # Imported here because most events name their images by key.
        from face_compare.contract.inline import image_bytes  # noqa: PLC0415

        _refuse_unknown(given, ("bytes",), member)
        return InlineImage(image_bytes(given["bytes"], f"{member}.bytes"))
    _refuse_unknown(given, ("key", "version_id"), member, also=("bytes",))
    return StoredImage(
        _key(given.get("key"), f"{member}.key"),
        _version_id(given.get("version_id"), f"{member}.version_id"),
    )


def _key(value: object, member: str) -> str:
    # These are Rekognition's limits on S3Object.Name. They are checked here because Rekognition
    # answers only "invalid parameters", and not which one.
    if not isinstance(value, str) or not value:
        raise InvalidRequestError(
            f"{member} must be a non-empty string, the key of an object in the bucket."
        )
    if _utf8_length(value, member) > LONGEST_KEY_BYTES:
        raise InvalidRequestError(f"{member} is longer than {LONGEST_KEY_BYTES} bytes of UTF-8.")
    if value.startswith(_NO_KEY_BEGINNINGS):
        raise InvalidRequestError(
            f"{member} begins like an address or a path. Send the key alone, such as "
            '"reference/alice.jpg". The image must be in the module\'s bucket.'
        )
    if value[0].isspace():
        raise InvalidRequestError(
            f"{member} begins with white space, which Rekognition cannot read. Rename the object."
        )
    return value


def _version_id(value: object, member: str) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not value or len(value) > _LONGEST_VERSION_ID:
        raise InvalidRequestError(
            f"{member} must be a version id of S3. Leave it out for the current version."
        )
    _utf8_length(value, member)
    return value


def _rule(event: Mapping[str, object], module: Rule) -> Rule:
    if event.keys().isdisjoint(RULE_MEMBERS):
        return module
    # Imported here because most events leave the rule to the module.
    from face_compare.contract.event_rule import stricter_rule  # noqa: PLC0415

    single = _flag(event, "require_single_face", otherwise=module.require_single_face)
    return stricter_rule(event, module, require_single_face=single)


def _flag(event: Mapping[str, object], member: str, *, otherwise: bool) -> bool:
    value = event.get(member)
    if value is None:
        return otherwise
    if not isinstance(value, bool):
        raise InvalidRequestError(f"{member} must be true or false.")
    return value


def _refuse_unknown(
    value: Mapping[str, object], known: tuple[str, ...], where: str, also: tuple[str, ...] = ()
) -> None:
    """Raise for a field that is not ``known``. Those in ``also`` are known, but only alone."""
    unknown = sorted(str(member) for member in value if member not in known)
    if not unknown:
        return
    # Imported here because few events have an unknown member.
    from face_compare.contract.mistakes import advice_on, other_sender  # noqa: PLC0415

    known_to_all = (*known, *also)
    sentence = other_sender(value) if where == _WHOLE else None
    raise InvalidRequestError(
        sentence
        or f"{where} has the unknown field {unknown[0][:64]!a}."
        f"{advice_on(unknown[0], known_to_all)} Known fields: {', '.join(known_to_all)}."
    )


def _utf8_length(value: str, member: str) -> int:
    try:
        return len(value.encode())
    except UnicodeEncodeError:
        raise InvalidRequestError(f"{member} is not valid Unicode text.") from None
