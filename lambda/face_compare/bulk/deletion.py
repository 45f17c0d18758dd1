"""Whether an image was deleted since it was announced.

Nothing may be written about an image that is gone: it may have been deleted because its person
asked for it.

In a bucket with versions, a plain delete only adds a delete marker. HeadObject then
answers 404 for the key, but each version can still be read, also by Rekognition. Source:
"Working with delete markers" in the Amazon S3 user guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from face_compare.engine.error_mapping import status_of
from face_compare.model.image import StoredImage

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def is_gone(s3: S3Client, bucket: str, image: StoredImage) -> bool:
    """Tell whether an image was deleted, or hidden by a delete marker.

    One call tells, unless another version has replaced the image. Then the image is still
    compared, but only if its own version exists.
    """
    current = _head(s3, {"Bucket": bucket, "Key": image.key})
    if current is None:
        return True
    if image.version_id in (None, current.get("VersionId")):
        return False
    own = {"Bucket": bucket, "Key": image.key, "VersionId": image.version_id}
    return _head(s3, own) is None


def _head(s3: S3Client, call: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return S3's answer, None if there is no such object, an empty answer if S3 does not say.

    S3 does not say it if the role or a policy forbids reading the image, or if the image is
    encrypted with the key of its uploader. The comparison then finds the cause.
    """
    try:
        return s3.head_object(**call)
    except ClientError as error:
        status = status_of(error)
        if status == 404:
            return None
        if status in (400, 403):
            return {}
        raise
