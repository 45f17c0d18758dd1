"""Uploads, their results, events and dead letters. On examples/upload."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from acceptance.model import Scene, Verdict, check
from local import use
from local.photos import Photo
from local.upload_site import result_key

_RESULT_SECONDS = 400.0
"""An upload takes seconds; but if an attempt fails, the next one follows in three minutes."""
_DEAD_SECONDS = 300.0
"""A new visibility timeout can take a minute to apply; until then it is three minutes."""
_IDLE_SECONDS = 20.0
"""How long Lambda may wait for more messages, together with the comparison."""
_MANY = 1000
_MANY_SECONDS = 900.0
"""With a quota of 25 calls a second it takes a minute."""
NO_MOVE = "the emulator does not have StartMessageMoveTask"
_PROPAGATION_SECONDS = 120.0


def put_subject(scene: Scene, subject: str) -> None:
    """Put a reference of Eileen Collins for a subject."""
    key = f"reference/{subject}/front.jpg"
    use.upload(scene.client("s3"), scene.bucket, key, scene.album.references[0])


def put_challenge(scene: Scene, subject: str, photo: Photo, name: str = "door 1+.jpg") -> str:
    """Put a photo for a subject; the key of the result that it will have."""
    key = f"challenge/{subject}/{name}"
    return result_key(key, use.upload(scene.client("s3"), scene.bucket, key, photo))


def stored(scene: Scene, key: str) -> dict[str, Any]:
    """Wait for a result."""

    def found() -> dict[str, Any] | None:
        listed = scene.client("s3").list_objects_v2(Bucket=scene.bucket, Prefix=key)
        if not any(each["Key"] == key for each in listed.get("Contents", [])):
            return None
        body = scene.client("s3").get_object(Bucket=scene.bucket, Key=key)["Body"].read()
        content: dict[str, Any] = json.loads(body)
        return content

    result = scene.wait(found, _RESULT_SECONDS, f"a result at {key}")
    assert result is not None
    return result


def said(result: dict[str, Any]) -> str:
    """What a result says, with its request id."""
    told = result.get("decision") or result.get("error", {}).get("type")
    return f"{told} (request {result.get('request_id')})"


@check(
    "upload-decided",
    "S3 announces an upload to the encrypted queue, Lambda hands it over, the result is written.",
    "match",
    on="upload",
)
def upload_decided(scene: Scene) -> Verdict:
    """Put a reference, then a photo of the same person."""
    put_subject(scene, "alice")
    began = time.monotonic()
    result = stored(scene, put_challenge(scene, "alice", scene.album.challenges[0]))
    took = f" after {time.monotonic() - began:.1f} s"
    return result.get("decision") == "match", said(result) + took


@check("stranger-uploaded", "A stranger's photo does not match.", "no_match", on="upload")
def stranger_uploaded(scene: Scene) -> Verdict:
    """Put a reference, then a photo of somebody else."""
    put_subject(scene, "bob")
    result = stored(scene, put_challenge(scene, "bob", scene.album.references[1]))
    return result.get("decision") == "no_match", said(result)


def _count(scene: Scene, prefix: str, ending: str) -> int:
    """How many objects there are with this beginning and end of the key."""
    pages = scene.client("s3").get_paginator("list_objects_v2")
    found = pages.paginate(Bucket=scene.bucket, Prefix=prefix)
    keys = [str(each["Key"]) for page in found for each in page.get("Contents", [])]
    return sum(key.endswith(ending) for key in keys)


def _waits(scene: Scene, subject: str, count: int) -> bool:
    """Whether so many photos of a subject wait for a reference."""
    return _count(scene, f"results/{subject}/waiting/", ".waiting") >= count


@check(
    "upload-before-its-reference",
    "S3 announces references too, so a photo that came first is decided when one arrives.",
    "match",
    on="upload",
)
def upload_before_its_reference(scene: Scene) -> Verdict:
    """Put a photo, and a reference once the photo waits."""
    key = put_challenge(scene, "gina", scene.album.challenges[0])
    scene.wait(lambda: _waits(scene, "gina", 1), _RESULT_SECONDS, "a photo that waits")
    put_subject(scene, "gina")
    result = stored(scene, key)
    return result.get("decision") == "match", said(result)


@check(
    "deleted-upload",
    "Nothing is written about a photo that was deleted while its message was on its way.",
    "no result for the deleted photo, when the one beside it is decided",
    on="upload",
)
def deleted_upload(scene: Scene) -> Verdict:
    """Have two photos wait, delete one of them, and put a reference."""
    s3, photo = scene.client("s3"), scene.album.challenges[0]
    gone, kept = (put_challenge(scene, "hugo", photo, f"{name}.jpg") for name in ("gone", "kept"))
    scene.wait(lambda: _waits(scene, "hugo", 2), _RESULT_SECONDS, "two photos that wait")
    version = gone.rpartition("/")[2].removesuffix(".json")
    s3.delete_object(Bucket=scene.bucket, Key="challenge/hugo/gone.jpg", VersionId=version)
    put_subject(scene, "hugo")
    result = stored(scene, kept)
    left = s3.list_objects_v2(Bucket=scene.bucket, Prefix="results/hugo/gone.jpg/")
    keys = [each["Key"] for each in left.get("Contents", [])]
    return not keys and result.get("decision") == "match", f"{said(result)}; {keys or 'nothing'}"


@check(
    "upload-into-an-idle-queue",
    "One photo that arrives alone is not kept waiting for others.",
    "a result within 30 s: 20 s at most for the queue, the rest for the comparison",
    on="upload",
    row=18,
    not_local="how long it takes here depends on what else this machine does",
)
def upload_into_an_idle_queue(scene: Scene) -> Verdict:
    """Put a photo when the function is warm and the queue is empty."""
    put_subject(scene, "carol")
    began = time.monotonic()
    result = stored(scene, put_challenge(scene, "carol", scene.album.challenges[0]))
    took = time.monotonic() - began
    return took <= _IDLE_SECONDS + 10, f"{took:.1f} s, {said(result)}"


@check(
    "result-announced",
    "EventBridge announces each result, and the module's event pattern selects it.",
    "one event for the result, and none for its claim",
    on="upload",
)
def result_announced(scene: Scene) -> Verdict:
    """Put a photo, and read the events of the queue that the example has for them."""
    put_subject(scene, "dora")
    wanted = put_challenge(scene, "dora", scene.album.challenges[0])
    sqs, url, keys = scene.client("sqs"), scene.outputs["decided_queue_url"], []

    def seen() -> bool:
        received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        for message in received.get("Messages", []):
            keys.append(json.loads(message["Body"])["detail"]["object"]["key"])
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return wanted in keys

    scene.wait(seen, _RESULT_SECONDS, f"an event for {wanted}")
    claims = [key for key in keys if key.endswith(".claim")]
    return not claims, f"{len(keys)} events, {len(claims)} of them for claims"


@contextmanager
def _without_images(scene: Scene) -> Iterator[None]:
    """The function's role without the right to read images, while the block runs."""
    configuration = scene.client("lambda").get_function_configuration(FunctionName=scene.function)
    role = configuration["Role"].rpartition("/")[2]
    with use.changed_policy(scene.client("iam"), role, "face-compare", use.without("ReadImages")):
        yield


