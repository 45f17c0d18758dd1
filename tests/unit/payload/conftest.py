"""What the tests share: settings, stubbed clients and a context like Lambda's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Event

import pytest
from botocore.stub import Stubber

from face_compare.model.rule import Rule
from face_compare.runtime.clients import Clients
from face_compare.runtime.settings import Settings
from face_compare.service import Service
from tests.unit.payload.bulk_work import BulkWork, bulk_work

SETTINGS = Settings(
    bucket="photos",
    reference_prefix="reference/",
    challenge_prefix="challenge/",
    results_prefix="results/",
    rule=Rule(80.0),
    concurrency=5,
    calls_per_second=1000.0,
    workers=4,
    timeout_seconds=30.0,
)


@dataclass
class Context:
    """The part of Lambda's context object that the function uses."""

    aws_request_id: str = "request-1"
    function_version: str = "7"
    remaining_ms: int = 29_000

    def get_remaining_time_in_millis(self) -> int:
        """Return the time that a test chose."""
        return self.remaining_ms


@dataclass
class OverOnce(Context):
    """A clock on which time is over when an event has happened. Before that it waits."""

    happened: Event = field(default_factory=Event)

    def get_remaining_time_in_millis(self) -> int:
        """Wait for the event, and return the reserve."""
        assert self.happened.wait(10)
        return 1_000


@pytest.fixture(scope="session", autouse=True)
def aws_environment() -> Iterator[None]:
    """Give the clients a region and invented credentials."""
    monkeypatch = pytest.MonkeyPatch()
    for name, value in {
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_LAMBDA_FUNCTION_NAME": "face-compare",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    yield
    monkeypatch.undo()


@pytest.fixture(scope="session")
def clients() -> Clients:
    """The clients, made once because botocore takes 0.2 s for each."""
    return Clients(SETTINGS)


@pytest.fixture
def comparison_stub(clients: Clients) -> Iterator[Stubber]:
    """Answers of CompareFaces. Every queued answer must be fetched."""
    with Stubber(clients.rekognition) as stub:
        yield stub
        stub.assert_no_pending_responses()


@pytest.fixture
def detection_stub(clients: Clients) -> Iterator[Stubber]:
    """Answers of DetectFaces. Every queued answer must be fetched."""
    with Stubber(clients.diagnosis_rekognition) as stub:
        yield stub
        stub.assert_no_pending_responses()


@pytest.fixture
def storage_stub(clients: Clients) -> Iterator[Stubber]:
    """Answers of HeadObject and HeadBucket. Every queued answer must be fetched."""
    with Stubber(clients.diagnosis_s3) as stub:
        yield stub
        stub.assert_no_pending_responses()


@pytest.fixture
def service(clients: Clients) -> Service:
    """The service as the handler makes it."""
    return Service(SETTINGS, clients)


@pytest.fixture
def bulk(clients: Clients, monkeypatch: pytest.MonkeyPatch) -> Iterator[BulkWork]:
    """Uploads and batches with the settings above."""
    with bulk_work(SETTINGS, clients) as work:
        monkeypatch.setattr(clients, "_diagnosis_rekognition", work.rekognition)
        yield work
