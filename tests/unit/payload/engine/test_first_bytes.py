"""Otherwise the advice for a file that is not an image would not fit the file."""

from __future__ import annotations

import pytest

from face_compare.engine.first_bytes import COUNT, described, is_image


def boxes(major: bytes, *compatible: bytes) -> bytes:
    """Return the beginning of a file of the ISO base media format."""
    brands = major + b"\x00\x00\x00\x00" + b"".join(compatible)
    return (len(brands) + 8).to_bytes(4) + b"ftyp" + brands


FILES = {
    "nothing": (b"", "is empty"),
    "an iPhone's photo": (boxes(b"heic", b"mif1", b"heic"), "Most Compatible"),
    "an iPhone's photo, newer": (boxes(b"mif1", b"heic"), "is HEIC"),
    "a phone's AVIF": (boxes(b"avif", b"mif1", b"miaf"), "is AVIF"),
    "an AVIF by its other brands": (boxes(b"mif1", b"avif"), "is AVIF"),
    "a video of a phone": (boxes(b"qt  "), "is a video"),
    "a video of a browser": (b"\x1aE\xdf\xa3\x01", "is a video"),
    "WebP": (b"RIFF\x24\x00\x00\x00WEBPVP8 ", "is WebP"),
    "GIF": (b"GIF89a", "is a GIF"),
    "BMP": (b"BM\x46\x00", "is a BMP"),
    "TIFF": (b"II*\x00", "is a TIFF"),
    "JPEG XL": (b"\x00\x00\x00\x0cJXL \r\n", "is JPEG XL"),
    "JPEG XL without boxes": (b"\xff\x0a\x00", "is JPEG XL"),
    "JPEG 2000": (b"\x00\x00\x00\x0cjP  \r\n", "is JPEG 2000"),
    "PDF": (b"%PDF-1.7\n", "is a PDF"),
    "HTML": (b"\n <!DOCTYPE html><html>", "is an HTML page"),
    "HTML with a byte-order mark": (b"\xef\xbb\xbf<!doctype html>", "is an HTML page"),
    "SVG": (b'<svg xmlns="', "is an SVG"),
    "an error of S3": (b'<?xml version="1.0"?><Error>', "is XML"),
    "an error of an API": (b'{"message": "Forbidden"}', "is JSON"),
    "ZIP": (b"PK\x03\x04", "is a ZIP"),
    "gzip": (b"\x1f\x8b\x08", "gzip"),
    "base64 of a JPEG": (b"/9j/4AAQSkZJRg", "in base64"),
    "base64 of a PNG": (b"iVBORw0KGgoAAAA", "in base64"),
    "a data URL": (b"data:image/jpeg;base64,/9j/", "in base64"),
    "what macOS adds": (b"\x00\x05\x16\x07\x00\x02", "macOS"),
    "a pointer": (b"version https://git-lfs.github.com/spec/v1", "git lfs pull"),
    "base64 as JSON": (b'"data:image/jpeg;base64,/9j/', "in base64"),
    "a posted form": (b"------WebKitFormBoundary7MA4YWxk\r\n", "the body of a form"),
    "an encrypted photo": (b"-----BEGIN PGP MESSAGE-----\n", "an encrypted message"),
    "a JPEG decoded as UTF-8": (
        b"\xff\xd8\xff\xe0\x00\x10JFIF".decode(errors="replace").encode(),
        "sent as text",
    ),
    "a PNG decoded as UTF-8": (b"\x89PNG\r\n".decode(errors="replace").encode(), "sent as text"),
    "a JPEG decoded as Latin-1": (b"\xff\xd8\xff\xe0".decode("latin-1").encode(), "sent as text"),
    "a PNG decoded as Latin-1": (b"\x89PNG\r\n".decode("latin-1").encode(), "sent as text"),
    "a PNG with other line breaks": (b"\x89PNG\n\x1a\n\x00", "did not arrive whole"),
    "half a JPEG": (b"\xff\xd8\xff\xe1", "did not arrive whole"),
    "half a PNG": (b"\x89PNG\r\n\x1a\n\x00", "did not arrive whole"),
}


@pytest.mark.parametrize(("first", "words"), FILES.values(), ids=FILES)
def test_the_first_bytes_tell_what_a_file_is_and_what_to_do(first: bytes, words: str) -> None:
    found = described(first[:COUNT])
    assert found is not None
    assert words in found
    assert found.count(". ") <= 3
    assert found.endswith(".")


@pytest.mark.parametrize("first", [b"\x00", b"\x00" * COUNT, b"hello", b"\xff\xd8", b"\x00" * 4])
def test_nothing_is_guessed_where_the_first_bytes_do_not_tell(first: bytes) -> None:
    assert described(first) is None


def test_only_the_two_formats_that_rekognition_reads_count_as_images() -> None:
    images = [name for name, (first, _) in FILES.items() if is_image(first)]
    assert images == ["half a JPEG", "half a PNG"]
