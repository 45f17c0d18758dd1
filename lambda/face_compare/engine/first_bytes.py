"""Tells from the first bytes what a file is that Rekognition cannot read as an image.

Sources: the signatures in the WHATWG standard "MIME Sniffing", the brands of ISO/IEC 14496-12 and
23008-12 files that mp4ra.org registers, and the specifications of TIFF, JPEG XL and AppleDouble.
"""

from typing import NamedTuple

COUNT = 64
"""How many bytes are enough."""

_SAVE = "Save it as JPEG or PNG."
_HEIC = (
    "is HEIC, not JPEG or PNG. Convert it. iPhones save JPEG with Settings > Camera > Formats > "
    "Most Compatible."
)
_AVIF = f"is AVIF, not JPEG or PNG. {_SAVE}"
_VIDEO = "is a video, not an image. Save a frame of it as JPEG or PNG."
_DAMAGED = (
    "cannot be read to its end: it did not arrive whole, or it is damaged. Upload it again. If "
    "that does not help, save it as a baseline JPEG in RGB, or as PNG."
)
_BASE64 = "is a text in base64. Decode it before you upload it."
_FORM = (
    "is the body of a form (multipart/form-data) around the image. Send the file alone, without "
    "the form."
)
_READ_AS_TEXT = (
    "is an image that was read or sent as text, so its bytes changed on the way. Upload it again, "
    "as binary data."
)
_PAGE = (
    "is an HTML page, not an image. The download that made it failed or asked for a login. "
    "Download the image again."
)


class _Signature(NamedTuple):
    """Bytes at a place of a file, and what they say about the file."""

    place: int
    content: bytes
    meaning: str


_SIGNATURES = (
    _Signature(0, b"\xff\xd8\xff", f"begins like a JPEG, but {_DAMAGED}"),
    # A transfer as text changes the line breaks that follow.
    _Signature(0, b"\x89PNG", f"begins like a PNG, but {_DAMAGED}"),
    _Signature(8, b"WEBP", f"is WebP, not JPEG or PNG. {_SAVE}"),
    _Signature(0, b"GIF8", f"is a GIF, not JPEG or PNG. {_SAVE}"),
    _Signature(0, b"BM", f"is a BMP, not JPEG or PNG. {_SAVE}"),
    _Signature(0, b"II*\x00", f"is a TIFF or a camera's raw file, not JPEG or PNG. {_SAVE}"),
    _Signature(0, b"MM\x00*", f"is a TIFF or a camera's raw file, not JPEG or PNG. {_SAVE}"),
    _Signature(0, b"\x00\x00\x00\x0cJXL ", f"is JPEG XL, not JPEG or PNG. {_SAVE}"),
    _Signature(0, b"\xff\x0a", f"is JPEG XL, not JPEG or PNG. {_SAVE}"),
    _Signature(0, b"\x00\x00\x00\x0cjP  ", f"is JPEG 2000, not JPEG or PNG. {_SAVE}"),
    _Signature(0, b"%PDF-", "is a PDF, not an image. Save its page as JPEG or PNG."),
    _Signature(0, b"PK\x03\x04", "is a ZIP archive, not an image. Upload the images in it."),
    _Signature(0, b"\x1f\x8b", "is compressed with gzip. Upload it as it was before."),
    _Signature(0, b"\x1aE\xdf\xa3", _VIDEO),
    _Signature(
        0,
        b"\x00\x05\x16\x07",
        "is a file in which macOS keeps attributes, not an image. The image has the same name "
        'without the "._" at its beginning.',
    ),
    _Signature(
        0,
        b"version https://git-lfs",
        "is a pointer of Git LFS, not an image. Run git lfs pull, and upload the image.",
    ),
    # U+FFFD, which stands for bytes that are not UTF-8; then a JPEG and a PNG that were read as
    # Latin-1 and written as UTF-8.
    _Signature(0, b"\xef\xbf\xbd", _READ_AS_TEXT),
    _Signature(0, b"\xc3\xbf\xc3\x98\xc3\xbf", _READ_AS_TEXT),
    _Signature(0, b"\xc2\x89PNG", _READ_AS_TEXT),
    _Signature(0, b"-----BEGIN ", "is an encrypted message or a certificate. Look into it."),
    _Signature(0, b"--", _FORM),
    _Signature(0, b"/9j/", _BASE64),
    _Signature(0, b"iVBORw0KGgo", _BASE64),
    _Signature(0, b"data:image/", _BASE64),
    _Signature(0, b'"data:image/', _BASE64),
)
_BRANDS = {
    **dict.fromkeys((b"avif", b"avis"), _AVIF),
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"), _HEIC),
    **dict.fromkeys((b"mif1", b"msf1"), _HEIC),
}
_MARKUP = {
    b"<!doctype html": _PAGE,
    b"<html": _PAGE,
    b"<svg": f"is an SVG, not JPEG or PNG. {_SAVE}",
    b"<?xml": "is XML, such as an SVG or an error message, not JPEG or PNG. Look into it.",
    b"{": "is JSON, such as an error message, not an image. Look into it.",
}


def described(first: bytes) -> str | None:
    """Return what a file with these first bytes is, and what to do. None if they do not tell."""
    if not first:
        return "is empty: it has 0 bytes, so it did not arrive. Upload it again."
    if first[4:8] == b"ftyp":
        return _by_brand(first)
    for place, content, meaning in _SIGNATURES:
        if first.startswith(content, place):
            return meaning
    text = first.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return next((meaning for tag, meaning in _MARKUP.items() if text.startswith(tag)), None)


def is_image(first: bytes) -> bool:
    """Tell whether a file begins like one of the two formats that Rekognition reads."""
    return first.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"))


def _by_brand(first: bytes) -> str:
    """Return what a file of the ISO base media format is, by its brands: the major one first."""
    brands = [first[8:12], *(first[place : place + 4] for place in range(16, len(first), 4))]
    # The general brands "mif1" and "msf1" stand for HEIC only if no other brand says more.
    for brand in sorted(brands, key=lambda each: each in (b"mif1", b"msf1")):
        if brand in _BRANDS:
            return _BRANDS[brand]
    return _VIDEO
