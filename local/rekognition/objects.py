"""Photos in S3, read only where the caller might read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from local.rekognition import faults
from local.rekognition.authority import Access, Caller, Decision
from local.rekognition.faces import Photo
from local.rekognition.images import MAX_OBJECT_BYTES

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import HeadObjectOutputTypeDef


@dataclass(frozen=True, slots=True)
class ObjectName:
    """Where a photo lies."""

    bucket: str
    key: str
    version: str | None = None

    @property
    def arn(self) -> str:
        """The object's ARN."""
        return f"arn:aws:s3:::{self.bucket}/{self.key}"


class PhotoStore(Protocol):
    """Where S3Object images come from."""

    def read(self, name: ObjectName, caller: Caller, region: str) -> Photo:
        """Return the photo, or raise ServiceError.

        ``region`` is the one the caller's request was signed for.
        """
        ...


class KeysOnly:
    """No S3 at all: the photo is its key. For benchmarks with the scripted engine."""

    def read(self, name: ObjectName, caller: Caller, region: str) -> Photo:  # noqa: ARG002
        """Return a photo whose content is its name."""
        return Photo(content=f"{name.arn}?{name.version}".encode(), key=name.key)


class S3Store:
    """Reads with root's rights after the caller's have been found to suffice."""

    def __init__(self, client: S3Client) -> None:
        self._client = client

    def read(self, name: ObjectName, caller: Caller, region: str) -> Photo:
        """Return the photo.

        Raises ServiceError: InvalidS3ObjectException when it is missing, forbidden, in another
        region or under a key that the caller cannot use; ImageTooLargeException above 15 MB.
        """
        action = "s3:GetObject" if name.version is None else "s3:GetObjectVersion"
        context = {
            "aws:RequestedRegion": region,
            # The service reads with the caller's session, and these keys say so.
            "aws:ViaAWSService": "true",
            "aws:CalledVia": "rekognition.amazonaws.com",
        }
        if caller.decide(Access(action, name.arn, context)) is not Decision.ALLOWED:
            raise faults.invalid_object()
        try:
            if self._region(name.bucket) != region:
                raise faults.invalid_object()
            head = self._head(name)
            self._require_key(name, head, caller, region)
            if head["ContentLength"] > MAX_OBJECT_BYTES:
                raise faults.image_too_large()
            return Photo(content=self._content(name), key=name.key)
        except (BotoCoreError, ClientError):
            raise faults.invalid_object() from None

    def _region(self, bucket: str) -> str:
        headers = self._client.head_bucket(Bucket=bucket)["ResponseMetadata"]["HTTPHeaders"]
        return headers.get("x-amz-bucket-region", "us-east-1")

    def _head(self, name: ObjectName) -> HeadObjectOutputTypeDef:
        if name.version is None:
            return self._client.head_object(Bucket=name.bucket, Key=name.key)
        return self._client.head_object(Bucket=name.bucket, Key=name.key, VersionId=name.version)

    def _content(self, name: ObjectName) -> bytes:
        if name.version is None:
            answer = self._client.get_object(Bucket=name.bucket, Key=name.key)
        else:
            answer = self._client.get_object(
                Bucket=name.bucket, Key=name.key, VersionId=name.version
            )
        return answer["Body"].read()

    def _require_key(
        self, name: ObjectName, head: HeadObjectOutputTypeDef, caller: Caller, region: str
    ) -> None:
        key = head.get("SSEKMSKeyId")
        if not head.get("ServerSideEncryption", "").startswith("aws:kms") or not key:
            return
        arn = name.arn.partition("/")[0] if self._bucket_key(name.bucket, head) else name.arn
        context = {
            "aws:RequestedRegion": region,
            "aws:ViaAWSService": "true",
            "kms:ViaService": f"s3.{region}.amazonaws.com",
            "kms:EncryptionContext:aws:s3:arn": arn,
        }
        if caller.decide(Access("kms:Decrypt", key, context)) is not Decision.ALLOWED:
            raise faults.invalid_object()

    def _bucket_key(self, bucket: str, head: HeadObjectOutputTypeDef) -> bool:
        if head.get("BucketKeyEnabled"):
            return True
        # MiniStack's HeadObject does not say so; the bucket's default does.
        rules = self._client.get_bucket_encryption(Bucket=bucket)[
            "ServerSideEncryptionConfiguration"
        ]["Rules"]
        return any(rule.get("BucketKeyEnabled", False) for rule in rules)
