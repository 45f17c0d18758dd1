"""Hundreds of uploads and pairs through the examples, each decided and paid for once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from local import use
from local.rekognition.steering import Steering
from local.upload_site import result_key
from tests.integration.conftest import TPS, Bulk
from tests.integration.example_uses import Outputs, announced, csv, json_lines, run_over
from tests.waiting import eventually

UPLOADS = 320
PEOPLE = 16
_SECONDS = 150.0
_VISIBILITY = "40"
"""Just beyond a claim's lease of 35 s, so that what a busy machine put off is soon retried."""


@pytest.fixture
def steering(bulk: Bulk) -> Iterator[Steering]:
    steering = Steering(bulk.stack.rekognition_endpoint)
    steering.apply(tps=TPS, latency_ms=50, clear_script=True, reset_counters=True)
    yield steering
    steering.apply(tps=None, latency_ms=0)


def answered(steering: Steering) -> int:
    """How many comparisons were paid for."""
    count: int = steering.report()["outcomes"]["CompareFaces"]["ok"]
    return count


def test_none_of_many_uploads_is_lost_decided_twice_or_announced_twice(
    bulk: Bulk, bulk_upload: Outputs, steering: Steering
) -> None:
    s3, sqs = bulk.stack.client("s3"), bulk.stack.client("sqs")
    bucket = bulk_upload["bucket_name"]

    def put(key: str) -> str:
        version: str = s3.put_object(Bucket=bucket, Key=key, Body=b"image")["VersionId"]
        return result_key(key, version)

    sqs.set_queue_attributes(
        QueueUrl=bulk_upload["uploads_queue_url"], Attributes={"VisibilityTimeout": _VISIBILITY}
    )
    for person in range(PEOPLE):
        put(f"reference/person{person}/1.jpg")
    keys = [f"challenge/person{each % PEOPLE}/{each}.jpg" for each in range(UPLOADS)]
    with ThreadPoolExecutor(8) as pool:
        expected = Counter(pool.map(put, keys))
    eventually(
        lambda: len(results(s3, bucket)) >= UPLOADS,
        _SECONDS,
        "results",
        why=lambda: errors(bulk, bulk_upload["log_group_name"]),
    )
    assert results(s3, bucket) == expected
    one = json.loads(s3.get_object(Bucket=bucket, Key=min(expected))["Body"].read())
    assert one["decision"] == "match"
    assert announced(bulk.stack, bulk_upload["decided_queue_url"], UPLOADS) == expected
    for name in ("uploads_queue_url", "failed_uploads_queue_url"):
        url = bulk_upload[name]
        eventually(lambda url=url: not held(sqs, url), _SECONDS, f"an end of {name}")  # type: ignore[misc]
    counts = steering.report()
    assert (counts["served"], counts["throttled"]) == (UPLOADS, 0)


def test_one_bad_line_neither_stops_a_list_of_pairs_nor_passes_unseen(
    bulk: Bulk, bulk_batch: Outputs, steering: Steering
) -> None:
    lines = [f"challenge/alice-{each}.jpg" for each in range(52)]
    put_images(bulk, bulk_batch, ["reference/alice.jpg", *lines[:-1]])
    # MiniStack ignores ItemBatcher: each pair is a batch of its own, and one that fails is a
    # failed child. In Step Functions it would be a line with its error in its batch's answer.
    status, counts = run_over(bulk.stack, bulk_batch, csv("reference/alice.jpg", lines))
    assert status == "SUCCEEDED"
    assert (counts["total"], counts["succeeded"], counts["failed"]) == (52, 51, 1)
    assert answered(steering) == 51


def test_a_run_with_too_many_failures_does_not_pass_for_success(
    bulk: Bulk, bulk_batch: Outputs, steering: Steering
) -> None:
    lines = [f"challenge/bob-{each}.jpg" for each in range(20)]
    put_images(bulk, bulk_batch, ["reference/bob.jpg", *lines[:10]])
    status, counts = run_over(bulk.stack, bulk_batch, json_lines("reference/bob.jpg", lines))
    assert (status, counts["succeeded"]) == ("FAILED", 10)
    # MiniStack has no RedriveExecution; the next test is what it comes to for the function.
    assert answered(steering) == 10


def test_a_retried_batch_is_paid_for_once(
    bulk: Bulk, bulk_batch: Outputs, steering: Steering
) -> None:
    targets = [f"challenge/carol-{each}.jpg" for each in range(30)]
    put_images(bulk, bulk_batch, [*targets, "reference/carol.jpg"])
    # As ItemBatcher hands it over, which MiniStack ignores.
    batch = {
        "Items": [{"source": "reference/carol.jpg", "target": target} for target in targets],
        "BatchInput": {"execution": "arn:aws:states:eu-west-1:000000000000:execution:bulk:1"},
    }
    steering.apply(script=[{"fault": "throttling", "count": 40}])
    failed = set()
    for _ in range(5):
        answer = invoked(bulk, bulk_batch, {"pairs": batch})
        if "results" in answer:
            break
        failed.add(answer["errorType"])
    assert failed == {"ThrottledError"}
    assert [each["decision"] for each in answer["results"]] == ["match"] * 30
    assert answered(steering) == 30


@pytest.mark.usefixtures("steering")
def test_every_pair_of_a_batch_can_be_traced(bulk: Bulk, bulk_batch: Outputs) -> None:
    wanted = {f"challenge/dave-{each}.jpg": "match" for each in range(5)}
    wanted["challenge/erin.jpg"] = "no_match"
    put_images(bulk, bulk_batch, [*wanted, "reference/dave.jpg"])
    pairs = [{"source": "reference/dave.jpg", "target": target} for target in wanted]
    answers = invoked(bulk, bulk_batch, {"pairs": pairs})["results"]
    (request_id,) = {each["request_id"] for each in answers}
    written = use.log_records(bulk.stack, bulk_batch["log_group_name"], request_id)
    decided = [each for each in written if each.get("message") == "face comparison decided"]
    assert len(decided) == len(pairs)
    assert {each["target_key"]: each["decision"] for each in decided} == wanted


def put_images(bulk: Bulk, outputs: Outputs, keys: Sequence[str]) -> None:
    for key in keys:
        bulk.stack.client("s3").put_object(Bucket=outputs["bucket_name"], Key=key, Body=b"image")


def invoked(bulk: Bulk, outputs: Outputs, event: object) -> dict[str, Any]:
    """What the function answers, an error included."""
    outcome = bulk.stack.client("lambda").invoke(
        FunctionName=outputs["function_name"], Payload=json.dumps(event).encode()
    )
    answer: dict[str, Any] = json.loads(outcome["Payload"].read())
    return answer


def results(s3: Any, bucket: str) -> Counter[str]:
    """Every result's key, with the number of its versions."""
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix="results/")
    keys = (version["Key"] for page in pages for version in page.get("Versions", []))
    return Counter(key for key in keys if key.endswith(".json"))


def held(sqs: Any, queue_url: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=names)["Attributes"]
    return sum(int(found[name]) for name in names)


def errors(bulk: Bulk, group: str) -> Counter[str]:
    """Why images were retried, or got an error as their result."""
    found = bulk.stack.client("logs").filter_log_events(
        logGroupName=group, filterPattern='"face comparison failed"'
    )
    return Counter(json.loads(event["message"])["error_type"] for event in found["events"])
