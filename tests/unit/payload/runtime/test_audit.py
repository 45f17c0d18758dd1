"""Audit records. Otherwise nobody could tell what became of an image."""

from __future__ import annotations

import logging
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from face_compare.model import errors
from face_compare.runtime.clients import Clients
from face_compare.service import Service
from tests.unit.payload.bulk_work import INVOCATION, BulkWork, raising, refusal, uploaded
from tests.unit.payload.canned_aws import compared
from tests.unit.payload.conftest import Context

Records = Callable[[str], list[dict[str, Any]]]


@pytest.fixture
def records(caplog: pytest.LogCaptureFixture) -> Records:
    """The records with one message."""

    def written(message: str) -> list[dict[str, Any]]:
        ours = [vars(record) for record in caplog.records if record.name == "face_compare"]
        return [record for record in ours if record["message"] == message]

    return written


FAILED = "face comparison failed"
DECIDED = "face comparison decided"


class TestDirect:
    """Records of a direct invocation."""

    @pytest.fixture
    def clock(self, monkeypatch: pytest.MonkeyPatch) -> list[float]:
        """The seconds on the clock, which a test can move."""
        now = [100.0]
        for module in ("engine.comparer", "runtime.audit"):
            fake = SimpleNamespace(monotonic=lambda: now[0])
            monkeypatch.setattr(f"face_compare.{module}.time", fake)
        return now

    def test_a_failed_source_is_recorded_even_if_another_decides(
        self,
        service: Service,
        clients: Clients,
        monkeypatch: pytest.MonkeyPatch,
        records: Records,
    ) -> None:
        """Otherwise a reference that nobody can read would never be noticed."""

        def compare(**call: Any) -> dict[str, Any]:
            if call["SourceImage"]["S3Object"]["Name"] == "bad":
                raise refusal("AccessDeniedException", 400, "CompareFaces")
            return compared(99.0).body

        monkeypatch.setattr(clients.rekognition, "compare_faces", compare)
        service.serve({"sources": ["bad", "good"], "target": "t"}, Context())
        (failed,) = records(FAILED)
        (decided,) = records(DECIDED)
        assert (failed["source_key"], failed["levelno"]) == ("bad", logging.ERROR)
        assert (failed["target_key"], failed["error_type"]) == ("t", "CallForbiddenError")
        assert (decided["source_key"], decided["source_count"]) == ("good", 2)

    def test_the_duration_of_a_comparison_is_recorded_in_milliseconds(
        self,
        service: Service,
        clients: Clients,
        monkeypatch: pytest.MonkeyPatch,
        records: Records,
        clock: list[float],
    ) -> None:
        """Otherwise nobody could distinguish a slow service from a slow function."""

        def compare(**_: object) -> dict[str, Any]:
            clock[0] += 0.25
            return compared(99.0).body

        monkeypatch.setattr(clients.rekognition, "compare_faces", compare)
        service.serve({"source": "s", "target": "t"}, Context())
        assert records(DECIDED)[0]["duration_ms"] == 250.0

    def test_the_duration_of_a_failed_invocation_is_recorded_in_milliseconds(
        self,
        service: Service,
        clients: Clients,
        monkeypatch: pytest.MonkeyPatch,
        records: Records,
        clock: list[float],
    ) -> None:
        """Otherwise a slow failure would look like a fast one."""

        def fail(**_: object) -> None:
            clock[0] += 1.5
            raise LookupError("a defect")

        monkeypatch.setattr(clients.rekognition, "compare_faces", fail)
        with pytest.raises(LookupError):
            service.serve({"source": "s", "target": "t"}, Context())
        (failed,) = records(FAILED)
        assert (failed["duration_ms"], failed["levelno"]) == (1500.0, logging.ERROR)

    def test_an_unreadable_batch_is_recorded_once(self, service: Service, records: Records) -> None:
        """Otherwise a run would fail without a trace in the function's log."""
        with pytest.raises(errors.InvalidRequestError):
            service.serve({"pairs": []}, Context())
        (failed,) = records(FAILED)
        assert failed["error_type"] == "InvalidRequestError"
        assert failed["duration_ms"] >= 0

    def test_a_rule_with_a_review_band_is_recorded_with_its_threshold(
        self,
        service: Service,
        clients: Clients,
        monkeypatch: pytest.MonkeyPatch,
        records: Records,
    ) -> None:
        """Otherwise nobody could tell why a score was decided review on one day only."""
        monkeypatch.setattr(clients.rekognition, "compare_faces", lambda **_: compared(70.0).body)
        service.serve({"source": "s", "target": "t", "review_threshold": 60}, Context())
        service.serve({"source": "s", "target": "t"}, Context())
        assert [record["review_threshold"] for record in records(DECIDED)] == [60.0, "none"]


