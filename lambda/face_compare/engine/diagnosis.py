"""Finds out what is wrong with an image, but only after a call to Rekognition failed.

CompareFaces does not say which image is too large, is not a JPEG or PNG, or has no face.
DetectFaces on each image finds out, and the first bytes of a file that is not such an image tell
what it is. CompareFaces has a single error for an object that is missing, forbidden, in another
region or encrypted with an unusable key. HeadObject and HeadBucket find out which of these it is.

With a quality filter CompareFaces has the same error for a face that the filter left out. AWS
documents only "Filtered faces aren't compared". Comparing the target with itself shows which image
is the cause: the call fails if no face of the target passes the filter. DetectFaces has no filter,
and shows whether this image has a face at all. So two calls distinguish all four cases.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from face_compare.engine import first_bytes
from face_compare.engine.error_mapping import error_code, general_error, status_of
from face_compare.engine.face_count import count_faces
from face_compare.engine.rekognition import compare_faces
from face_compare.engine.spellings import other_spellings
from face_compare.model import errors
from face_compare.model.errors import FaceCompareError
from face_compare.model.image import Image, InlineImage, Side, StoredImage
from face_compare.model.rule import QualityFilter
from face_compare.runtime.clients import AWS_ERRORS, Clients
from face_compare.runtime.settings import SecondsLeft, Settings

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import HeadObjectOutputTypeDef

_OBJECT_CODE = "InvalidS3ObjectException"
"""Rekognition's code for an object that it cannot read."""

_PARAMETER_CODE = "InvalidParameterException"
"""Rekognition's code for an image without a face to compare, and for a bad parameter."""

_FORMAT_CODE = "InvalidImageFormatException"
"""Rekognition's code for an image that it cannot read."""

_FILE_CODES = (_FORMAT_CODE, _PARAMETER_CODE)
"""Codes for a file that may not be an image: its first bytes tell."""

_IMAGE_ERRORS: dict[str, type[FaceCompareError]] = {
    "ImageTooLargeException": errors.ImageTooLargeError,
    _FORMAT_CODE: errors.ImageFormatError,
    _PARAMETER_CODE: errors.InvalidRequestError,
}
"""Rekognition's codes for an image that it has read, but refuses."""

_IMAGE_ADVICE = {
    "ImageTooLargeException": (
        "is larger than Rekognition accepts: over 15 MB, or too many pixels. Store a smaller copy."
    ),
    _FORMAT_CODE: "is not a readable JPEG or PNG. Convert it.",
    _PARAMETER_CODE: (
        "is refused by Rekognition. It needs at least 80 pixels on each side, and a key without "
        "line breaks."
    ),
}
_NO_FACE = {
    Side.SOURCE: errors.NoFaceInSourceError,
    Side.TARGET: errors.NoFaceInTargetError,
}
_LOW_QUALITY = {
    Side.SOURCE: errors.LowQualityFaceInSourceError,
    Side.TARGET: errors.LowQualityFaceInTargetError,
}
_ARCHIVE_CLASSES = ("GLACIER", "DEEP_ARCHIVE")
# For reading the answer, recording the error and answering.
_ANSWER_SECONDS = 0.5


def no_face(side: Side, image: Image) -> FaceCompareError:
    """Return the error for an image in which Rekognition sees no face."""
    return _NO_FACE[side](
        f"Rekognition sees no face in the {side} image {image}. Use an image with a clear, "
        "upright, uncovered face of at least 40 pixels.",
        side,
    )


def _file_error(
    side: Side, image: Image, first: bytes | None, *, is_unreadable: bool = False
) -> FaceCompareError | None:
    """Return what is wrong with a file by its first bytes, None if they do not tell.

    A file that begins like a JPEG or PNG has an error only if Rekognition calls it unreadable.
    """
    if first is None or (first_bytes.is_image(first) and not is_unreadable):
        return None
    described = first_bytes.described(first)
    if described is None:
        return None
    return errors.ImageFormatError(f"The {side} image {image} {described}", side)


