"""Who signed a request, and whether the signature fits: SigV4 by botocore's own signer."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPMessage

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.rekognition import faults

SERVICE = "rekognition"

MAX_SKEW = timedelta(minutes=5)
"""How far the signer's clock may be off."""

_ALGORITHM = "AWS4-HMAC-SHA256"
_STAMP = "%Y%m%dT%H%M%SZ"
_HEADER = re.compile(
    rf"^{_ALGORITHM}\s+"
    r"Credential=(?P<key>[^/,\s]+)/(?P<date>\d{8})/(?P<region>[^/,\s]+)/(?P<service>[^/,\s]+)"
    r"/aws4_request\s*,\s*SignedHeaders=(?P<headers>[^,\s]+)\s*,\s*Signature=(?P<signature>\w+)$"
)


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """What was signed. ``headers`` has lower-case names; ``url`` is as the client wrote it."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """What the Authorization header says; proved only by ``verify``."""

    access_key: str
    region: str
    signed_headers: tuple[str, ...]
    signature: str
    stamp: str
    session_token: str | None


def read_claim(headers: Mapping[str, str]) -> Claim:
    """Parse the signature headers (lower-case names).

    Raises ServiceError: MissingAuthenticationTokenException, IncompleteSignatureException, or
    InvalidSignatureException for a scope of another service.
    """
    authorization = headers.get("authorization")
    if not authorization:
        raise faults.missing_authentication()
    found = _HEADER.match(authorization.strip())
    stamp = headers.get("x-amz-date", "")
    if found is None:
        raise faults.incomplete_signature(
            "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature'"
            f" parameters and the algorithm {_ALGORITHM}."
        )
    if not stamp.startswith(found["date"]):
        raise faults.incomplete_signature("Authorization header requires a matching 'X-Amz-Date'.")
    if found["service"] != SERVICE:
        raise faults.invalid_signature(
            f"Credential should be scoped to correct service: '{SERVICE}'. "
        )
    return Claim(
        access_key=found["key"],
        region=found["region"],
        signed_headers=tuple(found["headers"].split(";")),
        signature=found["signature"],
        stamp=stamp,
        session_token=headers.get("x-amz-security-token"),
    )


def verify(claim: Claim, request: SignedRequest, secret: str, *, now: datetime) -> None:
    """Raise ServiceError (InvalidSignatureException) unless ``secret`` signed this very request."""
    try:
        signed_at = datetime.strptime(claim.stamp, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        raise faults.incomplete_signature(
            f"Date must be in ISO-8601 'basic format'. Got '{claim.stamp}'."
        ) from None
    if abs(now - signed_at) > MAX_SKEW:
        word = "expired" if signed_at < now else "not yet current"
        raise faults.invalid_signature(
            f"Signature {word}: {claim.stamp} against {now.strftime(_STAMP)}"
        )
    # Without these two the signature would not be bound to this host and this call.
    if not {"host", "x-amz-date"} <= set(claim.signed_headers):
        raise faults.invalid_signature()
    if not hmac.compare_digest(_signature(claim, request, secret), claim.signature):
        raise faults.invalid_signature()


class _ReceivedSigV4(SigV4Auth):
    """botocore's signer, over the headers that the client chose rather than its own choice."""

    def __init__(self, credentials: Credentials, claim: Claim) -> None:
        super().__init__(credentials, SERVICE, claim.region)
        self._claim = claim

    def headers_to_sign(self, request: AWSRequest) -> HTTPMessage:
        chosen = HTTPMessage()
        for name in self._claim.signed_headers:
            chosen[name] = request.headers.get(name, "")
        return chosen


def _signature(claim: Claim, request: SignedRequest, secret: str) -> str:
    # The signer believes a hash in the headers: take it out, hash the body, and let the
    # header count only if it says the same.
    received = AWSRequest(
        method=request.method, url=request.url, headers=dict(request.headers), data=request.body
    )
    received.context["timestamp"] = claim.stamp
    signer = _ReceivedSigV4(Credentials(claim.access_key, secret), claim)
    del received.headers["x-amz-content-sha256"]
    body_hash = signer.payload(received)
    sent_hash = request.headers.get("x-amz-content-sha256")
    if sent_hash is not None:
        if sent_hash != body_hash:
            raise faults.invalid_signature()
        received.headers["x-amz-content-sha256"] = sent_hash
    text = signer.string_to_sign(received, signer.canonical_request(received))
    return str(signer.signature(text, received))