def dead_letter_put_back(scene: Scene) -> Verdict:
    """Refuse the function an image until its message is a dead letter; put it back and see."""
    sqs = scene.client("sqs")
    url, dead = (
        sqs.get_queue_url(QueueName=f"{scene.name}-{queue}")["QueueUrl"]
        for queue in ("uploads", "uploads-failed")
    )
    kept = ["RedrivePolicy", "VisibilityTimeout"]
    before = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=kept)["Attributes"]
    arn = json.loads(before["RedrivePolicy"])["deadLetterTargetArn"]
    hasty = {"deadLetterTargetArn": arn, "maxReceiveCount": 1}

    def depth() -> int:
        name = "ApproximateNumberOfMessages"
        found = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=[name])["Attributes"]
        return int(found[name])

    def outcome() -> str | None:
        return scene.compare(use.EILEEN, use.DARK_REFERENCE).error_type

    put_subject(scene, "erin")
    # One attempt instead of five, and a short wait: otherwise this takes a quarter of an hour.
    sqs.set_queue_attributes(
        QueueUrl=url,
        Attributes={"RedrivePolicy": json.dumps(hasty), "VisibilityTimeout": "35"},
    )
    try:
        with _without_images(scene):
            scene.wait(lambda: outcome() is not None, _PROPAGATION_SECONDS, "the missing right")
            key = put_challenge(scene, "erin", scene.album.challenges[0])
            scene.wait(depth, _DEAD_SECONDS, "a dead letter")
    finally:
        sqs.set_queue_attributes(QueueUrl=url, Attributes=before)
    scene.wait(lambda: outcome() is None, _PROPAGATION_SECONDS, "the right to read images")
    sqs.start_message_move_task(SourceArn=arn)
    result = stored(scene, key)
    return result.get("decision") == "match", said(result)


check(
    "dead-letter-put-back",
    "An upload that failed on every attempt becomes a dead letter, and is decided once put back.",
    "match",
    on="upload",
    not_local=NO_MOVE,
)(dead_letter_put_back)


@check(
    "no-invocation-dropped",
    "Lambda does not take results in the same bucket for a loop.",
    "RecursiveInvocationsDropped has no data, or is 0",
    on="upload",
    row=18,
    not_local="the emulator has no such metric",
)
def no_invocation_dropped(scene: Scene) -> Verdict:
    """Ask for Lambda's metric of dropped invocations."""
    dropped = _dropped(scene)
    return dropped == 0, dropped


@check(
    "thousand-uploads",
    "A thousand photos at once are all decided, and Lambda does not take that for a loop.",
    f"{_MANY} results, and RecursiveInvocationsDropped has no data, or is 0",
    on="upload",
    row=18,
    extra="many",
    not_local="benchmarks/throughput.py measures it here",
)
def thousand_uploads(scene: Scene) -> Verdict:
    """Put a thousand photos of one person, and count the results."""
    put_subject(scene, "ivan")
    photo = scene.album.challenges[0]
    began = time.monotonic()
    with ThreadPoolExecutor(32) as pool:
        names = (f"{number}.jpg" for number in range(_MANY))
        list(pool.map(lambda name: put_challenge(scene, "ivan", photo, name), names))

    def decided() -> bool:
        return _count(scene, "results/ivan/", ".json") >= _MANY

    scene.wait(decided, _MANY_SECONDS, f"{_MANY} results")
    took = time.monotonic() - began
    dropped = _dropped(scene)
    return dropped == 0, f"{_MANY} results after {took:.0f} s, {dropped:g} dropped"


def _dropped(scene: Scene) -> float:
    now = datetime.now(UTC)
    points = scene.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName="RecursiveInvocationsDropped",
        Dimensions=[{"Name": "FunctionName", "Value": scene.function}],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=1),
        Period=3600,
        Statistics=["Sum"],
    )["Datapoints"]
    return float(sum(each["Sum"] for each in points))
