"""Hundreds of photos through what examples/upload deploys, each decided and paid for once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from local.rekognition.steering import Steering
from local.terraform import Drift
from local.upload_site import result_key
from tests.integration.bulk import TPS, Bulk
from tests.waiting import eventually

UPLOADS = 320
PEOPLE = 16
_SECONDS = 150.0
_VISIBILITY = "40"
"""Just beyond a claim's lease of 35 s, so that what a busy machine put off comes again soon."""


@pytest.fixture
def steering(bulk: Bulk) -> Iterator[Steering]:
    steering = Steering(bulk.stack.rekognition_endpoint)
    steering.apply(tps=TPS, latency_ms=50, clear_script=True, reset_counters=True)
    yield steering
    steering.apply(tps=None, latency_ms=0)


def test_hundreds_of_uploads_end_in_a_result_and_an_event_each(
    bulk: Bulk, steering: Steering
) -> None:
    """Else some of many photos would never be decided, or be decided or announced twice."""
    outputs = bulk.upload.result()
    s3, bucket = bulk.stack.client("s3"), outputs["bucket_name"]

    def put(key: str) -> str:
        version: str = s3.put_object(Bucket=bucket, Key=key, Body=b"photo")["VersionId"]
        return result_key(key, version)

    bulk.stack.client("sqs").set_queue_attributes(
        QueueUrl=outputs["uploads_queue_url"], Attributes={"VisibilityTimeout": _VISIBILITY}
    )
    for person in range(PEOPLE):
        put(f"reference/person{person}/1.jpg")
    keys = [f"challenge/person{each % PEOPLE}/{each}.jpg" for each in range(UPLOADS)]
    with ThreadPoolExecutor(8) as pool:
        expected = set(pool.map(put, keys))
    eventually(
        lambda: len(results(s3, bucket)) >= UPLOADS,
        _SECONDS,
        "results",
        why=lambda: put_off(bulk, outputs["log_group_name"]),
    )
    assert results(s3, bucket) == Counter(expected)
    one = json.loads(s3.get_object(Bucket=bucket, Key=min(expected))["Body"].read())
    assert one["decision"] == "match"
    assert announced(bulk, outputs["decided_queue_url"]) == Counter(expected)
    for queue in ("uploads_queue_url", "failed_uploads_queue_url"):
        url = outputs[queue]
        eventually(lambda url=url: held(bulk, url) == 0, _SECONDS, f"an end of {queue}")  # type: ignore[misc]
    counts = steering.report()
    assert (counts["served"], counts["throttled"]) == (UPLOADS, 0)


def test_an_upgrade_there_and_back_keeps_bucket_photos_and_log(bulk: Bulk) -> None:
    """Else switching uploads on, or off again, would cost photos or the record of decisions."""
    upgrade = bulk.upgrade.result()
    assert upgrade.queues == (0, 1, 0)
    assert len(upgrade.before.versions) == 3
    assert upgrade.before.log_streams
    for later in (upgrade.between, upgrade.after):
        assert later.versions == upgrade.before.versions
        assert later.log_group_made == upgrade.before.log_group_made
        # S3's test message may have been served meanwhile, in a stream of its own.
        assert later.log_streams >= upgrade.before.log_streams
    made = {drift.resource for drift in upgrade.planned if drift.attribute == "create"}
    assert made == {
        "aws_lambda_event_source_mapping.uploads",
        "aws_s3_bucket_notification.photos",
        "aws_sqs_queue.failed_uploads",
        "aws_sqs_queue.uploads",
    }
    assert {d.resource for d in upgrade.planned_back if d.attribute == "delete"} == made
    # Everything else stays, or is changed in place: rights and settings.
    changed = rest(upgrade.planned, made) | rest(upgrade.planned_back, made)
    assert changed == {"aws_iam_role_policy.function", "aws_lambda_function.compare"}


def rest(planned: list[Drift], made: set[str]) -> set[str]:
    changed = {drift for drift in planned if drift.resource not in made}
    assert not {drift.attribute for drift in changed} & {"create", "delete", "delete/create"}
    assert not {drift.attribute for drift in changed} & {"create/delete"}
    return {drift.resource for drift in changed}


def results(s3: Any, bucket: str) -> Counter[str]:
    """Every result's key, with the number of its versions."""
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix="results/")
    keys = (version["Key"] for page in pages for version in page.get("Versions", []))
    return Counter(key for key in keys if key.endswith(".json"))


def announced(bulk: Bulk, queue_url: str) -> Counter[str]:
    """The keys of all events, until none came for a while."""
    sqs, keys = bulk.stack.client("sqs"), Counter[str]()
    while messages := sqs.receive_message(
        QueueUrl=queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=2
    ).get("Messages", []):
        for message in messages:
            keys[json.loads(message["Body"])["detail"]["object"]["key"]] += 1
            sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
    return keys


def held(bulk: Bulk, queue_url: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    sqs = bulk.stack.client("sqs")
    found = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=names)["Attributes"]
    return sum(int(found[name]) for name in names)


def put_off(bulk: Bulk, group: str) -> Counter[str]:
    """Why photos had to come again, or got an error as their result."""
    found = bulk.stack.client("logs").filter_log_events(
        logGroupName=group, filterPattern='"face comparison failed"'
    )
    return Counter(json.loads(event["message"])["error_type"] for event in found["events"])
