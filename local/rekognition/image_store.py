"""Images in S3, read only where the caller might read them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from local.rekognition.authority import Caller
from local.rekognition.errors import Code, ServiceError
from local.rekognition.faces import ImageFile
from local.rekognition.policy import Access, denies

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MAX_OBJECT_BYTES = 15 * 1024 * 1024
"""Largest S3 object that the service reads."""

_AS_A_SERVICE = {"aws:SecureTransport": "true", "s3:TlsVersion": "1.3"}
"""Condition keys of a read by Rekognition: it comes from AWS's network, not from the caller's."""


class ObjectName(NamedTuple):
    """Where an image is stored."""

    bucket: str
    key: str
    version: str | None = None

    @property
    def arn(self) -> str:
        """The object's ARN."""
        return f"arn:aws:s3:::{self.bucket}/{self.key}"


Read = Callable[[ObjectName, Caller, str], ImageFile]
"""Returns an image for a caller whose request is for this region, or raises ServiceError."""


def key_only(name: ObjectName, _caller: Caller, _region: str) -> ImageFile:
    """Take every image for present, without S3: for benchmarks with the scripted engine."""
    return ImageFile(content=b"", key=name.key)


class ImageStore:
    """Reads with root's rights once the caller's are found to suffice."""

    def __init__(self, client: S3Client) -> None:
        self._client = client

    def read(self, name: ObjectName, caller: Caller, region: str) -> ImageFile:
        """Return the image.

        Raises ServiceError: InvalidS3ObjectException when it is missing, forbidden or under a key
        that the caller cannot use; ImageTooLargeException above 15 MB.
        """
        action = "s3:GetObjectVersion" if name.version else "s3:GetObject"
        access = Access(action, name.arn, _AS_A_SERVICE)
        if not caller.may(access) or self._bucket_denies(name.bucket, caller, access):
            raise ServiceError(Code.INVALID_S3_OBJECT)
        try:
            version: Any = {"VersionId": name.version} if name.version else {}
            stored = self._client.get_object(Bucket=name.bucket, Key=name.key, **version)
            key = stored.get("SSEKMSKeyId")
            if key and not caller.may(_decryption(key, name, region)):
                raise ServiceError(Code.INVALID_S3_OBJECT)
            if stored["ContentLength"] > MAX_OBJECT_BYTES:
                raise ServiceError(Code.IMAGE_TOO_LARGE)
            return ImageFile(stored["Body"].read(), name.key)
        except (BotoCoreError, ClientError):
            raise ServiceError(Code.INVALID_S3_OBJECT) from None

    def _bucket_denies(self, bucket: str, caller: Caller, access: Access) -> bool:
        try:
            text = self._client.get_bucket_policy(Bucket=bucket)["Policy"]
        except ClientError:
            # There is no policy, or no bucket.
            return False
        return denies(json.loads(text), caller.arn, access)


def _decryption(key: str, name: ObjectName, region: str) -> Access:
    # With a bucket key, which the module sets, S3 asks for the bucket's data key.
    context = {
        "kms:ViaService": f"s3.{region}.amazonaws.com",
        "kms:EncryptionContext:aws:s3:arn": f"arn:aws:s3:::{name.bucket}",
    }
    return Access("kms:Decrypt", key, context)
