"""Which images Rekognition reads: otherwise a guard rail that fails in AWS would hold here."""

from __future__ import annotations

import io
from typing import Any

import pytest

from local.rekognition.authority import Access
from local.rekognition.errors import ServiceError
from local.rekognition.image_store import MAX_OBJECT_BYTES, ImageStore, ObjectName


class S3:
    """It has an image of a certain size under every key."""

    def __init__(self, size: int) -> None:
        self._size = size

    def get_object(self, **_: object) -> dict[str, Any]:
        return {"ContentLength": self._size, "Body": io.BytesIO(b"image")}


def read(size: int = 5, version: str | None = None, forbidden: str = "") -> bytes:
    def may(access: Access) -> bool:
        assert access.resource == "arn:aws:s3:::images/a.jpg"
        return access.action != forbidden

    name = ObjectName("images", "a.jpg", version)
    return ImageStore(S3(size)).read(name, may, "eu-west-1").content  # type: ignore[arg-type]


def test_an_image_of_15_mb_is_read_and_a_larger_one_is_not() -> None:
    assert read(MAX_OBJECT_BYTES) == b"image"
    with pytest.raises(ServiceError, match="ImageTooLargeException"):
        read(MAX_OBJECT_BYTES + 1)
