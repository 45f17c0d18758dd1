"""Hundreds of uploads through examples/upload, each decided and paid for once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from local.rekognition.steering import Steering
from local.upload_site import result_key
from local.use import announced
from local.waiting import eventually
from tests.integration.conftest import TPS, Bulk
from tests.integration.example_uses import Outputs

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
