"""Which fault an error of AWS is: without these, a passing trouble becomes a final refusal."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from botocore.retries.standard import ThrottledRetryableChecker, TransientRetryableChecker

from face_compare.aws_errors import general_fault
from face_compare.faults import ServiceUnavailableError

RETRIED = {
    *ThrottledRetryableChecker._THROTTLED_ERROR_CODES,  # type: ignore[attr-defined]
    *TransientRetryableChecker._TRANSIENT_ERROR_CODES,  # type: ignore[attr-defined]
}


@pytest.mark.parametrize("code", sorted(RETRIED))
def test_what_botocore_tries_again_may_be_tried_again_later(code: str) -> None:
    """Botocore gives up after some seconds; the fault is not final because of that."""
    answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    error = ClientError(answer, "PutObject")  # type: ignore[arg-type]
    assert general_fault(error, "S3").retryable


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
def test_what_lambda_or_another_writer_ends_by_itself_may_be_tried_again_later(
    code: str, status: int
) -> None:
    """Else a photo would wait in the dead-letter queue for what was over a second later."""
    answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    error = ClientError(answer, "PutObject")  # type: ignore[arg-type]
    assert type(general_fault(error, "S3")) is ServiceUnavailableError
