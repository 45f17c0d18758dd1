"""The errors of the service: code, HTTP status and message as its clients see them."""

from __future__ import annotations

from enum import StrEnum


class Code(StrEnum):
    """The codes of error answers."""

    ACCESS_DENIED = "AccessDeniedException"
    IMAGE_TOO_LARGE = "ImageTooLargeException"
    INTERNAL = "InternalServerError"
    INVALID_IMAGE_FORMAT = "InvalidImageFormatException"
    INVALID_PARAMETER = "InvalidParameterException"
    INVALID_S3_OBJECT = "InvalidS3ObjectException"
    MISSING_AUTHENTICATION = "MissingAuthenticationTokenException"
    PROVISIONED_THROUGHPUT_EXCEEDED = "ProvisionedThroughputExceededException"
    THROTTLING = "ThrottlingException"
    UNRECOGNIZED_CLIENT = "UnrecognizedClientException"


_MESSAGES = {
    Code.IMAGE_TOO_LARGE: "Image size is too large",
    Code.INTERNAL: "Internal server error",
    Code.INVALID_IMAGE_FORMAT: "Request has invalid image format",
    # One text for a bad parameter, a missing face and an image below 80 pixels.
    Code.INVALID_PARAMETER: "Request has invalid parameters",
    # One text for an object that is missing, forbidden, in another region or not decryptable.
    Code.INVALID_S3_OBJECT: (
        "Unable to get object metadata from S3. Check object key, region and/or access permissions."
    ),
    Code.MISSING_AUTHENTICATION: "Missing Authentication Token",
    Code.PROVISIONED_THROUGHPUT_EXCEEDED: "Provisioned rate exceeded",
    Code.THROTTLING: "Rate exceeded",
    Code.UNRECOGNIZED_CLIENT: "The security token included in the request is invalid.",
}


class ServiceError(Exception):
    """An answer other than success."""

    def __init__(self, code: Code, message: str | None = None) -> None:
        """Without ``message`` the service's usual text for the code."""
        self.code = code
        self.message = _MESSAGES.get(code, "") if message is None else message
        self.status = 500 if code is Code.INTERNAL else 400
        super().__init__(f"{code}: {self.message}")
