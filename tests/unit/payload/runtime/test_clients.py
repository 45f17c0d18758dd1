"""The clients. Their fast start must not change where a request goes, or how it is signed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.exceptions import EndpointVariantError
from botocore.handlers import BUILTIN_HANDLERS
from botocore.session import Session

from face_compare.runtime.clients import Clients
from face_compare.runtime.fast_start import rekognition_session
from face_compare.runtime.settings import CallLimits
from face_compare.service import Service
from tests.unit.payload.bulk_work import FakeRekognition, refusal
from tests.unit.payload.conftest import SETTINGS, Context

_VARIANTS = {
    "usual": Config(),
    "fips": Config(use_fips_endpoint=True),
    "dual stack": Config(use_dualstack_endpoint=True),
}


class _Answered:
    """Takes a client's signed request instead of the network."""

    request: AWSPreparedRequest

    def __call__(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        self.request = request
        raw = _Raw(b'{"SourceImageFace": {}, "FaceMatches": [], "UnmatchedFaces": []}')
        return AWSResponse(request.url, 200, HTTPHeaders(), raw)


class _Raw:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, *_: object, **__: object) -> list[bytes]:
        return [self._content]


def _sent(session: Session, region: str, variant: Config) -> tuple[str, str, set[str], Any]:
    """Return URL, scope of the signature, header names and body of CompareFaces in a region."""
    client: Any = session.create_client("rekognition", region_name=region, config=variant)
    answered = _Answered()
    client.meta.events.register("before-send.rekognition.*", answered)
    image = {"S3Object": {"Bucket": "photos", "Name": "a.jpg"}}
    client.compare_faces(SourceImage=image, TargetImage=image, SimilarityThreshold=0)
    authorization = str(answered.request.headers["Authorization"])
    scope = authorization.partition("Credential=")[2].partition(",")[0].split("/", 2)[2]
    return answered.request.url, scope, set(answered.request.headers), answered.request.body


def _regions() -> list[str]:
    session = Session()
    return [
        # Regions that may open after botocore was released, one in another partition.
        "eu-future-9",
        "cn-north-1",
        *(
            region
            for partition in session.get_available_partitions()
            for region in session.get_available_regions("rekognition", partition)
            if "fips" not in region
        ),
    ]


@pytest.mark.parametrize("variant", _VARIANTS.values(), ids=_VARIANTS)
def test_requests_go_where_boto3_sends_them_and_are_signed_for_it(variant: Config) -> None:
    """Without endpoints.json a region of China or GovCloud could get a wrong address."""
    usual, lean = Session(), rekognition_session()
    compared = set()
    for region in _regions():
        try:
            expected = _sent(usual, region, variant)
        except EndpointVariantError:
            # endpoints.json has no such endpoint. The newer rules of the service may have one.
            continue
        assert _sent(lean, region, variant) == expected
        compared.add(region)
    assert {"us-gov-west-1", "us-east-1"} <= compared


def test_requests_carry_what_botocores_handlers_add(monkeypatch: pytest.MonkeyPatch) -> None:
    """One is the trace by which Lambda finds functions that call each other without end."""
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-5759e988-bd862e3fe1be46a994272793")
    (_, _, headers, _) = _sent(rekognition_session(), "eu-west-1", Config())
    assert "X-Amzn-Trace-Id" in headers
    for event in {event.partition(".")[0] for event, *_ in BUILTIN_HANDLERS}:
        for operation in ("", ".rekognition", ".rekognition.CompareFaces"):
            usual = _handlers(Session(), event + operation)
            assert _handlers(rekognition_session(), event + operation) == usual


def _handlers(session: Session, event: str) -> list[Any]:
    found: list[Any] = list(session._original_handler._handlers.prefix_search(event))  # type: ignore[attr-defined]
    return found


def test_the_client_is_of_the_class_that_boto3_returns() -> None:
    """Stubs, plugins and instrumentation for the client of boto3 must work with this one."""
    ours = Clients(SETTINGS).rekognition
    theirs = boto3.client("rekognition", region_name="eu-west-1")
    assert type(ours).__mro__[1] is type(theirs).__mro__[1]
    assert type(ours).__name__ == type(theirs).__name__
    assert type(ours).__module__ == type(theirs).__module__
    names = {name for name in dir(theirs) if not name.startswith("_")}
    assert {name for name in dir(ours) if not name.startswith("_")} == names


@pytest.mark.parametrize(
    ("client_of", "limits"),
    [
        (lambda clients: clients.rekognition, SETTINGS.comparison_limits),
        (lambda clients: clients.paced_rekognition(), SETTINGS.paced_limits),
        (lambda clients: clients.paced_s3(), SETTINGS.storage_limits),
        (lambda clients: clients.diagnosis_rekognition, SETTINGS.diagnosis_limits),
        (lambda clients: clients.diagnosis_s3, SETTINGS.diagnosis_limits),
    ],
    ids=["comparison", "paced", "storage", "diagnosis", "diagnosis of objects"],
)
def test_each_client_has_the_limits_of_its_work(
    clients: Clients, client_of: Callable[[Clients], Any], limits: CallLimits
) -> None:
    """Otherwise Lambda would stop the function while it waits for a slow service."""
    config = client_of(clients).meta.config
    assert config.connect_timeout == limits.connect_timeout
    assert config.read_timeout == limits.read_timeout
    assert config.retries == {"mode": "standard", "total_max_attempts": limits.attempts}


@pytest.mark.parametrize(("concurrency", "workers"), [(20, 4), (4, 20)])
def test_as_many_connections_are_kept_as_calls_run_at_once(concurrency: int, workers: int) -> None:
    """Otherwise further calls would connect anew, which can take longer than a comparison."""
    settings = SETTINGS._replace(concurrency=concurrency, workers=workers)
    assert Clients(settings).rekognition.meta.config.max_pool_connections == 20  # type: ignore[attr-defined]


def test_bulk_work_uses_the_clients_with_its_limits(
    clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise one slow call would use up the time of a batch."""
    rekognition, storage = FakeRekognition(), FakeStorage()
    monkeypatch.setattr(clients, "paced_rekognition", lambda: rekognition)
    monkeypatch.setattr(clients, "paced_s3", lambda: storage)
    items = [{"source": "s", "target": "t"}]
    batch = {"Items": items, "BatchInput": {"execution": "arn:1"}}
    (entry,) = Service(SETTINGS, clients).serve({"pairs": batch}, Context())["results"]
    assert entry["decision"] == "match"
    assert rekognition.calls == [("s", "t")]
    assert storage.asked == 1


class FakeStorage:
    """A bucket without a checkpoint."""

    asked = 0

    def get_object(self, **_: object) -> None:
        self.asked += 1
        raise refusal("NoSuchKey", 404, "GetObject")


def test_a_diagnosis_asks_s3_with_all_of_botocores_data() -> None:
    """S3 needs the endpoints of other regions after a redirect."""
    clients = Clients(SETTINGS)
    assert clients.diagnosis_s3.meta.partition == "aws"
