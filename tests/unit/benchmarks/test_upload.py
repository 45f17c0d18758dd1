"""The upload benchmark: a wrong count would let an upload look cheaper than it is."""

from __future__ import annotations

import json

import pytest

from benchmarks import upload
from face_compare.bulk.s3_events import Upload, announced_in, subject_of
from face_compare.contract.event_source import event_source_of
from tests.unit.payload.invocation import SETTINGS


@pytest.mark.parametrize(("images", "persons"), [(1, upload.BATCH), (4, upload.BATCH // 4)])
def test_the_payload_reads_each_message_as_one_new_upload(images: int, persons: int) -> None:
    batches = upload.events(images)
    first, second = next(batches), next(batches)
    assert event_source_of(first) == "queue"
    keys = [
        each.key
        for batch in (first, second)
        for record in batch["Records"]
        for each in announced_in(record["body"], SETTINGS)
        if isinstance(each, Upload)
    ]
    assert len(set(keys)) == 2 * upload.BATCH
    assert len({subject_of(key, "challenge/") for key in keys}) == 2 * persons


def test_the_parts_of_a_sample_are_the_whole() -> None:
    seconds = {"claim": 0.1, "CompareFaces": 0.2, "PutObject": 0.1, "workers": 0.5, "main": 0.02}
    sample = upload.Sample.of(0.6, seconds)
    assert sample.parts.keys() == upload.PARTS.keys()
    assert sum(sample.parts.values()) == pytest.approx(sample.total)
    assert sample.total == pytest.approx(0.6 * 1000 / upload.BATCH)
    assert sample.parts["ListObjectsV2"] == 0.0


@pytest.mark.parametrize("has_before", [True, False])
def test_the_last_line_has_the_cost_now_and_before(
    has_before: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    seconds = {"workers": 0.5, "main": 0.02}
    names = ["before", "now", "four_a_person"] if has_before else ["now", "four_a_person"]
    chosen = {name: upload.Subject(name, b"") for name in names}
    samples = {name: [upload.Sample.of(0.6, seconds)] * 3 for name in names}
    line = json.loads(upload.report(chosen, samples))
    assert line["cpu_ms_per_upload"] == pytest.approx(5.0)
    assert line["cpu_ms_per_upload_spread"] == [5.0, 5.0]
    assert ("cpu_ms_per_upload_before" in line) is has_before
    assert "claim" in capsys.readouterr().out
