"""The SDK's own errors and waits. A wrong error would be retried in vain, or not at all."""

from __future__ import annotations

import inspect

import botocore.exceptions
import pytest
from botocore.exceptions import BotoCoreError

from face_compare.engine.error_mapping import general_error
from face_compare.model.errors import (
    CallRejectedError,
    ConfigurationError,
    ServiceUnavailableError,
    ThrottledError,
)
from face_compare.model.rule import Rule
from face_compare.runtime.settings import CallLimits, Settings
from face_compare.service import Service
from tests.unit.payload.invocation import Context
from tests.unit.sdk.canned_sdk import SETTINGS, Answer, CannedSdk

CLASSES = {
    name: found
    for name, found in vars(botocore.exceptions).items()
    if inspect.isclass(found) and issubclass(found, BotoCoreError)
}
TRANSIENT = {
    "ChecksumError",
    "ConnectTimeoutError",
    "ConnectionClosedError",
    "ConnectionError",
    "CredentialRetrievalError",
    "EndpointConnectionError",
    "FlexibleChecksumError",
    "HTTPClientError",
    "IncompleteReadError",
    "MetadataRetrievalError",
    "ProxyConnectionError",
    "ReadTimeoutError",
    "ResponseStreamingError",
    "SSLError",
}
_WORDS = ("Checksum", "Clos", "Connect", "Incomplete", "Retrieval", "Retries", "Stream", "Time")
_WITHOUT_NETWORK = {
    "InvalidChecksumConfigError",
    # A developer's single sign-on. Lambda has none.
    "TokenRetrievalError",
    # The body of a request that can be read once only.
    "UnseekableStreamError",
}

EVENT = {"source": "reference/a.jpg", "target": "challenge/b.jpg"}


def refuse(sdk: CannedSdk, settings: Settings = SETTINGS) -> None:
    settings = settings._replace(rule=Rule(80.0))
    Service(settings, sdk.clients(settings)).serve(EVENT, Context())


@pytest.mark.parametrize("name", CLASSES)
def test_an_error_of_the_network_is_transient_and_every_other_one_is_not(name: str) -> None:
    found = general_error(CLASSES[name].__new__(CLASSES[name]), "Rekognition")
    assert type(found) is (ServiceUnavailableError if name in TRANSIENT else CallRejectedError)
    assert name in str(found)


def test_no_new_class_sounds_like_an_error_of_the_network() -> None:
    """If one does, decide about it: in TRANSIENT and error_mapping, or in _WITHOUT_NETWORK."""
    sounding = {name for name in CLASSES if any(word in name for word in _WORDS)}
    assert sounding <= TRANSIENT | _WITHOUT_NETWORK


def test_a_call_without_credentials_is_a_configuration_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", "/nowhere")
    with pytest.raises(ConfigurationError, match="NoCredentialsError"):
        refuse(CannedSdk())


def test_a_parameter_that_the_sdk_refuses_is_a_configuration_error() -> None:
    with pytest.raises(ConfigurationError, match="ParamValidationError") as refused:
        refuse(CannedSdk(), SETTINGS._replace(bucket="b"))
    assert "Invalid" not in str(refused.value), "the SDK's own text may hold what was sent"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        # Rekognition answers throttling with status 400.
        (Answer(400, b'{"__type": "ThrottlingException"}'), ThrottledError),
        (Answer(400, b'{"__type": "ProvisionedThroughputExceededException"}'), ThrottledError),
        (Answer(500, b'{"__type": "InternalServerError"}'), ServiceUnavailableError),
        (Answer(200, b"{not JSON"), ServiceUnavailableError),
        (Answer(200, b"{}"), ServiceUnavailableError),
    ],
)
def test_every_attempt_and_wait_is_within_the_limits_of_the_call(
    answer: Answer, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise Lambda would stop the function while it waits, and nobody would know why."""
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)
    sdk = CannedSdk({"CompareFaces": [answer]})
    with pytest.raises(error):
        refuse(sdk)
    assert len(sdk.sent) <= SETTINGS.comparison_limits.attempts
    assert len(waits) == len(sdk.sent) - 1
    # What the limits of a call allow for waiting, if the attempts themselves take no time.
    assert sum(waits) <= CallLimits(len(sdk.sent), 0.0, 0.0).worst_case
