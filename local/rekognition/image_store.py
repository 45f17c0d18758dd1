"""Images in S3, read only where the caller might read them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from local.rekognition.authority import Access
from local.rekognition.errors import Code, ServiceError
from local.rekognition.faces import ImageFile

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MAX_OBJECT_BYTES = 15 * 1024 * 1024
"""Largest S3 object that the service reads."""

type May = Callable[[Access], bool]
"""Tells whether a caller may have an access."""


class ObjectName(NamedTuple):
    """Where an image is stored."""

    bucket: str
    key: str
    version: str | None = None

    @property
    def arn(self) -> str:
        """The object's ARN."""
        return f"arn:aws:s3:::{self.bucket}/{self.key}"


type Read = Callable[[ObjectName, May, str], ImageFile]
"""Returns an image for a caller whose request is for this region, or raises ServiceError."""


def key_only(name: ObjectName, _may: May, _region: str) -> ImageFile:
    """Take every image for present, without S3: for benchmarks with the scripted engine."""
    return ImageFile(content=b"", key=name.key)


class ImageStore:
    """Reads with root's rights once the caller's are found to suffice."""

    def __init__(self, client: S3Client) -> None:
        self._client = client

    def read(self, name: ObjectName, may: May, region: str) -> ImageFile:
        """Return the image.

        Raises ServiceError: InvalidS3ObjectException when it is missing, forbidden or under a key
        that the caller cannot use; ImageTooLargeException above 15 MB.
        """
        action = "s3:GetObjectVersion" if name.version else "s3:GetObject"
        if not may(Access(action, name.arn)):
            raise ServiceError(Code.INVALID_S3_OBJECT)
        try:
            version: Any = {"VersionId": name.version} if name.version else {}
            stored = self._client.get_object(Bucket=name.bucket, Key=name.key, **version)
            key = stored.get("SSEKMSKeyId")
            if key and not may(_decryption(key, name, region)):
                raise ServiceError(Code.INVALID_S3_OBJECT)
            if stored["ContentLength"] > MAX_OBJECT_BYTES:
                raise ServiceError(Code.IMAGE_TOO_LARGE)
            return ImageFile(stored["Body"].read(), name.key)
        except (BotoCoreError, ClientError):
            raise ServiceError(Code.INVALID_S3_OBJECT) from None


def _decryption(key: str, name: ObjectName, region: str) -> Access:
    # With a bucket key, which the module sets, S3 asks for the bucket's data key.
    context = {
        "kms:ViaService": f"s3.{region}.amazonaws.com",
        "kms:EncryptionContext:aws:s3:arn": f"arn:aws:s3:::{name.bucket}",
    }
    return Access("kms:Decrypt", key, context)
