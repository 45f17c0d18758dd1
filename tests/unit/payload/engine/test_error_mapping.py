"""Otherwise a short disturbance of AWS would become a final refusal."""

from __future__ import annotations

import pytest
from botocore.retries.standard import ThrottledRetryableChecker, TransientRetryableChecker

from face_compare.engine.error_mapping import general_error
from face_compare.model import errors
from tests.unit.payload.fake_rekognition import refusal

RETRIED = {
    *ThrottledRetryableChecker._THROTTLED_ERROR_CODES,  # type: ignore[attr-defined]
    *TransientRetryableChecker._TRANSIENT_ERROR_CODES,  # type: ignore[attr-defined]
}


@pytest.mark.parametrize("code", sorted(RETRIED))
def test_what_botocore_retries_may_be_retried_later(code: str) -> None:
    """Botocore gives up after some seconds, but that does not make the error permanent."""
    assert general_error(refusal(code), "S3").retryable


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        ("ThrottlingException", 400, errors.ThrottledError),
        ("ThrottlingException", 500, errors.ThrottledError),
        ("ProvisionedThroughputExceededException", 400, errors.ThrottledError),
        ("SomethingNew", 429, errors.ThrottledError),
        ("AccessDeniedException", 400, errors.CallForbiddenError),
        ("SomethingNew", 403, errors.CallForbiddenError),
        ("SomethingNew", 400, errors.CallRejectedError),
        ("InternalServerError", 500, errors.ServiceUnavailableError),
        ("SomethingNew", 503, errors.ServiceUnavailableError),
        ("RequestTimeout", 400, errors.ServiceUnavailableError),
        # What Lambda or another writer clears. Otherwise an image would wait in the dead-letter
        # queue for what was over in a second.
        ("ConditionalRequestConflict", 409, errors.ServiceUnavailableError),
        ("ExpiredToken", 400, errors.ServiceUnavailableError),
        ("ExpiredTokenException", 400, errors.ServiceUnavailableError),
        ("InvalidSignatureException", 400, errors.ServiceUnavailableError),
        ("OperationAborted", 409, errors.ServiceUnavailableError),
        ("RequestExpired", 400, errors.ServiceUnavailableError),
        ("RequestTimeTooSkewed", 403, errors.ServiceUnavailableError),
        ("SignatureDoesNotMatch", 403, errors.ServiceUnavailableError),
        ("UnrecognizedClientException", 400, errors.ServiceUnavailableError),
    ],
)
def test_each_error_code_becomes_its_typed_error(
    code: str, status: int, expected: type[errors.FaceCompareError]
) -> None:
    error = general_error(refusal(code, status), "Rekognition")
    assert type(error) is expected
    assert code in str(error)