class Diagnosis:
    """Explains one call to Rekognition that failed."""

    def __init__(
        self,
        clients: Clients,
        settings: Settings,
        images: Mapping[Side, Image],
        seconds_left: SecondsLeft,
        quality_filter: QualityFilter = "NONE",
    ) -> None:
        """Take images and filter of the call. The images are examined in the given order."""
        self._clients = clients
        self._settings = settings
        self._images = images
        self._seconds_left = seconds_left
        self._quality_filter = quality_filter

    def explain(self, error: Exception) -> FaceCompareError:
        """Return the error that ``error``, which the call raised, stands for."""
        code = error_code(error)
        try:
            if code == _PARAMETER_CODE and self._quality_filter != "NONE":
                return self._examine_quality()
            if code in _IMAGE_ERRORS:
                return self._examine_faces(code)
            if code == _OBJECT_CODE:
                return self._examine_objects()
        except errors.OutOfTimeError as out_of_time:
            return out_of_time
        return general_error(error, "Rekognition")

    def explain_empty_answer(self) -> FaceCompareError:
        """Return the error for an answer without any face of the target."""
        if self._quality_filter == "NONE":
            return no_face(Side.TARGET, self._images[Side.TARGET])
        try:
            return self._no_usable_face(Side.TARGET)
        except errors.OutOfTimeError as out_of_time:
            return out_of_time

    def _examine_quality(self) -> FaceCompareError:
        """Return the error for the image that has no face, or none that passes the filter."""
        self._require_time(_PARAMETER_CODE)
        target = self._images[Side.TARGET]
        try:
            compared = compare_faces(
                self._clients.diagnosis_rekognition,
                self._settings.bucket,
                target,
                target,
                self._quality_filter,
            )
        except AWS_ERRORS as error:
            if error_code(error) != _PARAMETER_CODE:
                return self._image_error(Side.TARGET, target, error)
            return self._no_usable_face(Side.TARGET)
        return self._no_usable_face(Side.SOURCE if compared.target_faces else Side.TARGET)

    def _no_usable_face(self, side: Side) -> FaceCompareError:
        """Return the error for one image that has no face, or none that passes the filter."""
        image = self._images[side]
        problem = self._face_problem(side, image, _PARAMETER_CODE)
        if problem is not None:
            return problem
        return _LOW_QUALITY[side](
            f"Rekognition sees a face in the {side} image {image}, but none that passes the "
            f"rule's quality_filter {self._quality_filter}. Use a bright and sharp image of the "
            "uncovered face, taken from the front.",
            side,
        )

    def _examine_faces(self, code: str) -> FaceCompareError:
        """Return what is wrong with an image that Rekognition could read."""
        for side, image in self._images.items():
            if code in _FILE_CODES and isinstance(image, InlineImage):
                # No call is needed to see that these bytes are something else.
                other_file = _file_error(side, image, image.content[: first_bytes.COUNT])
                if other_file is not None:
                    return other_file
            problem = self._face_problem(side, image, code)
            if problem is not None:
                return problem
        return _IMAGE_ERRORS[code](
            f"Rekognition refused this pair of images ({code}), although it reads each of them "
            "and sees a face. Send the request again. If it fails again, use other images."
        )

    def _face_problem(self, side: Side, image: Image, code: str) -> FaceCompareError | None:
        """Return the error for an image that is unreadable or has no face, None if it has one."""
        self._require_time(code)
        try:
            count = self._count_faces(image)
        except AWS_ERRORS as error:
            return self._image_error(side, image, error)
        return no_face(side, image) if count == 0 else None

    def _image_error(self, side: Side, image: Image, error: Exception) -> FaceCompareError:
        """Return the error for ``error``, which DetectFaces raised for this image alone."""
        code = error_code(error)
        if code in _FILE_CODES:
            is_unreadable = code == _FORMAT_CODE
            first = self._first_bytes(image)
            file_error = _file_error(side, image, first, is_unreadable=is_unreadable)
            if file_error is not None:
                return file_error
        if code in _IMAGE_ERRORS:
            return _IMAGE_ERRORS[code](f"The {side} image {image} {_IMAGE_ADVICE[code]}", side)
        if code == _OBJECT_CODE:
            return self._examine_objects()
        return general_error(error, "Rekognition")

    def _first_bytes(self, image: Image) -> bytes | None:
        """Return the first bytes of an image, None if they cannot be read now."""
        if isinstance(image, InlineImage):
            return image.content[: first_bytes.COUNT]
        if not self._has_time():
            return None
        try:
            part = self._clients.diagnosis_s3.get_object(
                **self._parameters(image), Range=f"bytes=0-{first_bytes.COUNT - 1}"
            )
            return part["Body"].read()
        except AWS_ERRORS as error:
            # S3 has no first bytes of an empty object.
            return b"" if status_of(error) == 416 else None

    def _examine_objects(self) -> FaceCompareError:
        """Return why Rekognition could not read an image from the bucket."""
        stored = {
            side: image for side, image in self._images.items() if isinstance(image, StoredImage)
        }
        heads: dict[Side, HeadObjectOutputTypeDef] = {}
        for side, image in stored.items():
            self._require_time(_OBJECT_CODE)
            try:
                heads[side] = self._clients.diagnosis_s3.head_object(**self._parameters(image))
            except AWS_ERRORS as error:
                return self._object_error(side, image, self._with_code(error, image))
        bucket_error = self._bucket_error()
        if bucket_error is not None:
            return bucket_error
        for side, image in stored.items():
            reading_error = self._reading_error(side, image, heads[side])
            if reading_error is not None:
                return reading_error
        return errors.ImageUnreadableError(
            "Rekognition cannot read an image, although the objects are there and the function's "
            "role may read them. Look for a bucket policy that denies the role, or that allows "
            "certain networks only."
        )

    def _with_code(self, error: Exception, image: StoredImage) -> Exception:
        """Return GetObject's error instead of HeadObject's for the status 400, which needs a code.

        HeadObject's answer has no body, and so no code. If GetObject succeeds, nothing of the
        object is read.
        """
        if status_of(error) != 400:
            return error
        self._require_time(_OBJECT_CODE)
        try:
            self._clients.diagnosis_s3.get_object(**self._parameters(image))["Body"].close()
        except AWS_ERRORS as error_with_code:
            return error_with_code
        return error

    def _object_error(self, side: Side, image: StoredImage, error: Exception) -> FaceCompareError:
        """Return the error for ``error``, which S3 raised for this object."""
        status = status_of(error)
        version = f" in version {image.version_id}" if image.version_id else ""
        # 405 stands for a delete marker, InvalidArgument for a version id that S3 never gives.
        if status in (404, 405) or error_code(error) == "InvalidArgument":
            return errors.ImageNotFoundError(
                f"There is no {side} image {image}{version} in the bucket "
                f"{self._settings.bucket}.{self._other_spelling(image)} Upload it first, or "
                "correct the key.",
                side,
            )
        if error_code(error) == "InvalidRequest":
            return errors.ImageUnreadableError(
                f"The {side} image {image} is encrypted with a key that its uploader keeps "
                "(SSE-C), which Rekognition cannot use. Store the image without such a key.",
                side,
            )
        if error_code(error).startswith("KMS."):
            return errors.ImageKeyUnusableError(
                f"The {side} image {image} is encrypted with a KMS key that cannot be used "
                f"({error_code(error)}). Check that the key is enabled.",
                side,
            )
        if status == 403:
            return errors.ImageForbiddenError(
                f"The function's role is not allowed to read the {side} image {image}{version}. "
                f"It can read keys that begin with {self._settings.reference_prefix} or "
                f"{self._settings.challenge_prefix}. A policy of the bucket may deny more."
                f"{self._other_spelling(image)}",
                side,
            )
        if status == 301:
            return self._other_region("another region")
        return general_error(error, "S3")

    def _other_spelling(self, image: StoredImage) -> str:
        """Return a sentence about an object whose key a reader can mistake for the image's."""
        for key, difference in other_spellings(image.key):
            if not self._has_time():
                break
            try:
                self._clients.diagnosis_s3.head_object(Bucket=self._settings.bucket, Key=key)
            except AWS_ERRORS:
                continue
            return f" {difference}: {key!r}."
        return ""

    def _bucket_error(self) -> FaceCompareError | None:
        """Return the error if the bucket is in another region, None if it is not."""
        self._require_time(_OBJECT_CODE)
        try:
            bucket = self._clients.diagnosis_s3.head_bucket(Bucket=self._settings.bucket)
        except AWS_ERRORS as error:
            # The role may lack this one permission. The other checks still help.
            return None if status_of(error) == 403 else general_error(error, "S3")
        region = bucket.get("BucketRegion", self._region)
        return None if region == self._region else self._other_region(region)

    def _other_region(self, region: str) -> FaceCompareError:
        return errors.ImageInOtherRegionError(
            f"The bucket {self._settings.bucket} is in {region}, the function in {self._region}. "
            "Rekognition reads only buckets of its own region. Use a bucket there."
        )

    def _reading_error(
        self, side: Side, image: StoredImage, head: HeadObjectOutputTypeDef
    ) -> FaceCompareError | None:
        """Return why Rekognition cannot read an object, None if the head shows no reason."""
        if head.get("ContentLength") == 0:
            return _file_error(side, image, b"")
        # Intelligent-Tiering keeps its storage class. It has a status while the object is archived.
        is_archived = head.get("StorageClass") in _ARCHIVE_CLASSES or "ArchiveStatus" in head
        is_restored = 'ongoing-request="false"' in head.get("Restore", "")
        if is_archived and not is_restored:
            return errors.ImageUnreadableError(
                f"The {side} image {image} is archived. Restore it first.", side
            )
        if head.get("ServerSideEncryption", "").startswith("aws:kms"):
            return self._key_error(side, image, head.get("SSEKMSKeyId", "with an unknown id"))
        return None

    def _key_error(self, side: Side, image: StoredImage, key: str) -> FaceCompareError | None:
        """Return the error if Rekognition cannot read this image, None if it can.

        Rekognition is asked about each image. Both may be encrypted, and only one of the keys may
        be unusable.
        """
        self._require_time(_OBJECT_CODE)
        try:
            self._count_faces(image)
        except AWS_ERRORS as error:
            code = error_code(error)
            if code == _OBJECT_CODE:
                return errors.ImageKeyUnusableError(
                    f"The {side} image {image} is encrypted with the key {key}, which the "
                    "function's role is not allowed to use. Set the module's kms_key_arn to "
                    "this key, and check that the key is enabled.",
                    side,
                )
            return None if code in _IMAGE_ERRORS else general_error(error, "Rekognition")
        return None

    def _count_faces(self, image: Image) -> int:
        return count_faces(self._clients.diagnosis_rekognition, self._settings.bucket, image)

    def _parameters(self, image: StoredImage) -> dict[str, Any]:
        version = {} if image.version_id is None else {"VersionId": image.version_id}
        return {"Bucket": self._settings.bucket, "Key": image.key, **version}

    def _has_time(self) -> bool:
        needed = self._settings.diagnosis_limits.worst_case + _ANSWER_SECONDS
        return self._seconds_left() >= needed

    def _require_time(self, code: str) -> None:
        if not self._has_time():
            raise errors.OutOfTimeError(
                f"Rekognition refused the images ({code}), and the function's timeout left no time "
                "to find out why. Send the request again, or raise function.timeout."
            )

    @property
    def _region(self) -> str:
        return self._clients.rekognition.meta.region_name