class TestUploads:
    """Records of uploads."""

    @pytest.fixture(autouse=True)
    def reference(self, bulk: BulkWork) -> None:
        bulk.put("reference/alice/1.jpg")

    def test_each_decision_is_recorded(self, bulk: BulkWork, records: Records) -> None:
        """Otherwise a person would be accepted, and no record would say why."""
        record = uploaded(bulk)
        bulk.deliver([record])
        (decided,) = records(DECIDED)
        assert (decided["source_key"], decided["target_key"]) == (
            "reference/alice/1.jpg",
            "challenge/alice/a.jpg",
        )
        assert decided["target_version_id"] == record["s3"]["object"]["versionId"]
        assert (decided["decision"], decided["similarity"]) == ("match", 99.0)

    def test_an_image_without_references_is_recorded(
        self, bulk: BulkWork, records: Records
    ) -> None:
        """Otherwise nobody would notice a folder with a misspelled name."""
        record = uploaded(bulk, "challenge/nobody/a.jpg")
        bulk.deliver([record])
        (failed,) = records(FAILED)
        assert failed["error_type"] == "ReferenceNotFoundError"
        assert failed["target_key"] == "challenge/nobody/a.jpg"
        assert failed["target_version_id"] == record["s3"]["object"]["versionId"]

    def test_an_error_of_the_bucket_is_recorded_with_the_image(
        self, bulk: BulkWork, records: Records, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Otherwise images would be retried, and nobody would know why."""
        announcement = uploaded(bulk)
        forbidden = refusal("AccessDenied", 403, "PutObject")
        monkeypatch.setattr(bulk.s3, "put_object", raising(forbidden))
        bulk.deliver([announcement])
        (failed,) = records(FAILED)
        assert failed["error_type"] == "CallForbiddenError"
        assert failed["target_key"] == "challenge/alice/a.jpg"
        assert "S3" in failed["error_message"]

    def test_a_refused_message_is_noted_with_its_id_and_the_reason(
        self, bulk: BulkWork, records: Records
    ) -> None:
        """Otherwise nobody could tell why a message is in the dead-letter queue."""
        bulk.deliver([{"s3": "nonsense"}])
        (note,) = records("message refused")
        assert note["message_id"] == "m0"
        assert "not a notification of S3" in note["why"]

    @pytest.mark.parametrize(
        ("is_decided", "note"),
        [(True, "image already decided"), (False, "image being decided elsewhere")],
    )
    def test_an_image_that_another_invocation_decides_is_noted(
        self, bulk: BulkWork, records: Records, is_decided: bool, note: str
    ) -> None:
        """Otherwise a message would disappear without a trace."""
        announcement = uploaded(bulk)
        version = announcement["s3"]["object"]["versionId"]
        key = f"results/alice/a.jpg/{version}.json"
        bulk.put(f"{key}.claim")
        if is_decided:
            bulk.put(key)
        bulk.deliver([announcement])
        (noted,) = records(note)
        assert (noted["target_key"], noted["result_key"]) == ("challenge/alice/a.jpg", key)


class TestPairs:
    """Records of a batch from Step Functions."""

    def test_each_decision_and_each_unreadable_item_is_recorded(
        self, bulk: BulkWork, records: Records
    ) -> None:
        """Otherwise one pair of a million could be missing in the log without notice."""
        items = ["nonsense", {"source": "s", "target": {"key": "t", "version_id": "v1"}}]
        bulk.batches.serve({"pairs": items}, INVOCATION, lambda: 29.0)
        (failed,) = records(FAILED)
        (decided,) = records(DECIDED)
        assert (failed["error_type"], failed["levelno"]) == ("InvalidRequestError", logging.ERROR)
        assert (decided["source_key"], decided["target_key"]) == ("s", "t")
        assert (decided["target_version_id"], decided["decision"]) == ("v1", "match")
