"""From the bytes of a JPEG or PNG to an upright RGB image, within the service's limits."""

from __future__ import annotations

import io
import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from local.rekognition.errors import Code, ServiceError

MIN_SIDE = 80
"""Smallest width and height in pixels."""

SEARCHED_PIXELS = 1920 * 1080
"""Larger images are scaled down to this; a face of 40 pixels at 1920x1080 remains.

The service gives the same measure for the smallest face that it finds.
"""

MAX_PIXELS = 200_000_000
"""Pixels that Pillow may hold at once, four bytes each: the largest sensor of a phone.

AWS documents no such limit for faces (DetectLabels has one of 10,000 pixels on each side). This one
protects the machine. It counts what has to be in memory: of a baseline JPEG that is a part.
"""

# Pillow's own limit counts the pixels of the whole image, and would refuse a phone's.
Image.MAX_IMAGE_PIXELS = None

Pixels = NDArray[np.uint8]
"""Height x width x 3, 0-255, contiguous."""


def decode(content: bytes) -> Pixels:
    """Return the upright image (EXIF orientation applied), scaled down to SEARCHED_PIXELS.

    Raises ServiceError when it is not a JPEG or PNG, is damaged, has a side below 80 pixels or
    more than MAX_PIXELS.
    """
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as image:
            return _upright(image)
    except ServiceError:
        raise
    except Exception:  # noqa: BLE001
        # Pillow's decoders raise whatever a hostile file provokes (OSError, SyntaxError,
        # struct.error, zlib.error, …); to the caller each means "not a readable image".
        raise ServiceError(Code.INVALID_IMAGE_FORMAT) from None


def _upright(image: Image.Image) -> Pixels:
    if min(image.size) < MIN_SIDE:
        raise ServiceError(Code.INVALID_PARAMETER)
    whole = image.width * image.height
    # Of a JPEG, decoding a fraction of the pixels takes a fraction of the time.
    image.draft("RGB", _searched_size(image))
    # Only a progressive one is held in memory as a whole.
    in_memory = whole if "progressive" in image.info else image.width * image.height
    if in_memory > MAX_PIXELS:
        raise ServiceError(Code.IMAGE_TOO_LARGE)
    image.load()
    rgb = _eight_bits(_oriented(image))
    if rgb.mode != "RGB":
        rgb = rgb.convert("RGB")
    size = _searched_size(rgb)
    if size != rgb.size:
        # The gap lets Pillow average whole blocks first, which takes a tenth of the time.
        rgb = rgb.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    return np.ascontiguousarray(rgb, dtype=np.uint8)


def _eight_bits(image: Image.Image) -> Image.Image:
    if image.mode != "I;16":
        return image
    # Pillow would clip the shades of gray at 255.
    return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))


def _searched_size(image: Image.Image) -> tuple[int, int]:
    factor = min(1.0, math.sqrt(SEARCHED_PIXELS / (image.width * image.height)))
    return max(1, round(image.width * factor)), max(1, round(image.height * factor))


def _oriented(image: Image.Image) -> Image.Image:
    if image.format == "PNG":
        # The service reads the orientation of JPEGs only.
        return image
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # noqa: BLE001
        # Damaged EXIF data is not a reason to refuse an image that decodes.
        return image
