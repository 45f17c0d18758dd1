"""The emulator's Distributed Map: what is documented or recorded of Step Functions, in small."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.emulator.distributed_map import dataset, results
from local.emulator.distributed_map.batches import batches, retry_delay, size
from local.emulator.distributed_map.map_run import Child, MapRun

CSV = {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}
FLAT = {"OutputType": "JSONL", "Transformation": "FLATTEN"}
RUN = "arn:aws:states:eu-west-1:1:mapRun:fc/Csv:run-1"


def run_of(*statuses: str, tolerated: float = 5) -> MapRun:
    """A Map Run with two items in each child."""
    children = [
        Child(f"arn:aws:states:eu-west-1:1:execution:fc/Csv:{number}", "{}", 2, status=status)
        for number, status in enumerate(statuses)
    ]
    return MapRun(RUN, children, tolerated)


@pytest.mark.parametrize(
    ("row", "source", "target"),
    [
        ("a.jpg,b.jpg", "a.jpg", "b.jpg"),
        ('"a,1.jpg","b\nc.jpg"', "a,1.jpg", "b\nc.jpg"),
        ('"a ""1"".jpg",b.jpg', 'a "1".jpg', "b.jpg"),
        (r"a\,1.jpg,C:\\b.jpg", "a,1.jpg", r"C:\b.jpg"),
        (r"a\d.jpg,b.jpg", "ad.jpg", "b.jpg"),
        ("a.jpg", "a.jpg", ""),
        ("a.jpg,b.jpg,c.jpg", "a.jpg", "b.jpg"),
    ],
)
def test_a_key_with_a_comma_a_quotation_mark_or_a_backslash_is_read_as_on_aws(
    row: str, source: str, target: str
) -> None:
    body = f"source,target\n{row}\n".encode()
    assert dataset.read(body, CSV) == [{"source": source, "target": target}]


def test_every_json_line_is_an_item() -> None:
    body = '{"source": "ä"}\n{"sources": ["b"]}'.encode()
    assert dataset.read(body, {"InputType": "JSONL"}) == [{"source": "ä"}, {"sources": ["b"]}]
    with pytest.raises(ValueError, match="Expecting"):
        dataset.read(b"{\n", {"InputType": "JSONL"})


def test_a_batch_has_no_more_items_and_no_more_bytes_than_it_may() -> None:
    items = [{"n": number} for number in range(7)]
    made = batches(items, {"MaxItemsPerBatch": 3}, {"execution": "arn"})
    assert [each["Items"] for each in made] == [items[:3], items[3:6], items[6:]]
    assert [each["BatchInput"] for each in made] == [{"execution": "arn"}] * 3
    assert batches(items[:1], {"MaxItemsPerBatch": 3}, None) == [{"Items": items[:1]}]
    made = batches(["k" * 1000] * 7, {"MaxItemsPerBatch": 5, "MaxInputBytesPerBatch": 3500}, None)
    assert [len(each["Items"]) for each in made] == [3, 3, 1]
    assert size("ä") == len('"ä"'.encode())


def test_retries_wait_longer_each_time_up_to_their_limit() -> None:
    retrier: dict[str, Any] = {"IntervalSeconds": 2, "BackoffRate": 2, "MaxDelaySeconds": 12}
    assert [retry_delay(retrier, retries, 0.5) for retries in range(4)] == [2, 4, 8, 12]
    retrier["JitterStrategy"] = "FULL"
    assert [retry_delay(retrier, 1, chance) for chance in (0.0, 0.5, 1.0)] == [0, 2, 4]
    assert retry_delay({}, 1, 0.5) == 2


def test_a_run_fails_when_more_batches_fail_than_are_tolerated() -> None:
    assert not run_of("FAILED", *["SUCCEEDED"] * 19).exceeded()
    assert run_of("FAILED", "TIMED_OUT", *["SUCCEEDED"] * 18).exceeded()
    assert run_of("FAILED", *["SUCCEEDED"] * 18).exceeded()
    assert not run_of("ABORTED", "PENDING", *["SUCCEEDED"] * 2).exceeded()
    assert not run_of("FAILED", "FAILED", tolerated=100).exceeded()
    assert run_of("FAILED", "SUCCEEDED", tolerated=0).exceeded()


def test_a_redrive_runs_nothing_that_has_succeeded() -> None:
    run = run_of("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "PENDING")
    run.redrive()
    assert [child.name for child in run.waiting()] == ["1", "2", "3", "4"]
    assert run.execution_counts()["pendingRedrive"] == 3
    run.children[1].status = "SUCCEEDED"
    run.end()
    counts = run.item_counts()
    assert (counts["succeeded"], counts["timedOut"], counts["aborted"]) == (4, 2, 2)
    assert (counts["pending"], counts["pendingRedrive"], counts["total"]) == (2, 0, 10)


def test_a_reader_finds_a_line_for_each_pair_and_one_for_a_failed_batch() -> None:
    run = run_of("SUCCEEDED", "FAILED", "ABORTED", "PENDING")
    run.children[0].output = '[{"decision": "match"}, {"decision": "review"}]'
    run.children[1].error = "ThrottledError"
    files = {file.kind: file for file in results.result_files(run, "machine", FLAT)}
    lines = {
        kind: [json.loads(line) for line in file.body.splitlines()] for kind, file in files.items()
    }
    assert lines["SUCCEEDED"] == [{"decision": "match"}, {"decision": "review"}]
    assert [line["Status"] for line in lines["FAILED"]] == ["FAILED", "ABORTED"]
    assert (lines["FAILED"][0]["Error"], lines["FAILED"][0]["Input"]) == ("ThrottledError", "{}")
    assert [line["Status"] for line in lines["PENDING"]] == ["PENDING"]
    assert results.folder("results/batch/night/", run) == "results/batch/night/run-1"
    key = files["SUCCEEDED"].key("results/batch/night/run-1", 0, FLAT)
    assert key == "results/batch/night/run-1/SUCCEEDED_0.jsonl"


def test_a_reader_finds_every_result_file_in_the_manifest() -> None:
    run = run_of("SUCCEEDED")
    run.result_files["SUCCEEDED"].append({"Key": "SUCCEEDED_0.jsonl", "Size": 7})
    assert json.loads(results.manifest("bucket", run)) == {
        "DestinationBucket": "bucket",
        "MapRunArn": RUN,
        "ResultFiles": {
            "FAILED": [],
            "PENDING": [],
            "SUCCEEDED": [{"Key": "SUCCEEDED_0.jsonl", "Size": 7}],
        },
    }


def test_no_pair_is_in_the_results_twice_after_a_redrive() -> None:
    run = run_of("SUCCEEDED", "SUCCEEDED")
    run.children[0].output = run.children[1].output = "[1]"
    run.children[0].is_written = True
    (file,) = results.result_files(run, "machine", FLAT)
    assert file.body == b"1\n"
