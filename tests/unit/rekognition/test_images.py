"""Decoding: which images a user can send, and what is said of the others."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from local.photos import astronaut, encoded
from local.rekognition.errors import ServiceError
from local.rekognition.images import decode


def code_of(content: bytes) -> str:
    with pytest.raises(ServiceError) as caught:
        decode(content)
    return caught.value.code


def corners(width: int = 120, height: int = 90) -> Image.Image:
    """Black, with the upper left quarter red."""
    image = Image.new("RGB", (width, height))
    image.paste((255, 0, 0), (0, 0, width // 2, height // 2))
    return image


@pytest.mark.parametrize("kind", ["JPEG", "MPO", "PNG"])
def test_both_formats_are_read(kind: str) -> None:
    pixels = decode(encoded(corners(), kind))
    assert pixels.shape == (90, 120, 3)
    assert pixels.dtype == np.uint8
    assert pixels[10, 10, 0] > 200
    assert pixels[80, 110, 0] < 50


@pytest.mark.parametrize("kind", ["GIF", "BMP", "WEBP", "TIFF"])
def test_a_format_that_the_account_refuses_is_refused(kind: str) -> None:
    assert code_of(encoded(corners(), kind)) == "InvalidImageFormatException"


@pytest.mark.parametrize("content", [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"text", b""])
def test_a_broken_upload_is_not_an_outage(content: bytes) -> None:
    assert code_of(content) == "InvalidImageFormatException"


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_half_an_upload_is_not_compared(kind: str) -> None:
    content = encoded(astronaut(), kind)
    assert code_of(content[: len(content) // 2]) == "InvalidImageFormatException"


@pytest.mark.parametrize(
    ("orientation", "red_at"),
    [(1, "ul"), (2, "ur"), (3, "lr"), (4, "ll"), (5, "ul"), (6, "ur"), (7, "lr"), (8, "ll")],
)
def test_an_image_from_a_phone_held_upright_is_upright(orientation: int, red_at: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = decode(encoded(corners(), "JPEG", exif=exif.tobytes()))
    assert pixels.shape[:2] == ((90, 120) if orientation < 5 else (120, 90))
    row = 10 if red_at[0] == "u" else -10
    column = 10 if red_at[1] == "l" else -10
    assert pixels[row, column, 0] > 200


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_an_image_with_damaged_exif_data_is_read() -> None:
    content = encoded(corners(), "JPEG", exif=b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\xff\xff\xff")
    assert decode(content).shape == (90, 120, 3)


def test_a_thumbnail_is_refused_as_in_the_account() -> None:
    assert decode(encoded(corners(80, 80))).shape == (80, 80, 3)
    assert code_of(encoded(corners(79, 200))) == "InvalidParameterException"


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA"])
def test_a_scanned_or_transparent_png_is_read(mode: str) -> None:
    pixels = decode(encoded(corners().convert(mode)))
    assert pixels.shape == (90, 120, 3)
    assert pixels[80, 110].max() < 50


def test_a_scan_in_16_bits_is_not_a_white_sheet() -> None:
    shades = np.tile(np.linspace(0, 65535, 120).astype(np.uint16), (90, 1))
    pixels = decode(encoded(Image.fromarray(shades)))
    assert pixels[0, 0, 0] == 0
    assert 120 < pixels[0, 60, 0] < 136
    assert pixels[0, -1, 0] == 255


def test_a_jpeg_from_a_print_shop_keeps_its_colors() -> None:
    pixels = decode(encoded(corners().convert("CMYK"), "JPEG"))
    assert pixels[10, 10, 0] > 200
    assert pixels[80, 110].max() < 60


def test_a_decompression_bomb_does_not_take_the_memory() -> None:
    def chunk(kind: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 0, 0, 0, 0)
    data = zlib.compress(bytes(100_000))
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data)
    assert code_of(bomb) == "ImageTooLargeException"


@pytest.mark.parametrize(
    ("size", "options"),
    [
        # Phones with 108 and 200 megapixels. AWS documents no limit of pixels for faces.
        ((12_000, 9_000), {}),
        ((12_000, 9_000), {"progressive": True}),
        ((16_320, 12_240), {}),
    ],
)
def test_a_photo_of_a_phone_with_many_pixels_is_read(
    size: tuple[int, int], options: dict[str, bool]
) -> None:
    # A gray one, which is written in a third of the time.
    content = encoded(Image.new("L", size, 90), "JPEG", quality=30, **options)
    pixels = decode(content)
    assert pixels.shape[1] / pixels.shape[0] == pytest.approx(4 / 3, abs=0.01)
    assert pixels.shape[0] * pixels.shape[1] == pytest.approx(1920 * 1080, rel=0.01)
    assert 85 < pixels.mean() < 95
