"""Which fault an error of an AWS call is. Pure: no calls.

Sources: the error lists of CompareFaces and DetectFaces in botocore's service model, "Error
responses" in the Amazon S3 API reference, and the codes that botocore itself retries
(``botocore.retries.standard``), since what is worth another try now is worth one later.
Rekognition answers throttling with status 400, so the code decides, and the status only where
the code is unknown: S3 answers HeadObject without a code.
"""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from face_compare.faults import (
    FaceCompareError,
    RekognitionForbiddenError,
    RekognitionRefusedError,
    ServiceUnavailableError,
    ThrottledError,
)

AWS_ERRORS = (ClientError, BotoCoreError, ResponseParserError)
"""Everything a botocore client raises: an error answer, no answer, an answer it cannot read."""

_THROTTLED = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
_FORBIDDEN = frozenset({"AccessDeniedException", "AccessDenied", "UnauthorizedOperation"})
_PASSING = frozenset(
    {
        # The request came too slowly.
        "RequestTimeout",
        "RequestTimeoutException",
        # Something else is changing the same object of S3 at this moment.
        "ConditionalRequestConflict",
        "OperationAborted",
        # The role's short-lived credentials or the clock are off; Lambda renews both.
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidSignatureException",
        "RequestExpired",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)


def error_code(error: Exception) -> str:
    """Return the code of an error answer, or the class name where there was no answer."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "Unknown"))
    return type(error).__name__


def http_status(error: Exception) -> int | None:
    """Return the HTTP status of an error answer, None where there was no answer."""
    if isinstance(error, ClientError):
        return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return None


def general_fault(error: Exception, service: str) -> FaceCompareError:
    """Return the fault for an error that says nothing about the images."""
    code = error_code(error)
    status = http_status(error)
    if code in _THROTTLED or status == 429:
        return ThrottledError(
            f"{service} refuses more calls at this rate ({code}). Send the request again later; "
            "if this lasts, raise the account's quota or lower the rate."
        )
    if code in _FORBIDDEN or (status == 403 and code not in _PASSING):
        return RekognitionForbiddenError(
            f"The function's role may not make this call to {service} ({code}). Restore the "
            "module's inline policy, or look for a permissions boundary or an organization's "
            "policy that denies it."
        )
    if status is None or status >= 500 or code in _PASSING:
        return ServiceUnavailableError(
            f"{service} did not serve the call ({code}). Send the request again later."
        )
    return RekognitionRefusedError(
        f"{service} refused the call with the code {code}, which this version does not know. "
        "Look the code up in the service's API reference."
    )
