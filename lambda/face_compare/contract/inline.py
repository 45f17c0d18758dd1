"""Images that are sent inline: base64 in the forms that browsers and phones write.

Sources: RFC 4648 for the two alphabets and for padding, RFC 2045 for line breaks, RFC 2397 for
``data:`` URLs.
"""

import base64
import re

from face_compare.model.errors import ImageTooLargeError, InvalidRequestError

_LARGEST_BYTES = 5 * 1024 * 1024
_URL_SAFE = bytes.maketrans(b"-_", b"+/")

_DATA_URL = re.compile(r"data:[^,]{0,200};base64,", re.IGNORECASE)
_ADDRESS = re.compile(r"(blob|content|data|file|ftp|https?|ph|s3):", re.IGNORECASE)
# A line break, with the white space that indents the next line. A space elsewhere is not a break.
_LINE_BREAK = re.compile(r"[ \t]*[\r\n]\s*")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/_-]")


def image_bytes(value: object, member: str) -> bytes:
    """Return the bytes of an image.

    A ``data:`` prefix, line breaks, the URL-safe alphabet and missing padding are accepted.

    Raises:
        InvalidRequestError: The value is not base64. The message says what is wrong with it.
        ImageTooLargeError: The image is over 5 MB.
    """
    if not isinstance(value, str) or not value.strip():
        raise InvalidRequestError(f"{member} must be a JPEG or PNG in base64.")
    text = _without_line_breaks(_without_data_url(value.strip(), member))
    letters = text.rstrip("=")
    padding = "=" * (-len(letters) % 4)
    try:
        data = f"{letters}{padding}".encode("ascii").translate(_URL_SAFE)
        content = base64.b64decode(data, validate=True)
    except ValueError:
        raise InvalidRequestError(f"{member} is not valid base64: {_reason(letters)}") from None
    if not content:
        raise InvalidRequestError(f"{member} has no data. It must be a JPEG or PNG in base64.")
    if len(content) > _LARGEST_BYTES:
        raise ImageTooLargeError(
            f"{member} is over 5 MB, Rekognition's limit for inline images. Store the image in the "
            "bucket, where the limit is 15 MB, and send its key."
        )
    return content


def _without_data_url(text: str, member: str) -> str:
    prefix = _DATA_URL.match(text)
    if prefix is not None:
        # Some write a space after the comma.
        return text[prefix.end() :].lstrip()
    address = _ADDRESS.match(text)
    if address is not None:
        raise InvalidRequestError(
            f"{member} begins with {address.group()!r}: it is an address, not the image in base64. "
            "Read the image, and send its bytes in base64."
        )
    return text


def _without_line_breaks(text: str) -> str:
    # Only the few texts that have one are copied: an image has millions of characters.
    return _LINE_BREAK.sub("", text) if "\n" in text or "\r" in text else text


def _reason(letters: str) -> str:
    """Return what is wrong with a text that is not base64."""
    wrong = _NOT_BASE64.search(letters)
    if wrong is None:
        return (
            f"it has {len(letters)} characters, a number that base64 never has. It was cut off: "
            "send all of it."
        )
    place = wrong.start() + 1
    if wrong.group() == " ":
        return (
            f"character {place} is a space. A `+` arrived as a space: send it URL-encoded (%2B) "
            "or as JSON."
        )
    if wrong.group() == "%":
        return f"character {place} is '%'. It is URL-encoded: decode it before you send it."
    if wrong.group() == "=":
        return f"there is more after the padding at character {place}. Send one image."
    return f"character {place} is {wrong.group()!a}, which base64 does not have."
