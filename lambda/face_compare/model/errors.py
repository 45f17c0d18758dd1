"""Every error that the function reports, each a class of its own.

The class name is part of the contract: Lambda returns it as ``errorType``, and Step Functions
matches ``Retry`` and ``Catch`` against it. A message is one or two sentences: what is wrong,
and what to do. It may name object keys, but nothing biometric.
"""

from collections.abc import Sequence
from typing import ClassVar

from face_compare.model.image import Side


class FaceCompareError(Exception):
    """Base of every error. ``retryable`` says whether the same request may succeed later.

    ``side`` is the image that causes the error. It is None if neither image does, or if it is
    not known which one.
    """

    retryable: ClassVar[bool] = False

    def __init__(self, message: str, side: Side | None = None) -> None:
        super().__init__(message)
        self.side = side


class PermanentError(FaceCompareError):
    """The same request fails again until somebody changes something."""


class ConfigurationError(PermanentError):
    """The request is correct. Somebody has to fix the configuration around the function.

    An uploaded image that meets this error and matches no reference gets no result. Its message
    is delivered again, and in the end waits in the dead-letter queue until the cause is fixed. A
    pair of a batch gets an entry with the error, and a redrive compares it again.
    """


class TransientError(FaceCompareError):
    """The same request may succeed when it is sent again after a pause."""

    retryable = True


class InvalidRequestError(PermanentError):
    """The event does not have the documented form, or Rekognition refused a parameter."""


class InvalidManifestError(PermanentError):
    """There is no such list of pairs, or it does not have the documented form."""


class NoFaceInSourceError(PermanentError):
    """Rekognition sees no face in the source image."""


class NoFaceInTargetError(PermanentError):
    """Rekognition sees no face in the target image."""


class LowQualityFaceInSourceError(PermanentError):
    """Rekognition sees a face in the source image, but the rule's quality filter leaves none."""


class LowQualityFaceInTargetError(PermanentError):
    """Rekognition sees a face in the target image, but the rule's quality filter leaves none."""


class SeveralFacesInSourceError(PermanentError):
    """The source image shows several faces, and the rule requires a single one."""


class SeveralFacesInTargetError(PermanentError):
    """The target image shows several faces, and the rule requires a single one."""


class ImageNotFoundError(PermanentError):
    """There is no object under this key, or no such version of it."""


class ReferenceNotFoundError(PermanentError):
    """The subject of an uploaded image has no reference image."""


class ImageForbiddenError(ConfigurationError):
    """The function's role is not allowed to read this object."""


class ImageInOtherRegionError(ConfigurationError):
    """The bucket is in another region than the function. Rekognition cannot read it."""


class ImageKeyUnusableError(ConfigurationError):
    """The object is encrypted with a KMS key that the function's role is not allowed to use."""


class ImageUnreadableError(ConfigurationError):
    """The object is archived, encrypted with its uploader's key, or denied by a policy."""


class ImageTooLargeError(PermanentError):
    """The image is larger than Rekognition accepts."""


class ImageFormatError(PermanentError):
    """The image is not a readable JPEG or PNG."""


class CallForbiddenError(ConfigurationError):
    """The function's role is not allowed to make this call to Rekognition or S3.

    If the call is allowed, and only an image cannot be read, the error is ImageForbiddenError.
    """


class CallRejectedError(ConfigurationError):
    """Rekognition or S3 rejected the call with an unknown code, or the AWS SDK did not send it."""


class ThrottledError(TransientError):
    """The account's quota is used up."""


class ServiceUnavailableError(TransientError):
    """Rekognition or S3 did not answer, or failed."""


class OutOfTimeError(TransientError):
    """The function's timeout left no time for the next call."""


def leading_error[E: Exception](errors: Sequence[E]) -> E:
    """Return the error that stands for several.

    A transient error comes first, so that callers retry whenever a retry can help. Then comes a
    configuration error, so that operators learn of what they have to fix. Without either, it is
    the first error in the sequence.
    """
    for kind in (TransientError, ConfigurationError):
        for error in errors:
            if isinstance(error, kind):
                return error
    return errors[0]
