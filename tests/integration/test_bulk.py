"""Hundreds of uploads through examples/upload, in any order, each decided and paid for once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.rekognition.steering import Steering
from local.stack import account_environment
from local.upload_site import Upload, result_key
from local.use import announced
from local.waiting import eventually
from tests.integration import shell
from tests.integration.conftest import TPS, Bulk
from tests.integration.example_uses import Outputs

UPLOADS = 320
PEOPLE = 16
PHOTOS = 96
_SECONDS = 300.0
_VISIBILITY = "40"
"""Just beyond a claim's lease of 35 s, so that what a busy machine put off is soon retried."""
_TO_STACK = 'aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }'
"""Version 1 of the CLI sends the calls of SQS to AWS, whatever the environment says."""


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


@dataclass(frozen=True, slots=True)
class Person:
    """A subject of the deployed example, whose photos and references are put in any order."""

    bulk: Bulk
    outputs: Outputs
    name: str

    @property
    def s3(self) -> Any:
        return self.bulk.stack.client("s3")

    def put(self, prefix: str, number: int) -> str:
        """Put so many images, one after another as `aws s3 sync` does; the key of the last."""
        for each in range(number):
            key = f"{prefix}/{self.name}/{each}.jpg"
            self.s3.put_object(Bucket=self.outputs["bucket_name"], Key=key, Body=b"image")
        return key

    def written(self, ending: str) -> Counter[str]:
        """What the function wrote about the person, with the number of versions."""
        return results(self.s3, self.outputs["bucket_name"], f"results/{self.name}/", ending)

    def decisions(self) -> Counter[str | None]:
        bucket = self.outputs["bucket_name"]
        bodies = (
            json.loads(self.s3.get_object(Bucket=bucket, Key=key)["Body"].read())
            for key in self.written(".json")
        )
        return Counter(body.get("decision") for body in bodies)

    def until(self, condition: Callable[[], object], what: str) -> None:
        """Wait for what comes of it."""
        log_group = self.outputs["log_group_name"]
        eventually(condition, _SECONDS, what, why=lambda: errors(self.bulk, log_group))

    def until_nothing_waits(self) -> None:
        sqs = self.bulk.stack.client("sqs")
        for name in ("uploads_queue_url", "failed_uploads_queue_url"):
            url = self.outputs[name]
            self.until(lambda url=url: not held(sqs, url), f"an end of {name}")  # type: ignore[misc]


@pytest.fixture
def person(
    bulk: Bulk, bulk_upload: Outputs, steering: Steering, request: pytest.FixtureRequest
) -> Person:
    """A person with a name that S3 encodes, on a stack without a quota."""
    steering.apply(tps=None)
    bulk.stack.client("sqs").set_queue_attributes(
        QueueUrl=bulk_upload["uploads_queue_url"], Attributes={"VisibilityTimeout": _VISIBILITY}
    )
    return Person(bulk, bulk_upload, f"{request.node.name} +%é")


@contextmanager
def waiting_minutes(person: Person, minutes: int) -> Iterator[None]:
    """Have the function let images wait for so long, while the block runs."""
    functions, name = person.bulk.stack.client("lambda"), person.outputs["function_name"]
    found = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    changed = {**found, "FACE_COMPARE_REFERENCE_WAIT_MINUTES": str(minutes)}
    for variables in (changed, found):
        functions.update_function_configuration(
            FunctionName=name, Environment={"Variables": variables}
        )
        if variables is changed:
            yield


def test_photos_whose_reference_nobody_announces_are_decided_by_the_retry_command(
    person: Person, steering: Steering, tmp_path: Path
) -> None:
    bucket = person.outputs["bucket_name"]
    with waiting_minutes(person, 0):
        person.put("challenge", 3)
        person.until(lambda: person.decisions() == {None: 3}, "results without a reference")
    announced_now = person.s3.get_bucket_notification_configuration(Bucket=bucket)
    del announced_now["ResponseMetadata"]
    person.s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    person.put("reference", 1)
    person.s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration=announced_now
    )
    command = f"{_TO_STACK}\n{person.outputs['retry_waiting_uploads_command']}"
    shell.run(command, tmp_path, account_environment(person.bulk.stack.endpoint))
    person.until(lambda: person.decisions() == {"match": 3}, "decisions")
    person.until_nothing_waits()
    assert steering.report()["served"] == 3, "photos that are decided are not compared again"


def test_photos_that_are_synced_before_their_reference_are_each_decided_once(
    person: Person, steering: Steering
) -> None:
    person.put("challenge", PHOTOS)
    person.until(lambda: len(person.written(".waiting")) == PHOTOS, "photos that wait")
    assert person.written(".json") == Counter()
    person.put("reference", 1)
    person.until(lambda: person.decisions() == {"match": PHOTOS}, "decisions")
    # Their first messages are delivered once more.
    person.until_nothing_waits()
    assert set(person.written(".json").values()) == {1}
    assert steering.report()["served"] == PHOTOS
    # A second reference decides nothing again.
    person.put("reference", 2)
    person.until_nothing_waits()
    assert steering.report()["served"] == PHOTOS


def test_a_reference_that_comes_long_after_the_photos_replaces_that_there_was_none(
    person: Person, steering: Steering
) -> None:
    with waiting_minutes(person, 0):
        person.put("challenge", 12)
        person.until(lambda: person.decisions() == {None: 12}, "results without a reference")
        person.until_nothing_waits()
    assert steering.report()["served"] == 0
    person.put("reference", 1)
    person.until(lambda: person.decisions() == {"match": 12}, "decisions")
    person.until_nothing_waits()
    assert set(person.written(".json").values()) == {2}
    assert steering.report()["served"] == 12


def test_photos_that_were_deleted_while_their_messages_waited_stay_deleted(
    person: Person, steering: Steering
) -> None:
    """The messages wait in the queue, or come back to it from the dead-letter queue."""
    bucket, sqs = person.outputs["bucket_name"], person.bulk.stack.client("sqs")
    functions = person.bulk.stack.client("lambda")
    (source,) = functions.list_event_source_mappings(FunctionName=person.outputs["function_name"])[
        "EventSourceMappings"
    ]
    person.put("reference", 1)
    person.until_nothing_waits()
    functions.update_event_source_mapping(UUID=source["UUID"], Enabled=False)
    try:
        person.put("challenge", 4)
        keys = [f"challenge/{person.name}/{each}.jpg" for each in range(4)]
        found = person.s3.list_object_versions(Bucket=bucket, Prefix=f"challenge/{person.name}/")
        versions = {each["Key"]: each["VersionId"] for each in found["Versions"]}
        for key in keys[:2]:
            person.s3.delete_object(Bucket=bucket, Key=key, VersionId=versions[key])
        person.s3.delete_object(Bucket=bucket, Key=keys[2])
        sqs.send_message(
            QueueUrl=person.outputs["uploads_queue_url"],
            MessageBody=Upload(bucket, keys[1], versions[keys[1]]).announcement,
        )
    finally:
        functions.update_event_source_mapping(UUID=source["UUID"], Enabled=True)
    person.until_nothing_waits()
    assert list(person.written("")) == [
        f"{result_key(keys[3], versions[keys[3]])}{ending}" for ending in ("", ".claim")
    ]
    assert steering.report()["served"] == 1


def results(s3: Any, bucket: str, prefix: str = "results/", ending: str = ".json") -> Counter[str]:
    """Every result's key, with the number of its versions."""
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix)
    keys = (version["Key"] for page in pages for version in page.get("Versions", []))
    return Counter(key for key in keys if key.endswith(ending))


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
