"""The errors of the service: code, HTTP status and message text as its clients see them."""

from __future__ import annotations

INVALID_PARAMETERS = "Request has invalid parameters"
"""One text for a bad parameter, a face that is missing and an image below 80 px."""

UNREADABLE_OBJECT = (
    "Unable to get object metadata from S3. Check object key, region and/or access permissions."
)
"""One text for an object that is missing, forbidden, elsewhere or undecryptable."""


class ServiceError(Exception):
    """An answer other than success. ``code`` becomes ``__type``, ``status`` is the HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


def invalid_parameter() -> ServiceError:
    """Bad parameter, or no face, or an image below the minimum size."""
    return ServiceError("InvalidParameterException", INVALID_PARAMETERS)


def invalid_object() -> ServiceError:
    """The S3 object cannot be read with the caller's rights."""
    return ServiceError("InvalidS3ObjectException", UNREADABLE_OBJECT)


def image_too_large() -> ServiceError:
    """Over 15 MB in S3, or more pixels than the stand-in decodes."""
    return ServiceError("ImageTooLargeException", "Image size is too large")


def invalid_format() -> ServiceError:
    """Neither JPEG nor PNG, or not decodable."""
    return ServiceError("InvalidImageFormatException", "Request has invalid image format")


def validation(problems: tuple[str, ...]) -> ServiceError:
    """A request that breaks the service model's constraints."""
    noun = "error" if len(problems) == 1 else "errors"
    text = f"{len(problems)} validation {noun} detected: {'; '.join(problems)}"
    return ServiceError("ValidationException", text)


def serialization(message: str) -> ServiceError:
    """A body that is not the JSON that the operation takes."""
    return ServiceError("SerializationException", message)


def unknown_operation() -> ServiceError:
    """An X-Amz-Target that the stand-in does not serve."""
    return ServiceError("UnknownOperationException", "")


def too_large_request() -> ServiceError:
    """A body beyond what two inline images can need."""
    return ServiceError("RequestEntityTooLargeException", "Request is too large", 413)


def access_denied(arn: str, action: str, *, explicit: bool) -> ServiceError:
    """The caller may not perform the action."""
    reason = (
        "with an explicit deny in an identity-based policy"
        if explicit
        else f"because no identity-based policy allows the {action} action"
    )
    text = f"User: {arn} is not authorized to perform: {action} {reason}"
    return ServiceError("AccessDeniedException", text)


def missing_authentication() -> ServiceError:
    """No signature at all."""
    return ServiceError("MissingAuthenticationTokenException", "Missing Authentication Token")


def unknown_client() -> ServiceError:
    """An access key (or session token) that nobody knows."""
    return ServiceError(
        "UnrecognizedClientException", "The security token included in the request is invalid."
    )


def incomplete_signature(message: str) -> ServiceError:
    """An Authorization header that lacks a part."""
    return ServiceError("IncompleteSignatureException", message)


def invalid_signature(message: str | None = None) -> ServiceError:
    """A signature that does not fit the request."""
    return ServiceError(
        "InvalidSignatureException",
        message
        or "The request signature we calculated does not match the signature you provided. Check"
        " your AWS Secret Access Key and signing method. Consult the service documentation for"
        " details.",
    )


def provisioned_rate() -> ServiceError:
    """Above the account's transactions per second."""
    return ServiceError("ProvisionedThroughputExceededException", "Provisioned rate exceeded")


def throttled() -> ServiceError:
    """The rate rose too suddenly."""
    return ServiceError("ThrottlingException", "Rate exceeded")


def internal() -> ServiceError:
    """The service's own fault."""
    return ServiceError("InternalServerError", "Internal server error", 500)


def unavailable() -> ServiceError:
    """The service cannot answer now."""
    return ServiceError("ServiceUnavailable", "Service is temporarily unavailable", 503)
