"""Decoding: which photos a user can send, and what is said of the others."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from local.rekognition.faults import ServiceError
from local.rekognition.images import decode
from tests.unit.rekognition.people import astronaut, encode


def code_of(content: bytes) -> str:
    with pytest.raises(ServiceError) as caught:
        decode(content)
    return caught.value.code


def corners(width: int = 120, height: int = 90) -> Image.Image:
    """Black, with the upper left quarter red."""
    image = Image.new("RGB", (width, height))
    image.paste((255, 0, 0), (0, 0, width // 2, height // 2))
    return image


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_both_formats_are_read(kind: str) -> None:
    """Else half of the users' photos would be refused."""
    pixels = decode(encode(corners(), kind))
    assert pixels.shape == (90, 120, 3)
    assert pixels.dtype == np.uint8
    assert pixels[10, 10, 0] > 200
    assert pixels[80, 110, 0] < 50


@pytest.mark.parametrize("kind", ["GIF", "BMP", "WEBP", "TIFF"])
def test_other_formats_are_refused_although_pillow_knows_them(kind: str) -> None:
    """Else a photo would work locally and fail in the account."""
    assert code_of(encode(corners(), kind)) == "InvalidImageFormatException"


@pytest.mark.parametrize("content", [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"text", b""])
def test_a_header_is_not_an_image(content: bytes) -> None:
    """Else a broken upload would be an internal error of the stand-in."""
    assert code_of(content) == "InvalidImageFormatException"


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_truncated_image_is_refused(kind: str) -> None:
    """Else half an upload would be compared as if it were the photo."""
    content = encode(astronaut(), kind)
    assert code_of(content[: len(content) // 2]) == "InvalidImageFormatException"


def test_damage_in_the_middle_is_refused() -> None:
    """Else a PNG whose check sum is wrong would be taken as it comes."""
    content = bytearray(encode(corners()))
    content[content.index(b"IDAT") + 6] ^= 0xFF
    assert code_of(bytes(content)) == "InvalidImageFormatException"


@pytest.mark.parametrize(
    ("orientation", "red_at"),
    [(1, "ul"), (2, "ur"), (3, "lr"), (4, "ll"), (5, "ul"), (6, "ur"), (7, "lr"), (8, "ll")],
)
def test_the_orientation_of_a_jpeg_is_applied(orientation: int, red_at: str) -> None:
    """Else a photo taken with the phone upright would hold a lying face that nobody finds."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = decode(encode(corners(), "JPEG", exif=exif.tobytes()))
    assert pixels.shape[:2] == ((90, 120) if orientation < 5 else (120, 90))
    row = 10 if red_at[0] == "u" else -10
    column = 10 if red_at[1] == "l" else -10
    assert pixels[row, column, 0] > 200


def test_damaged_exif_data_does_not_cost_the_photo() -> None:
    """Else a photo that every viewer shows would be refused."""
    content = encode(corners(), "JPEG", exif=b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\xff\xff\xff")
    assert decode(content).shape == (90, 120, 3)


@pytest.mark.parametrize(("width", "height", "fits"), [(80, 80, True), (79, 200, False)])
def test_a_side_below_80_px_is_an_invalid_parameter(width: int, height: int, fits: bool) -> None:
    """Else a thumbnail would work locally and fail in the account."""
    content = encode(corners(width, height))
    if fits:
        assert decode(content).shape == (height, width, 3)
    else:
        assert code_of(content) == "InvalidParameterException"


@pytest.mark.parametrize("mode", ["L", "P", "LA", "RGBA", "1"])
def test_every_png_mode_becomes_rgb(mode: str) -> None:
    """Else a scanned or a transparent photo would end in an internal error."""
    pixels = decode(encode(corners().convert(mode)))
    assert pixels.shape == (90, 120, 3)
    assert pixels[80, 110].max() < 50


def test_transparency_lies_over_white() -> None:
    """Else what a cut-out portrait hides in its transparent pixels would show."""
    image = corners().convert("RGBA")
    image.putalpha(0)
    assert decode(encode(image)).min() == 255


def test_sixteen_bits_of_grey_keep_their_shades() -> None:
    """Else a 16-bit scan would be a white sheet, without a face."""
    shades = np.tile(np.linspace(0, 65535, 120).astype(np.uint16), (90, 1))
    pixels = decode(encode(Image.fromarray(shades)))
    assert pixels[0, 0, 0] == 0
    assert 120 < pixels[0, 60, 0] < 136
    assert pixels[0, -1, 0] == 255


def test_a_cmyk_jpeg_keeps_its_colours() -> None:
    """Else a photo from a print shop would be a negative, without a face."""
    pixels = decode(encode(corners().convert("CMYK"), "JPEG"))
    assert pixels[10, 10, 0] > 200
    assert pixels[80, 110].max() < 60


def bomb(side: int) -> bytes:
    """A PNG that claims to be ``side`` px each way and has next to nothing in it."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    data = zlib.compress(bytes(100_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data)


def test_a_decompression_bomb_is_refused_before_it_is_decoded() -> None:
    """Else 100 kB from anybody would take gigabytes of memory."""
    assert code_of(bomb(30_000)) == "ImageTooLargeException"
    # Here Pillow itself would only warn.
    with pytest.warns(Image.DecompressionBombWarning):
        assert code_of(bomb(11_000)) == "ImageTooLargeException"


def test_a_large_jpeg_is_decoded_small_but_whole() -> None:
    """Else a 12-megapixel photo would take seconds, or lose its edge."""
    pixels = decode(encode(corners(4000, 3000), "JPEG"))
    assert pixels.shape[1] / pixels.shape[0] == pytest.approx(4 / 3, abs=0.01)
    assert pixels.shape[0] * pixels.shape[1] == pytest.approx(1920 * 1080, rel=0.01)
    assert pixels[20, 20, 0] > 200


def test_nothing_is_read_beyond_the_first_frame() -> None:
    """Else an animated PNG would take as long as its frames are many."""
    out = io.BytesIO()
    corners().save(out, "PNG", save_all=True, append_images=[Image.new("RGB", (120, 90), "blue")])
    assert decode(out.getvalue())[10, 10, 0] > 200
