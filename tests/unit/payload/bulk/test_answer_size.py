"""Step Functions takes an answer of 256 KiB. Above this, everything paid for would be lost."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace

import pytest

from tests.unit.payload.bulk_work import BulkWork
from tests.unit.payload.fake_rekognition import raising, refusal
from tools.places import REPOSITORY

MACHINE = (REPOSITORY / "modules" / "batch" / "machine.tf").read_text(encoding="utf-8")
RATE = (REPOSITORY / "rate.tf").read_text(encoding="utf-8")


def number(pattern: str, text: str) -> int:
    found = re.search(pattern, text)
    assert found, pattern
    return int(found[1])


@pytest.mark.parametrize("length", [100, 270, 300, 330, 500, 1024])
def test_step_functions_takes_the_longest_answer_to_a_batch(bulk: BulkWork, length: int) -> None:
    """The longest entry is about an image that may not be read: its key is in it twice."""
    forbidden = SimpleNamespace(head_object=raising(refusal("403", 403, "HeadObject")))
    bulk.monkeypatch.setattr(bulk.clients, "_diagnosis_s3", forbidden)
    most_bytes = number(r"MaxInputBytesPerBatch = (\d+)", MACHINE)
    most_pairs = number(r"pairs_per_batch = max\(1, min\((\d+),", RATE)
    line = {"source": "r", "target": {"key": "k" * length, "version_id": "v" * 32}}
    per_line = len(json.dumps(line, separators=(",", ":"))) + 1
    count = min(most_pairs, most_bytes // per_line)
    bulk.rekognition.scores["k" * length] = "InvalidS3ObjectException"
    items = [{"source": "r", "target": "good"}, *[line] * (count - 1)]
    entries = bulk.serve_batch(items)
    assert entries[1]["error"]["type"] == "ImageForbiddenError"
    # The name of a bucket may have 63 characters.
    longer = 2 * count * (63 - len("photos"))
    assert len(json.dumps({"results": entries})) + longer < 256 * 1024


def test_step_functions_takes_a_batch_of_explanations(bulk: BulkWork) -> None:
    line = {"source": "r", "target": "t", "explain": True}
    most_pairs = number(r"pairs_per_batch = max\(1, min\((\d+),", RATE)
    bulk.rekognition.scores["r"] = 1.123456789012345
    # Numbers as Rekognition sends them, and a face of which everything is bad.
    measured = {"Brightness": 1.123456789012345, "Sharpness": 2.123456789012345}
    turned = dict.fromkeys(("Pitch", "Roll", "Yaw"), -123.123456789012345)
    bulk.rekognition.measured = {"Quality": measured, "Pose": turned}
    entries = bulk.serve_batch([line] * most_pairs)
    assert len(entries[0]["explanation"]["likely_reasons"]) == 4
    longer = most_pairs * 2 * (63 - len("photos"))
    assert len(json.dumps({"results": entries})) + longer < 256 * 1024
