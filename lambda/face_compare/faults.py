"""Every fault the function reports, as one exception class each.

The class name is part of the contract: Lambda returns it as ``errorType`` and Step
Functions matches ``Retry`` and ``Catch`` against it. A message is one or two sentences that
say what is wrong and what to do; it may name object keys, never anything biometric.

``http_status`` is what a caller of the function URL gets. 502 stands for a fault that the
caller cannot mend, because it lies in the module's set-up.
"""

from __future__ import annotations

from typing import ClassVar

from face_compare.images import Side


class FaceCompareError(Exception):
    """Base of every fault. ``retryable`` tells whether the same request may succeed later.

    ``side`` is the image whose fault it is, None where it is neither's or not known whose.
    """

    retryable: ClassVar[bool] = False
    http_status: ClassVar[int] = 502

    def __init__(self, message: str, side: Side | None = None) -> None:
        """Take one or two sentences: what is wrong, and what to do."""
        super().__init__(message)
        self.side = side


class PermanentError(FaceCompareError):
    """The same request fails again until somebody changes something."""


class SetupError(PermanentError):
    """Nothing is wrong with the request; somebody has to mend the module's surroundings.

    An uploaded photo that meets one, and matches no reference, has no result: its message comes
    again, and waits in the dead-letter queue until the cause is mended.
    """


class PassingError(FaceCompareError):
    """The same request may succeed when it is sent again after a pause."""

    retryable = True
    http_status = 503


class InvalidRequestError(PermanentError):
    """The event does not have the documented form, or Rekognition refused a parameter."""

    http_status = 400


class NoFaceInSourceError(PermanentError):
    """Rekognition sees no face in the source image."""

    http_status = 422


class NoFaceInTargetError(PermanentError):
    """Rekognition sees no face in the target image."""

    http_status = 422


class SeveralFacesInSourceError(PermanentError):
    """The source shows several faces, and a single one was required."""

    http_status = 422


class SeveralFacesInTargetError(PermanentError):
    """The target shows several faces, and a single one was required."""

    http_status = 422


class ImageNotFoundError(PermanentError):
    """There is no object under that key (or no such version of it)."""

    http_status = 404


class ReferenceNotFoundError(PermanentError):
    """There is no reference photo of the subject whose photo was uploaded."""

    http_status = 404


class ImageForbiddenError(SetupError):
    """The function's role may not read that object."""

    http_status = 403


class ImageInOtherRegionError(SetupError):
    """The bucket is in another region than the function; Rekognition cannot read it."""


class ImageKeyUnusableError(SetupError):
    """The object is encrypted under a KMS key that the function's role may not use."""


class ImageUnreadableError(SetupError):
    """Rekognition cannot read an image: archived, under its uploader's key, or kept from it."""


class ImageTooLargeError(PermanentError):
    """The image is over Rekognition's size limit."""

    http_status = 413


class ImageFormatError(PermanentError):
    """The image is not a readable JPEG or PNG."""

    http_status = 415


class RekognitionForbiddenError(SetupError):
    """The function's role may not call Rekognition, or S3 beside a photo (the message says)."""


class RekognitionRefusedError(SetupError):
    """A service refused the call with an error code that this version does not know."""


class ThrottledError(PassingError):
    """The account's request rate for Rekognition is used up."""

    http_status = 429


class ServiceUnavailableError(PassingError):
    """Rekognition or S3 did not answer, or answered with a fault of its own."""


class OutOfTimeError(PassingError):
    """The function's timeout left no time for the next call."""
