"""One customer key for everything (examples/monitored), with IAM enforced."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from local.rekognition.authority import Access, decision
from local.stack import REGION
from local.waiting import eventually
from tests.integration.conftest import DARK, EILEEN, Deployed
from tests.integration.test_least_privilege import PROOFS, Policy

_ATTEMPTS_SECONDS = 8.0
S3, SQS = f"s3.{REGION}.amazonaws.com", f"sqs.{REGION}.amazonaws.com"


@pytest.fixture
def key(monitored: Deployed) -> str:
    return str(monitored.outputs["kms_key_arn"])


@pytest.fixture
def policy(monitored: Deployed) -> Iterator[Policy]:
    found = Policy.of(monitored)
    yield found
    found.put(found.document)


@pytest.fixture
def bucket(monitored: Deployed) -> str:
    return f"arn:aws:s3:::{monitored.bucket}"


@pytest.fixture
def queue(monitored: Deployed) -> str:
    return f"arn:aws:sqs:{REGION}:000000000000:{monitored.function}-uploads"


def allowed(policy: Policy, access: Access) -> bool:
    """IAM's decision for the function's role, as the Rekognition stand-in asks for it."""
    role = f"arn:aws:iam::000000000000:role/{policy.role}"
    return decision(policy.iam, role, access) == "allowed"


def with_key(action: str, key: str, via: str, arn: str) -> Access:
    """A use of the key by a service, for a bucket, an object or a queue."""
    context = f"kms:EncryptionContext:aws:{via.partition('.')[0]}:arn"
    return Access(action, key, {"kms:ViaService": via, context: arn})


def test_a_missing_right_to_decrypt_does_not_look_like_a_missing_image(
    monitored: Deployed, policy: Policy, key: str
) -> None:
    assert monitored.outcome(EILEEN, DARK) == "answered"
    # EncryptResults lets the function decrypt in this bucket too, where there is a bucket key.
    without = [each for each in policy.document["Statement"] if "kms:" not in json.dumps(each)]
    policy.put({**policy.document, "Statement": without})
    refused = monitored.compare(EILEEN, DARK)
    assert refused.error_type == "ImageKeyUnusableError"
    assert key in str(refused.error_message)
    policy.put(policy.document)
    assert monitored.outcome(EILEEN, DARK) == "answered"


def test_an_image_under_another_key_does_not_look_like_a_missing_one(monitored: Deployed) -> None:
    other = monitored.stack.client("kms").create_key()["KeyMetadata"]["Arn"]
    foreign = "challenge/foreign.jpg"
    monitored.stack.client("s3").put_object(
        Bucket=monitored.bucket,
        Key=foreign,
        Body=monitored.read(DARK),
        ServerSideEncryption="aws:kms",
        SSEKMSKeyId=other,
    )
    refused = monitored.compare(EILEEN, foreign)
    assert refused.error_type == "ImageKeyUnusableError"
    assert "kms_key_arn" in str(refused.error_message)


def test_the_role_cannot_read_what_else_the_key_protects(
    policy: Policy, key: str, bucket: str, queue: str
) -> None:
    """Asked of IAM: neither S3 nor SQS of the emulator asks KMS before it reads or writes."""
    other = key.rpartition("/")[0] + "/00000000-0000-0000-0000-000000000000"
    for access in (
        with_key("kms:Decrypt", key, S3, bucket),
        with_key("kms:Decrypt", key, S3, f"{bucket}/{EILEEN}"),
        with_key("kms:GenerateDataKey", key, S3, bucket),
        with_key("kms:GenerateDataKey", key, S3, f"{bucket}/results/k/x.json"),
        with_key("kms:Decrypt", key, SQS, queue),
    ):
        assert allowed(policy, access), access
    for access in (
        with_key("kms:GenerateDataKey", key, S3, f"{bucket}/{EILEEN}"),
        with_key("kms:Decrypt", key, S3, f"{bucket}/private/x.jpg"),
        with_key("kms:Decrypt", key, S3, "arn:aws:s3:::another"),
        with_key("kms:Decrypt", key, f"lambda.{REGION}.amazonaws.com", bucket),
        with_key("kms:Decrypt", key, SQS, f"{queue}-failed"),
        with_key("kms:Encrypt", key, SQS, queue),
        with_key("kms:Decrypt", other, S3, bucket),
        Access("kms:Decrypt", key),
        Access("kms:Encrypt", key),
    ):
        assert not allowed(policy, access), access


def failed_event(deployed: Deployed) -> dict[str, Any] | None:
    """Return what is in the queue of failed events, and delete it."""
    sqs, url = deployed.stack.client("sqs"), deployed.outputs["failed_events_queue_url"]
    received = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1)
    for message in received.get("Messages", []):
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        content: dict[str, Any] = json.loads(message["Body"])
        return content
    return None


def test_an_asynchronous_event_that_fails_is_kept_if_the_role_may_send_it(
    monitored: Deployed, policy: Policy
) -> None:
    """Otherwise nobody would learn that it was never compared."""
    event = {"source": EILEEN, "target": "challenge/asynchronous.jpg"}

    def invoke() -> None:
        monitored.stack.client("lambda").invoke(
            FunctionName=monitored.function, InvocationType="Event", Payload=json.dumps(event)
        )

    invoke()
    kept = eventually(lambda: failed_event(monitored), 300.0, "a failed event")
    assert kept is not None
    assert kept["requestPayload"] == event
    assert kept["responsePayload"]["errorType"] == "ImageNotFoundError"
    policy.put(policy.without("SendFailedEvents", "sqs:SendMessage"))
    invoke()
    # Lambda tries it three times. Here the pauses are seconds, and not minutes.
    time.sleep(_ATTEMPTS_SECONDS)
    assert failed_event(monitored) is None


FURTHER = (
    ("DecryptImages", "kms:Decrypt"),
    ("DecryptUploads", "kms:Decrypt"),
    ("EncryptResults", "kms:Decrypt"),
    ("EncryptResults", "kms:GenerateDataKey"),
    ("ReceiveUploads", "sqs:DeleteMessage"),
    ("ReceiveUploads", "sqs:GetQueueAttributes"),
    ("ReceiveUploads", "sqs:ReceiveMessage"),
    ("SendFailedEvents", "sqs:SendMessage"),
    ("WriteResults", "s3:GetObject"),
    ("WriteResults", "s3:PutObject"),
)
"""Statements and actions that the role has beyond those of test_least_privilege.PROOFS."""


def test_no_right_slips_in_with_an_input(policy: Policy) -> None:
    assert policy.actions() == {*PROOFS, *FURTHER}


@pytest.mark.parametrize("right", FURTHER, ids="-".join)
def test_no_statement_is_wider_than_its_purpose(
    policy: Policy, key: str, bucket: str, queue: str, right: tuple[str, str]
) -> None:
    """Asked of IAM: test_bulk and the tests above show that the calls are made."""
    sid, action = right
    result = f"{bucket}/results/k/x.json"
    access = {
        "DecryptImages": with_key(action, key, S3, f"{bucket}/{EILEEN}"),
        "DecryptUploads": with_key(action, key, SQS, queue),
        "EncryptResults": with_key(action, key, S3, result),
        "ReceiveUploads": Access(action, queue),
        "SendFailedEvents": Access(action, queue.replace("-uploads", "-failed-events")),
        "WriteResults": Access(action, result),
    }[sid]
    assert allowed(policy, access)
    policy.put(policy.without(sid, action))
    assert not allowed(policy, access)


@pytest.mark.parametrize("action", ["s3:GetObject", "s3:PutObject"])
def test_the_function_reaches_what_it_writes_about_uploads_and_no_other_objects_there(
    policy: Policy, bucket: str, action: str
) -> None:
    """Results, claims, and the two objects about an image that waits for its reference."""
    written = [f"{bucket}/results/k/x{each}" for each in (".json", ".json.claim", ".retry")]
    written.append(f"{bucket}/results/k/waiting/x.waiting")
    others = [f"{bucket}/results/k/x.jpg", f"{bucket}/private/x.retry", f"{bucket}/x.waiting"]
    assert [allowed(policy, Access(action, each)) for each in written] == [True] * 4
    assert [allowed(policy, Access(action, each)) for each in others] == [False] * 3
    policy.put(policy.without("WriteResults", action))
    assert not any(allowed(policy, Access(action, each)) for each in written)
