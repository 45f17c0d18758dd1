"""Finding out what is wrong with an image, after CompareFaces failed and only then.

CompareFaces does not say which image has no face, is too large or is no JPEG or PNG, and it
has one message for a missing object, a forbidden one, another region and an unusable key.
DetectFaces on each image tells the former apart, HeadObject and HeadBucket the latter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from face_compare import faults
from face_compare.aws_errors import AWS_ERRORS, error_code, general_fault, http_status
from face_compare.images import Image, Side, StoredImage
from face_compare.rekognition import count_faces
from face_compare.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import HeadObjectOutputTypeDef

    from face_compare.clients import Clients


_IMAGE_ADVICE = {
    "ImageTooLargeException": (
        "is larger than Rekognition reads, 15 MB or too many pixels; store a smaller copy."
    ),
    "InvalidImageFormatException": "is not a readable JPEG or PNG; convert it.",
    "InvalidParameterException": (
        "is refused by Rekognition; it needs at least 80 pixels on each side and a key without "
        "line breaks."
    ),
}
_IMAGE_FAULTS: dict[str, type[faults.FaceCompareError]] = {
    "ImageTooLargeException": faults.ImageTooLargeError,
    "InvalidImageFormatException": faults.ImageFormatError,
    "InvalidParameterException": faults.InvalidRequestError,
}
_NO_FACE = {
    Side.SOURCE: faults.NoFaceInSourceError,
    Side.TARGET: faults.NoFaceInTargetError,
}
_ARCHIVED = ("GLACIER", "DEEP_ARCHIVE")
# For reading the answer, logging the fault and raising it.
_RESERVE_SECONDS = 0.5


def no_face(side: Side, image: Image) -> faults.FaceCompareError:
    """Return the fault for an image in which Rekognition sees no face."""
    return _NO_FACE[side](
        f"Rekognition sees no face in the {side} image {image}. Use a photo with a clear, "
        "upright, uncovered face of at least 40 pixels.",
        side,
    )


class Diagnosis:
    """Explains one call to Rekognition that failed."""

    def __init__(
        self,
        clients: Clients,
        settings: Settings,
        images: Mapping[Side, Image],
        seconds_left: Callable[[], float],
    ) -> None:
        """Take the call's images and a clock that tells how many seconds the function has left.

        The images are looked at in the order in which they are given.
        """
        self._clients = clients
        self._settings = settings
        self._images = images
        self._seconds_left = seconds_left

    def explain(self, error: Exception) -> NoReturn:
        """Raise the fault that ``error``, an error of that call, stands for.

        Raises:
            FaceCompareError: Always; one of the classes in ``faults``.
        """
        code = error_code(error)
        if code in _IMAGE_FAULTS:
            self._look_for_faces(code)
        if code == "InvalidS3ObjectException":
            self._look_at_objects()
        raise general_fault(error, "Rekognition") from error

    def _look_for_faces(self, code: str) -> NoReturn:
        for side, image in self._images.items():
            self._require_time(code)
            try:
                count = count_faces(
                    self._clients.diagnosis_rekognition, self._settings.bucket, image
                )
            except AWS_ERRORS as error:
                self._raise_for_image(side, image, error)
            if count == 0:
                raise no_face(side, image)
        raise _IMAGE_FAULTS[code](
            f"Rekognition refused the images together ({code}), although it reads each of them "
            "and sees a face. Send the request again; if it fails again, use other photos."
        )

    def _raise_for_image(self, side: Side, image: Image, error: Exception) -> NoReturn:
        code = error_code(error)
        if code in _IMAGE_FAULTS:
            raise _IMAGE_FAULTS[code](f"The {side} image {image} {_IMAGE_ADVICE[code]}", side)
        if code == "InvalidS3ObjectException":
            self._look_at_objects()
        raise general_fault(error, "Rekognition") from error

    def _look_at_objects(self) -> NoReturn:
        stored = [
            (side, image) for side, image in self._images.items() if isinstance(image, StoredImage)
        ]
        heads = [self._head_object(side, image) for side, image in stored]
        self._check_region()
        for (side, image), head in zip(stored, heads, strict=True):
            self._check_readable(side, image, head)
        raise faults.ImageUnreadableError(
            "Rekognition cannot read an image, although the objects are there and the function's "
            "role may read them. Look for a bucket policy that denies "
            "the role or admits certain networks only."
        )

    def _head_object(self, side: Side, image: StoredImage) -> HeadObjectOutputTypeDef:
        self._require_time("InvalidS3ObjectException")
        try:
            return self._clients.diagnosis_s3.head_object(**self._object(image))
        except AWS_ERRORS as error:
            full = self._full_error(image) if http_status(error) == 400 else None
            raise self._object_fault(side, image, full or error) from error

    def _object(self, image: StoredImage) -> dict[str, Any]:
        version = {} if image.version_id is None else {"VersionId": image.version_id}
        return {"Bucket": self._settings.bucket, "Key": image.key, **version}

    def _full_error(self, image: StoredImage) -> Exception | None:
        """Return GetObject's error: HeadObject's has no body, and so no code of its own.

        None if it does not fail; nothing of the object is read then.
        """
        self._require_time("InvalidS3ObjectException")
        try:
            self._clients.diagnosis_s3.get_object(**self._object(image))["Body"].close()
        except AWS_ERRORS as error:
            return error
        return None

    def _object_fault(
        self, side: Side, image: StoredImage, error: Exception
    ) -> faults.FaceCompareError:
        status = http_status(error)
        version = f" in version {image.version_id}" if image.version_id else ""
        # 405 answers for a delete marker, this code for a version id that S3 could not have given.
        if status in (404, 405) or error_code(error) == "InvalidArgument":
            return faults.ImageNotFoundError(
                f"There is no {side} image {image}{version} in the bucket "
                f"{self._settings.bucket}. Upload it first, or correct the key.",
                side,
            )
        if error_code(error) == "InvalidRequest":
            return faults.ImageUnreadableError(
                f"The {side} image {image} is encrypted under a key that its uploader keeps "
                "(SSE-C), which Rekognition cannot use. Store it again without one.",
                side,
            )
        if status == 403:
            return faults.ImageForbiddenError(
                f"The function's role may not read the {side} image {image}{version}. It may "
                f"read keys that begin with {self._settings.reference_prefix} or "
                f"{self._settings.challenge_prefix}; a policy of the bucket may deny more.",
                side,
            )
        if status == 301:
            return self._other_region("another region")
        return general_fault(error, "S3")

    def _check_region(self) -> None:
        self._require_time("InvalidS3ObjectException")
        try:
            bucket = self._clients.diagnosis_s3.head_bucket(Bucket=self._settings.bucket)
        except AWS_ERRORS as error:
            if http_status(error) == 403:
                return
            raise general_fault(error, "S3") from error
        region = bucket.get("BucketRegion", self._region)
        if region != self._region:
            raise self._other_region(region)

    def _check_readable(
        self, side: Side, image: StoredImage, head: HeadObjectOutputTypeDef
    ) -> None:
        if head.get("StorageClass") in _ARCHIVED and 'ongoing-request="false"' not in str(
            head.get("Restore", "")
        ):
            raise faults.ImageUnreadableError(
                f"The {side} image {image} is archived; restore it first.", side
            )
        encrypted = str(head.get("ServerSideEncryption", "")).startswith("aws:kms")
        if encrypted and not self._is_read(image):
            raise faults.ImageKeyUnusableError(
                f"The {side} image {image} is encrypted under the key "
                f"{head.get('SSEKMSKeyId', 'of an unknown name')}, which the function's role may "
                "not use. Give the module that key as kms_key_arn and see that it is enabled.",
                side,
            )

    def _is_read(self, image: Image) -> bool:
        """Tell whether Rekognition reads an image: under a bucket's key, often just one fails."""
        self._require_time("InvalidS3ObjectException")
        try:
            count_faces(self._clients.diagnosis_rekognition, self._settings.bucket, image)
        except AWS_ERRORS as error:
            code = error_code(error)
            if code == "InvalidS3ObjectException":
                return False
            if code not in _IMAGE_FAULTS:
                raise general_fault(error, "Rekognition") from error
        return True

    def _other_region(self, region: str) -> faults.ImageInOtherRegionError:
        return faults.ImageInOtherRegionError(
            f"The bucket {self._settings.bucket} is in {region}, the function in {self._region}. "
            "Rekognition reads only buckets of its own region: use a bucket there."
        )

    def _require_time(self, code: str) -> None:
        needed = self._settings.diagnosis_limits.worst_case + _RESERVE_SECONDS
        if self._seconds_left() < needed:
            raise faults.OutOfTimeError(
                f"Rekognition refused the images ({code}) and the function's timeout left no time "
                "to find out why. Send the request again, or raise function.timeout."
            )

    @property
    def _region(self) -> str:
        return self._clients.rekognition.meta.region_name
