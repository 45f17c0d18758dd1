"""Maps the errors of AWS calls to the errors of this package.

Sources: the error lists of CompareFaces and DetectFaces in botocore's service model, "Error
responses" in the Amazon S3 API reference, and the codes that botocore itself retries
(``botocore.retries.standard``): what botocore retries at once can also succeed later.

The code decides, because Rekognition answers throttling with status 400. The status decides only
if the code is unknown, because S3 answers HeadObject without a code.

Without an answer, the class of botocore's error decides. Errors of the network, of reading an
answer and of fetching credentials are transient. They are listed by their base classes, so that
botocore's next class for the same cause is included. Every other class is a configuration error:
nearly all of them are about credentials, settings and parameters, and a retry cannot help.

A new class may be mapped wrongly. Taking a transient error for a configuration error costs little:
an upload is retried all the same, and a pair of a batch has a line that says it is undecided. The
other mistake is worse: a single bad pair would fail its batch again and again, until the run fails.
"""

from botocore.exceptions import (
    ChecksumError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's, the base of its errors about connecting
    CredentialRetrievalError,
    FlexibleChecksumError,
    HTTPClientError,
    IncompleteReadError,
    MetadataRetrievalError,
)
from botocore.parsers import ResponseParserError

from face_compare.model.errors import (
    CallForbiddenError,
    CallRejectedError,
    FaceCompareError,
    ServiceUnavailableError,
    ThrottledError,
)

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
_TRANSIENT = frozenset(
    {
        # The request arrived too slowly.
        "RequestTimeout",
        "RequestTimeoutException",
        # Another writer is changing the same object of S3 at this moment.
        "ConditionalRequestConflict",
        "OperationAborted",
        # The role's short-lived credentials or the clock are wrong. Lambda renews both.
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidSignatureException",
        "RequestExpired",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)

_TRANSIENT_CLASSES = (
    # No connection, or no answer in time.
    ConnectionError,
    HTTPClientError,
    # An answer that is cut off or damaged.
    ChecksumError,
    FlexibleChecksumError,
    IncompleteReadError,
    ResponseParserError,
    # The service that hands out the role's credentials did not answer.
    CredentialRetrievalError,
    MetadataRetrievalError,
)


def error_code(error: Exception) -> str:
    """Return the code of an error answer, or the name of the class if there was no answer."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "Unknown"))
    return type(error).__name__


def status_of(error: Exception) -> int | None:
    """Return the HTTP status of an error answer, None if there was no answer."""
    if isinstance(error, ClientError):
        return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return None


def general_error(error: Exception, service: str) -> FaceCompareError:
    """Return the error for an error of AWS that is not about the images."""
    code = error_code(error)
    status = status_of(error)
    if code in _THROTTLED or status == 429:
        return ThrottledError(
            f"{service} is throttling calls ({code}). Send the request again later. "
            "If this lasts, raise the account's quota or lower the rate."
        )
    if code in _FORBIDDEN or (status == 403 and code not in _TRANSIENT):
        return CallForbiddenError(
            f"The function's role is not allowed to make this call to {service} ({code}). "
            "Restore the module's policies, or look for a permissions boundary or a policy "
            "of the organization that denies the call."
        )
    if (
        isinstance(error, _TRANSIENT_CLASSES)
        or code in _TRANSIENT
        or (status is not None and status >= 500)
    ):
        return ServiceUnavailableError(
            f"{service} did not answer the call properly ({code}). Send the request again later."
        )
    if not isinstance(error, ClientError):
        return CallRejectedError(
            f"The AWS SDK did not send the call to {service} ({code}). Compare the function's "
            "environment variables and its role with what the module sets."
        )
    return CallRejectedError(
        f"{service} rejected the call with the unknown code {code}. Look the code up in the "
        "service's API reference."
    )
