"""Otherwise a photo from a browser or a phone would be refused for the way it is written."""

from __future__ import annotations

import base64
import textwrap

import pytest

from face_compare.contract.inline import image_bytes
from face_compare.model.errors import ImageTooLargeError, InvalidRequestError

CONTENTS = [bytes(range(256))[: 256 - cut] for cut in range(3)]
"""One content for each length of the padding."""


def standard(content: bytes) -> str:
    return base64.b64encode(content).decode()


def url_safe(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode()


WRITTEN = {
    "as it is": standard,
    "URL-safe": url_safe,
    "without padding": lambda content: standard(content).rstrip("="),
    "URL-safe without padding": lambda content: url_safe(content).rstrip("="),
    "a browser's data URL": lambda content: f"data:image/jpeg;base64,{standard(content)}",
    "a data URL in capitals": lambda content: f"DATA:image/png;BASE64,{standard(content)}",
    "a data URL with parameters": (
        lambda content: f"data:image/jpeg;name=a.jpg;base64,{standard(content)}"
    ),
    "a data URL with a blank": lambda content: f"data:image/png;base64, {standard(content)}",
    "a data URL without a type": lambda content: f"data:;base64,{standard(content)}",
    "a phone's lines": lambda content: base64.encodebytes(content).decode(),
    "lines of Windows": lambda content: "\r\n".join(textwrap.wrap(standard(content), 76)),
    "indented lines": lambda content: "\n  ".join(["", *textwrap.wrap(standard(content), 76), ""]),
    "one blank at each end": lambda content: f" {standard(content)} ",
    "a data URL in lines": (
        lambda content: "data:image/jpeg;base64,\n" + base64.encodebytes(content).decode()
    ),
}


@pytest.mark.parametrize("content", CONTENTS, ids=len)
@pytest.mark.parametrize("write", WRITTEN.values(), ids=WRITTEN)
def test_every_usual_way_of_writing_an_image_gives_the_same_bytes(
    write: object, content: bytes
) -> None:
    assert callable(write)
    assert image_bytes(write(content), "source.bytes") == content


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("/9j/4AAQ SkZJRg==", "A `[+]` arrived as a space: send it URL-encoded"),
        ("/9j%2F4AAQ", "URL-encoded: decode it"),
        ("/9j/4", "cut off"),
        ("/9j/!AAQ", "character 5 is '!'"),
        ("/9j/\u00e9AAQ", r"character 5 is '\\xe9'"),
        ("/9j/4AA=/9j/4AA=", "more after the padding"),
        ("====", "no data"),
        ("data:image/svg+xml;utf8,<svg/>", "begins with 'data:'"),
        ("s3://photos/reference/a.jpg", "begins with 's3:'"),
        ("   ", "must be a JPEG or PNG"),
    ],
)
def test_what_is_wrong_with_the_text_is_said(value: str, words: str) -> None:
    with pytest.raises(InvalidRequestError, match=words) as refused:
        image_bytes(value, "source.bytes")
    assert str(refused.value).startswith("source.bytes ")
    assert len(str(refused.value)) < 300, "the text of an image must not be in the message"


def test_the_limit_is_on_the_bytes_and_not_on_how_they_are_written() -> None:
    limit = 5 * 1024 * 1024
    written = base64.encodebytes(bytes(limit)).decode()
    assert len(image_bytes(f"data:image/png;base64,{written}", "source.bytes")) == limit
    with pytest.raises(ImageTooLargeError, match="5 MB"):
        image_bytes(standard(bytes(limit + 1)), "source.bytes")
