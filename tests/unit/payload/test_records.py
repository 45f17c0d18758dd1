"""The audit trail beside the usual: without these, nobody could tell what became of a photo."""

from __future__ import annotations

import logging
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from face_compare import faults
from face_compare.clients import Clients
from face_compare.service import Service
from tests.unit.payload.bulk_work import INVOCATION, Bulk, photo, raising, refusal
from tests.unit.payload.canned_aws import compared
from tests.unit.payload.conftest import Context

Records = Callable[[str], list[dict[str, Any]]]


@pytest.fixture
def records(caplog: pytest.LogCaptureFixture) -> Records:
    """The payload's records with one message, as they were written."""

    def written(message: str) -> list[dict[str, Any]]:
        ours = [vars(record) for record in caplog.records if record.name == "face_compare"]
        return [record for record in ours if record["message"] == message]

    return written


FAILED = "face comparison failed"
DECIDED = "face comparison decided"


class TestDirect:
    """Records of one invocation that somebody waits for."""

    @pytest.fixture
    def clock(self, monkeypatch: pytest.MonkeyPatch) -> list[float]:
        """The seconds that the payload's clock shows."""
        now = [100.0]
        for module in ("comparer", "service"):
            fake = SimpleNamespace(monotonic=lambda: now[0])
            monkeypatch.setattr(f"face_compare.{module}.time", fake)
        return now

    def test_a_source_that_failed_is_recorded_beside_the_decision_of_another(
        self,
        service: Service,
        clients: Clients,
        monkeypatch: pytest.MonkeyPatch,
        records: Records,
    ) -> None:
        """Else a reference that nobody can read would never be noticed."""

        def compare(**call: Any) -> dict[str, Any]:
            if call["SourceImage"]["S3Object"]["Name"] == "bad":
                raise refusal("AccessDeniedException", 400, "CompareFaces")
            return compared(99.0).body

        monkeypatch.setattr(clients.rekognition, "compare_faces", compare)
        service.serve({"sources": ["bad", "good"], "target": "t"}, Context())
        (failed,) = records(FAILED)
        (decided,) = records(DECIDED)
        assert (failed["source_key"], failed["levelno"]) == ("bad", logging.ERROR)
        assert (failed["target_key"], failed["error_type"]) == ("t", "RekognitionForbiddenError")
        assert (decided["source_key"], decided["source_count"]) == ("good", 2)

    def test_how_long_a_comparison_took_is_recorded_in_milliseconds(
        self,
        service: Service,
        clients: Clients,
        monkeypatch: pytest.MonkeyPatch,
        records: Records,
        clock: list[float],
    ) -> None:
        """Else nobody could tell a slow service from a slow function."""

        def compare(**_: object) -> dict[str, Any]:
            clock[0] += 0.25
            return compared(99.0).body

        monkeypatch.setattr(clients.rekognition, "compare_faces", compare)
        service.serve({"source": "s", "target": "t"}, Context())
        assert records(DECIDED)[0]["duration_ms"] == 250.0

    def test_how_long_an_invocation_failed_is_recorded_in_milliseconds(
        self,
        service: Service,
        clients: Clients,
        monkeypatch: pytest.MonkeyPatch,
        records: Records,
        clock: list[float],
    ) -> None:
        """Else a defect that takes long would look like one that ends at once."""

        def fail(**_: object) -> None:
            clock[0] += 1.5
            raise LookupError("a defect")

        monkeypatch.setattr(clients.rekognition, "compare_faces", fail)
        with pytest.raises(LookupError):
            service.serve({"source": "s", "target": "t"}, Context())
        (failed,) = records(FAILED)
        assert (failed["duration_ms"], failed["levelno"]) == (1500.0, logging.ERROR)

    def test_a_batch_that_cannot_be_read_is_recorded_once(
        self, service: Service, records: Records
    ) -> None:
        """Else a run would fail and the function's log know nothing of it."""
        with pytest.raises(faults.InvalidRequestError):
            service.serve({"pairs": []}, Context())
        (failed,) = records(FAILED)
        assert failed["error_type"] == "InvalidRequestError"
        assert failed["duration_ms"] >= 0


class TestUploads:
    """Records of photos that arrive by themselves."""

    @pytest.fixture(autouse=True)
    def reference(self, bulk: Bulk) -> None:
        bulk.put("reference/alice/1.jpg")

    def test_each_decision_is_recorded(self, bulk: Bulk, records: Records) -> None:
        """Else a person would be let in, and no record say by whom and why."""
        record = photo(bulk)
        bulk.deliver([record])
        (decided,) = records(DECIDED)
        assert (decided["source_key"], decided["target_key"]) == (
            "reference/alice/1.jpg",
            "challenge/alice/a.jpg",
        )
        assert decided["target_version_id"] == record["s3"]["object"]["versionId"]
        assert (decided["decision"], decided["similarity"]) == ("match", 99.0)

    def test_a_photo_of_somebody_without_references_is_recorded(
        self, bulk: Bulk, records: Records
    ) -> None:
        """Else a folder with a misspelt name would go unnoticed."""
        record = photo(bulk, "challenge/nobody/a.jpg")
        bulk.deliver([record])
        (failed,) = records(FAILED)
        assert failed["error_type"] == "ReferenceNotFoundError"
        assert failed["target_key"] == "challenge/nobody/a.jpg"
        assert failed["target_version_id"] == record["s3"]["object"]["versionId"]

    def test_a_fault_of_the_bucket_is_recorded_under_its_photo(
        self, bulk: Bulk, records: Records, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Else photos would come again and again, and nobody know why."""
        announcement = photo(bulk)
        forbidden = refusal("AccessDenied", 403, "PutObject")
        monkeypatch.setattr(bulk.s3, "put_object", raising(forbidden))
        bulk.deliver([announcement])
        (failed,) = records(FAILED)
        assert failed["error_type"] == "RekognitionForbiddenError"
        assert failed["target_key"] == "challenge/alice/a.jpg"
        assert "S3" in failed["error_message"]

    def test_a_refused_message_is_noted_with_its_id_and_the_reason(
        self, bulk: Bulk, records: Records
    ) -> None:
        """Else nobody could tell why a message lies in the dead-letter queue."""
        bulk.deliver([{"s3": "nonsense"}])
        (note,) = records("message refused")
        assert note["message_id"] == "m0"
        assert "not a notification of S3" in note["why"]

    @pytest.mark.parametrize(
        ("is_decided", "note"),
        [(True, "photo already decided"), (False, "photo being decided elsewhere")],
    )
    def test_a_photo_that_is_not_this_invocations_to_decide_is_noted(
        self, bulk: Bulk, records: Records, is_decided: bool, note: str
    ) -> None:
        """Else an announcement would be gone without a trace."""
        announcement = photo(bulk)
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

    def test_each_decision_and_each_item_that_cannot_be_read_is_recorded(
        self, bulk: Bulk, records: Records
    ) -> None:
        """Else a pair of a million would have no record, and nobody miss it."""
        items = ["nonsense", {"source": "s", "target": {"key": "t", "version_id": "v1"}}]
        bulk.pairs.serve({"pairs": items}, INVOCATION, lambda: 29.0)
        (failed,) = records(FAILED)
        (decided,) = records(DECIDED)
        assert (failed["error_type"], failed["levelno"]) == ("InvalidRequestError", logging.ERROR)
        assert (decided["source_key"], decided["target_key"]) == ("s", "t")
        assert (decided["target_version_id"], decided["decision"]) == ("v1", "match")
