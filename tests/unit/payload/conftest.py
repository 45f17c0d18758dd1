"""What the tests share: clients, and the function with what it calls."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from botocore.stub import Stubber

from face_compare.runtime.clients import Clients
from face_compare.service import Service
from tests.unit.payload.bulk_work import BulkWork, bulk_work
from tests.unit.payload.direct import Direct, Records
from tests.unit.payload.fake_rekognition import FakeRekognition
from tests.unit.payload.invocation import SETTINGS


@pytest.fixture(scope="session", autouse=True)
def aws_environment() -> Iterator[None]:
    """Give the clients a region and invented credentials."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name, value in {
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_LAMBDA_FUNCTION_NAME": "face-compare",
        }.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
        yield


@pytest.fixture(scope="session")
def clients() -> Clients:
    """The clients, made once because botocore takes 0.2 s for each."""
    return Clients(SETTINGS)


@pytest.fixture(autouse=True)
def no_comparison_outlives_its_test() -> Iterator[None]:
    """Wait for the threads that a test gave up: the next test has the same clients."""
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        if thread.name.startswith("ThreadPoolExecutor"):
            thread.join(60)


@pytest.fixture
def comparison_stub(clients: Clients) -> Iterator[Stubber]:
    """Answers of CompareFaces. Every queued answer must be fetched."""
    with Stubber(clients.rekognition) as stub:
        yield stub
        stub.assert_no_pending_responses()


@pytest.fixture
def service(clients: Clients) -> Service:
    """The service as the handler makes it."""
    return Service(SETTINGS, clients)


@pytest.fixture
def records(caplog: pytest.LogCaptureFixture) -> Records:
    """The records of the function so far."""
    return Records(caplog)


@pytest.fixture
def direct(clients: Clients, monkeypatch: pytest.MonkeyPatch) -> Direct:
    """Direct invocations with the settings above."""
    rekognition = FakeRekognition()
    monkeypatch.setattr(clients.rekognition, "compare_faces", rekognition.compare_faces)
    monkeypatch.setattr(clients.rekognition, "detect_faces", rekognition.detect_faces)
    monkeypatch.setattr(clients, "_diagnosis_rekognition", rekognition)
    return Direct(clients, rekognition)


@pytest.fixture
def bulk(clients: Clients, monkeypatch: pytest.MonkeyPatch) -> Iterator[BulkWork]:
    """Uploads and batches with the settings above."""
    with bulk_work(clients, monkeypatch) as work:
        monkeypatch.setattr(clients, "_diagnosis_rekognition", work.rekognition)
        yield work
