"""Otherwise a short disturbance of AWS would become a final refusal."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from botocore.retries.standard import ThrottledRetryableChecker, TransientRetryableChecker

from face_compare.engine.error_mapping import general_error
from face_compare.model.errors import ServiceUnavailableError

RETRIED = {
    *ThrottledRetryableChecker._THROTTLED_ERROR_CODES,  # type: ignore[attr-defined]
    *TransientRetryableChecker._TRANSIENT_ERROR_CODES,  # type: ignore[attr-defined]
}


@pytest.mark.parametrize("code", sorted(RETRIED))
def test_what_botocore_retries_may_be_retried_later(code: str) -> None:
    """Botocore gives up after some seconds, but that does not make the error permanent."""
    answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    error = ClientError(answer, "PutObject")  # type: ignore[arg-type]
    assert general_error(error, "S3").retryable


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("ConditionalRequestConflict", 409),
        ("ExpiredToken", 400),
        ("ExpiredTokenException", 400),
        ("InvalidSignatureException", 400),
        ("OperationAborted", 409),
        ("RequestExpired", 400),
        ("RequestTimeTooSkewed", 403),
        ("SignatureDoesNotMatch", 403),
        ("UnrecognizedClientException", 400),
    ],
)
def test_what_lambda_or_another_writer_clears_may_be_retried_later(code: str, status: int) -> None:
    """Otherwise an image would wait in the dead-letter queue for what was over in a second."""
    answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    error = ClientError(answer, "PutObject")  # type: ignore[arg-type]
    assert type(general_error(error, "S3")) is ServiceUnavailableError
