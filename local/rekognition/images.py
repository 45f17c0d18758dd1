"""From the bytes of a JPEG or PNG to an upright RGB picture, within the service's limits."""

from __future__ import annotations

import io
import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from local.rekognition import faults

MAX_OBJECT_BYTES = 15 * 1024 * 1024
"""Largest S3 object that the service reads. (Inline bytes are limited by the service model.)"""

MIN_SIDE = 80
"""Smallest width and height in pixels."""

MAX_PIXELS = 100_000_000
"""Own bound against decompression bombs: the service names none for these operations."""

SEARCHED_PIXELS = 1920 * 1080
"""Larger pictures are scaled down to this: a face of 40 px at 1920x1080, proportionally, remains.

The service names the same measure for the smallest face that it finds.
"""

Pixels = NDArray[np.uint8]
"""Height x width x 3, 0-255, contiguous."""

# Pillow then warns from the bound on and gives up at twice the bound, before it decodes.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS

_JPEG = b"\xff\xd8\xff"
_PNG = b"\x89PNG\r\n\x1a\n"


def decode(content: bytes) -> Pixels:
    """Return the upright picture (EXIF orientation of a JPEG applied, alpha laid over white).

    A large picture comes back scaled down to SEARCHED_PIXELS.
    Raises ServiceError: InvalidImageFormatException, ImageTooLargeException, or
    InvalidParameterException when a side is shorter than 80 px.
    """
    if content.startswith(_JPEG):
        kind = "JPEG"
    elif content.startswith(_PNG):
        kind = "PNG"
    else:
        raise faults.invalid_format()
    try:
        with Image.open(io.BytesIO(content), formats=(kind,)) as image:
            return _upright(image, is_jpeg=kind == "JPEG")
    except faults.ServiceError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise faults.image_too_large() from None
    except Exception:  # noqa: BLE001
        # Pillow's decoders raise whatever a hostile file provokes (OSError, SyntaxError,
        # struct.error, zlib.error, …); to the caller each means "not a readable image".
        raise faults.invalid_format() from None


def _upright(image: Image.Image, *, is_jpeg: bool) -> Pixels:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise faults.image_too_large()
    if min(width, height) < MIN_SIDE:
        raise faults.invalid_parameter()
    if is_jpeg:
        # Decoding a fraction of the pixels takes a fraction of the time; never below the size.
        image.draft("RGB", _searched_size(width, height))
    image.load()
    if is_jpeg:
        image = _apply_orientation(image)
    return _shrink(np.ascontiguousarray(_rgb(image), dtype=np.uint8))


def _searched_size(width: int, height: int) -> tuple[int, int]:
    factor = min(1.0, math.sqrt(SEARCHED_PIXELS / (width * height)))
    return max(1, round(width * factor)), max(1, round(height * factor))


def _shrink(pixels: Pixels) -> Pixels:
    height, width = pixels.shape[:2]
    size = _searched_size(width, height)
    if size == (width, height):
        return pixels
    resized = Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS)
    return np.ascontiguousarray(resized, dtype=np.uint8)


def _apply_orientation(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # noqa: BLE001
        # Damaged EXIF data is no reason to refuse a picture that decodes.
        return image


def _rgb(image: Image.Image) -> Pixels:
    if image.mode in ("I", "I;16", "I;16B", "F"):
        # Pillow would clip 16-bit grey to 255; the high byte is the picture.
        grey = (np.asarray(image).astype(np.int64) >> 8).clip(0, 255).astype(np.uint8)
        return np.repeat(grey[:, :, None], 3, axis=2)
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        layered = image.convert("RGBA")
        white = Image.new("RGBA", layered.size, "white")
        return np.asarray(Image.alpha_composite(white, layered).convert("RGB"))
    return np.asarray(image.convert("RGB"))
