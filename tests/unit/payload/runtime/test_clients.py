"""The clients: their limits, and a start that survives a change of the AWS SDK."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any
from unittest.mock import Mock

import pytest
from botocore.loaders import Loader
from botocore.stub import Stubber

from face_compare.bulk import handlers
from face_compare.bulk.clients import paced_rekognition, paced_s3
from face_compare.bulk.limits import paced_limits, storage_limits
from face_compare.runtime.clients import Clients
from face_compare.runtime.fast_start import NowhereElse
from face_compare.runtime.settings import CallLimits
from face_compare.service import Service
from tests.unit.payload.direct import Records
from tests.unit.payload.fake_rekognition import FakeRekognition, raising, refusal
from tests.unit.payload.invocation import SETTINGS, Context


@pytest.mark.parametrize(
    ("client_of", "limits"),
    [
        (lambda clients: clients.rekognition, SETTINGS.comparison_limits),
        (lambda clients: paced_rekognition(clients, SETTINGS), paced_limits(SETTINGS)),
        (lambda clients: paced_s3(clients, SETTINGS), storage_limits(SETTINGS)),
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
    rekognition, storage = FakeRekognition(), Mock()
    storage.get_object.side_effect = refusal("NoSuchKey", 404, "GetObject")
    monkeypatch.setattr(handlers, "paced_rekognition", lambda *_: rekognition)
    monkeypatch.setattr(handlers, "paced_s3", lambda *_: storage)
    items = [{"source": "s", "target": "t"}]
    batch = {"Items": items, "BatchInput": {"execution": "arn:1"}}
    (entry,) = Service(SETTINGS, clients).serve({"pairs": batch}, Context())["results"]
    assert entry["decision"] == "match"
    assert rekognition.calls == [("s", "t")]
    storage.get_object.assert_called_once()


def test_a_diagnosis_asks_s3_with_all_of_botocores_data() -> None:
    """S3 needs the endpoints of other regions after a redirect."""
    clients = Clients(SETTINGS)
    assert clients.diagnosis_s3.meta.partition == "aws"


type Change = Callable[[pytest.MonkeyPatch], None]

_FAST_START = "face_compare.runtime.fast_start"
_LOADER = f"{_FAST_START}.RekognitionLoader"
_raise = raising(RuntimeError("changed by AWS"))


def _replaced(name: str, value: object) -> Change:
    return lambda monkeypatch: monkeypatch.setattr(name, value)


def _lacks_the_loader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, _FAST_START)
    monkeypatch.setitem(sys.modules, "botocore.loaders", ModuleType("botocore.loaders"))


def _lacks_the_reader_of_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "face_compare.runtime.fast_times", raising=False)
    monkeypatch.delattr("botocore.utils.parse_timestamp")


def _needs_the_endpoints(self: Loader, name: str) -> Any:
    return ([], "") if name == "endpoints" else Loader.load_data_with_path(self, name)


_without_the_component = _replaced("botocore.session.Session.register_component", _raise)
CHANGES = {
    "lacks the loader": _lacks_the_loader,
    "lacks the component": _without_the_component,
    "has another name for the service": _replaced(
        f"{_LOADER}.list_available_services", lambda *_: ["rekognition-2"]
    ),
    "needs the endpoints": _replaced(f"{_LOADER}.load_data_with_path", _needs_the_endpoints),
    "finds no credentials": _replaced(f"{_FAST_START}.EnvProvider", NowhereElse),
    "lacks the reader of times": _lacks_the_reader_of_times,
    "takes no reader of times": _replaced(
        "botocore.parsers.ResponseParserFactory.set_parser_defaults", _raise
    ),
}


class TestWithoutFastStart:
    """AWS updates botocore under deployed functions, so anything in it may change."""

    @pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
    def test_the_function_starts_and_one_record_says_that_it_is_slow(
        self, change: Change, monkeypatch: pytest.MonkeyPatch, records: Records
    ) -> None:
        """Otherwise every function would fail on the day of the update."""
        change(monkeypatch)
        clients = Clients(SETTINGS)
        rekognition = [
            clients.rekognition,
            clients.diagnosis_rekognition,
            paced_rekognition(clients, SETTINGS),
        ]
        storage = [clients.diagnosis_s3, paced_s3(clients, SETTINGS)]
        for client in rekognition:
            with Stubber(client) as stub:
                stub.add_response("detect_faces", {"FaceDetails": []})
                assert client.detect_faces(Image={"Bytes": b"x"})["FaceDetails"] == []
        for s3 in storage:
            with Stubber(s3) as stub:
                stub.add_response("head_bucket", {"BucketRegion": "eu-west-1"})
                assert s3.head_bucket(Bucket="photos")["BucketRegion"] == "eu-west-1"
        (record,) = records.all()
        assert record["message"] == "fast start unavailable"
        assert record["levelno"] == logging.WARNING
        assert record["why"]
        assert record["exc_info"] is None

    def test_the_record_names_the_reason_and_the_limits_of_the_work_are_the_same(
        self, monkeypatch: pytest.MonkeyPatch, records: Records
    ) -> None:
        """Otherwise nobody could tell which change of botocore it was."""
        usual = Clients(SETTINGS).rekognition.meta.config
        assert records.all() == [], "a fast start leaves no record"
        _without_the_component(monkeypatch)
        config = Clients(SETTINGS).rekognition.meta.config
        for limit in ("connect_timeout", "read_timeout", "retries", "max_pool_connections"):
            assert getattr(config, limit) == getattr(usual, limit)
        (record,) = records.all()
        assert record["why"] == "RuntimeError: changed by AWS"
