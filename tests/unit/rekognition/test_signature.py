"""Signatures: who is let in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.client import HTTPMessage

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.rekognition.faults import ServiceError
from local.rekognition.signature import Claim, SignedRequest, read_claim, verify

SECRET = "secret"
URL = "http://127.0.0.1:4566/"
BODY = b'{"a": 1}'


class Omitting(SigV4Auth):
    """A client that signs all but some headers."""

    omitted: tuple[str, ...] = ()

    def headers_to_sign(self, request: AWSRequest) -> HTTPMessage:
        chosen = super().headers_to_sign(request)
        for name in self.omitted:
            del chosen[name]
        return chosen


def signed(
    secret: str = SECRET,
    service: str = "rekognition",
    omitted: tuple[str, ...] = (),
    hashed: str | None = None,
) -> SignedRequest:
    request = AWSRequest("POST", URL, headers={"X-Amz-Target": "t", "User-Agent": "u"}, data=BODY)
    request.headers["Host"] = "127.0.0.1:4566"
    if hashed is not None:
        request.headers["X-Amz-Content-SHA256"] = hashed
    signer = Omitting(Credentials("ASIAONE", secret, "token"), service, "eu-west-1")
    signer.omitted = omitted
    signer.add_auth(request)
    headers = {name.lower(): value for name, value in request.headers.items()}
    return SignedRequest("POST", URL, headers, BODY)


def check(request: SignedRequest, *, late: timedelta = timedelta()) -> Claim:
    claim = read_claim(request.headers)
    verify(claim, request, SECRET, now=datetime.now(UTC) + late)
    return claim


def code_of(request: SignedRequest, *, late: timedelta = timedelta()) -> str:
    with pytest.raises(ServiceError) as caught:
        check(request, late=late)
    return caught.value.code


def test_a_signed_request_passes() -> None:
    """Else nobody could call the stand-in."""
    claim = check(signed())
    assert (claim.access_key, claim.region, claim.session_token) == (
        "ASIAONE", "eu-west-1", "token",
    )  # fmt: skip


def test_the_header_does_not_count_that_was_not_signed() -> None:
    """Else a client that adds a header on the way would be refused."""
    request = signed()
    check(replace(request, headers={**request.headers, "x-forwarded-for": "1.2.3.4"}))


@pytest.mark.parametrize(
    "change",
    [
        {"body": b'{"a": 2}'},
        {"url": "http://127.0.0.1:4566/other"},
        {"url": "http://127.0.0.1:4566/?x=1"},
        {"method": "GET"},
    ],
)
def test_a_changed_request_is_refused(change: dict[str, object]) -> None:
    """Else the signature would prove nothing about the call."""
    assert code_of(replace(signed(), **change)) == "InvalidSignatureException"  # type: ignore[arg-type]


@pytest.mark.parametrize("header", ["host", "x-amz-target", "x-amz-security-token"])
def test_a_changed_signed_header_is_refused(header: str) -> None:
    """Else another operation, or another session, could ride on the signature."""
    request = signed()
    changed = replace(request, headers={**request.headers, header: "changed"})
    assert code_of(changed) == "InvalidSignatureException"


def test_a_hash_that_is_not_the_body_s_is_refused() -> None:
    """Else a client could sign one body's hash and send another body."""
    check(signed(hashed=sha256(BODY).hexdigest()))
    assert code_of(signed(hashed=sha256(b"other").hexdigest())) == "InvalidSignatureException"


@pytest.mark.parametrize("header", ["host", "x-amz-date"])
def test_what_binds_the_signature_must_be_signed(header: str) -> None:
    """Else a signature could be used at another time or against another host."""
    assert code_of(signed(omitted=(header,))) == "InvalidSignatureException"


def test_another_secret_is_refused() -> None:
    """Else knowing an access key would be enough."""
    assert code_of(signed("guess")) == "InvalidSignatureException"


@pytest.mark.parametrize("late", [timedelta(minutes=6), timedelta(minutes=-6)])
def test_a_clock_that_is_off_is_refused(late: timedelta) -> None:
    """Else clock skew would show only in the account."""
    assert code_of(signed(), late=late) == "InvalidSignatureException"


def test_a_signature_for_another_service_is_refused() -> None:
    """Else a signed S3 request would open Rekognition."""
    assert code_of(signed(service="s3")) == "InvalidSignatureException"


def test_no_signature_has_its_own_code() -> None:
    """Else an unsigned call would look like a wrong one."""
    assert code_of(SignedRequest("POST", URL, {}, BODY)) == "MissingAuthenticationTokenException"


@pytest.mark.parametrize(
    "header",
    ["Bearer x", "AWS4-HMAC-SHA256 Credential=a/20260101/r/rekognition/aws4_request", "é"],
)
def test_a_broken_header_has_its_own_code(header: str) -> None:
    """Else a broken header would be an internal error."""
    request = SignedRequest("POST", URL, {"authorization": header}, BODY)
    assert code_of(request) == "IncompleteSignatureException"
