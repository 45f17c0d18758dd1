"""One customer key for everything (examples/monitored), with IAM enforced."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from local import use
from local.photos import default_album
from local.rekognition.authority import IamAuthority
from local.rekognition.policy import Access, Decision
from local.stack import REGION
from tests.integration.conftest import Deployed, Everything
from tests.integration.example_uses import people
from tests.integration.test_least_privilege import PROOFS, Policy

REFERENCE, SAME = "reference/k/front.jpg", "challenge/k/same.jpg"
UNUSABLE = "ImageKeyUnusableError"


@pytest.fixture(scope="module")
def keyed(everything: Everything) -> Deployed:
    outputs = everything.applied["monitored"].result().outputs
    found = Deployed(
        everything.stack,
        outputs["bucket_name"],
        outputs["function_name"],
        outputs["log_group_name"],
    )
    same, _other = people(default_album())
    s3 = everything.stack.client("s3")
    use.upload(s3, found.bucket, REFERENCE, same[0])
    use.upload(s3, found.bucket, SAME, same[1])
    return found


@pytest.fixture(scope="module")
def key(everything: Everything) -> str:
    return str(everything.applied["monitored"].result().outputs["kms_key_arn"])


@pytest.fixture
def policy(keyed: Deployed) -> Iterator[Policy]:
    iam = keyed.stack.client("iam")
    configuration = keyed.stack.client("lambda").get_function_configuration(
        FunctionName=keyed.function
    )
    role = configuration["Role"].rpartition("/")[2]
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    found = Policy(iam, role, name, document)
    yield found
    found.put(document)


def outcome(keyed: Deployed, source: str = REFERENCE, target: str = SAME) -> str:
    compared = keyed.compare(source, target)
    return compared.error_type or "answered"


def test_photos_records_and_queues_are_under_the_key(keyed: Deployed, key: str) -> None:
    """Else some of it would be readable by whoever may not use the key."""
    client = keyed.stack.client
    (rule,) = client("s3").get_bucket_encryption(Bucket=keyed.bucket)[
        "ServerSideEncryptionConfiguration"
    ]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"] == key
    assert rule["BucketKeyEnabled"] is True
    (group,) = client("logs").describe_log_groups(logGroupNamePrefix=keyed.log_group)["logGroups"]
    assert group["kmsKeyId"] == key
    for queue in ("uploads", "uploads-failed"):
        url = client("sqs").get_queue_url(QueueName=f"{keyed.function}-{queue}")["QueueUrl"]
        attributes = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        assert attributes["Attributes"]["KmsMasterKeyId"] == key


def test_without_the_right_to_decrypt_the_error_names_the_key(
    keyed: Deployed, policy: Policy, key: str
) -> None:
    """Else DecryptPhotos could be dropped, or its lack would look like a missing photo."""
    assert outcome(keyed) == "answered"
    policy.put(policy.without("DecryptPhotos", "kms:Decrypt"))
    # EncryptResults lets the function decrypt in this bucket too, where there is a bucket key.
    without = [each for each in policy.document["Statement"] if "kms:" not in json.dumps(each)]
    policy.put({**policy.document, "Statement": without})
    refused = keyed.compare(REFERENCE, SAME)
    assert refused.error_type == UNUSABLE
    assert key in str(refused.error_message)
    policy.put(policy.document)
    assert outcome(keyed) == "answered"


def test_a_photo_under_another_key_is_told_from_a_missing_one(keyed: Deployed) -> None:
    """Else whoever uploads with a key of their own would search for the photo."""
    other = keyed.stack.client("kms").create_key()["KeyMetadata"]["Arn"]
    s3 = keyed.stack.client("s3")
    body = s3.get_object(Bucket=keyed.bucket, Key=SAME)["Body"].read()
    s3.put_object(
        Bucket=keyed.bucket,
        Key="challenge/k/foreign.jpg",
        Body=body,
        ServerSideEncryption="aws:kms",
        SSEKMSKeyId=other,
    )
    refused = keyed.compare(REFERENCE, "challenge/k/foreign.jpg")
    assert refused.error_type == UNUSABLE
    assert "kms_key_arn" in str(refused.error_message)


@pytest.mark.parametrize("change", ["kms:ViaService", "kms:EncryptionContext:aws:s3:arn"])
def test_the_right_to_decrypt_is_bound_to_its_conditions(
    keyed: Deployed, policy: Policy, change: str
) -> None:
    """Else a condition could name the wrong thing and nobody would notice."""
    statements = json.loads(json.dumps(policy.document["Statement"]))
    for statement in statements:
        for conditions in statement.get("Condition", {}).values():
            if change in conditions:
                conditions[change] = "something else"
    policy.put({**policy.document, "Statement": statements})
    assert outcome(keyed) == UNUSABLE


def decide(keyed: Deployed, policy: Policy, action: str, key: str, **context: str) -> bool:
    """IAM's decision for the function's role, as the Rekognition stand-in asks for it."""
    arn = f"arn:aws:sts::000000000000:assumed-role/{policy.role}/test"
    caller = IamAuthority(keyed.stack.client("iam")).caller(arn)
    named = {f"kms:{name.replace('__', ':')}": value for name, value in context.items()}
    return caller.decide(Access(action, key, named)) is Decision.ALLOWED


def test_the_key_serves_photos_results_and_the_queue_only(
    keyed: Deployed, policy: Policy, key: str
) -> None:
    """Else the role could read whatever else the key protects in the account.

    Asked of IAM, not done: neither S3 nor SQS of the emulator asks KMS before it reads or writes.
    """
    s3, sqs = f"s3.{REGION}.amazonaws.com", f"sqs.{REGION}.amazonaws.com"
    bucket = f"arn:aws:s3:::{keyed.bucket}"
    queue = f"arn:aws:sqs:{REGION}:000000000000:{keyed.function}-uploads"

    def photos(action: str, arn: str, via: str = s3) -> bool:
        context = {"ViaService": via, "EncryptionContext__aws__s3__arn": arn}
        return decide(keyed, policy, action, key, **context)

    def message(action: str, arn: str, via: str = sqs) -> bool:
        context = {"ViaService": via, "EncryptionContext__aws__sqs__arn": arn}
        return decide(keyed, policy, action, key, **context)

    assert photos("kms:Decrypt", bucket)
    assert photos("kms:Decrypt", f"{bucket}/reference/k/front.jpg")
    assert photos("kms:GenerateDataKey", bucket)
    assert photos("kms:GenerateDataKey", f"{bucket}/results/k/x.json")
    assert message("kms:Decrypt", queue)

    assert not photos("kms:GenerateDataKey", f"{bucket}/reference/k/front.jpg")
    assert not photos("kms:Decrypt", f"{bucket}/private/x.jpg")
    assert not photos("kms:Decrypt", "arn:aws:s3:::another")
    assert not photos("kms:Decrypt", bucket, via=f"lambda.{REGION}.amazonaws.com")
    assert not message("kms:Decrypt", f"{queue}-failed")
    assert not message("kms:Encrypt", queue)
    assert not decide(keyed, policy, "kms:Decrypt", key)
    assert not decide(keyed, policy, "kms:Encrypt", key)


FURTHER = (
    ("DecryptPhotos", "kms:Decrypt"),
    ("DecryptUploads", "kms:Decrypt"),
    ("EncryptResults", "kms:Decrypt"),
    ("EncryptResults", "kms:GenerateDataKey"),
    ("ReceiveUploads", "sqs:DeleteMessage"),
    ("ReceiveUploads", "sqs:GetQueueAttributes"),
    ("ReceiveUploads", "sqs:ReceiveMessage"),
    ("WriteResults", "s3:GetObject"),
    ("WriteResults", "s3:PutObject"),
)
"""Statements and actions that the role has beyond those of test_least_privilege.PROOFS."""


def further_access(keyed: Deployed, key: str, sid: str, action: str) -> Access:
    """What only this statement allows."""
    bucket = f"arn:aws:s3:::{keyed.bucket}"
    queue = f"arn:aws:sqs:{REGION}:000000000000:{keyed.function}-uploads"
    s3 = {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}
    sqs = {"kms:ViaService": f"sqs.{REGION}.amazonaws.com"}
    of_s3, of_sqs = "kms:EncryptionContext:aws:s3:arn", "kms:EncryptionContext:aws:sqs:arn"
    return {
        "DecryptPhotos": Access(action, key, {**s3, of_s3: f"{bucket}/{REFERENCE}"}),
        "DecryptUploads": Access(action, key, {**sqs, of_sqs: queue}),
        "EncryptResults": Access(action, key, {**s3, of_s3: f"{bucket}/results/k/x.json"}),
        "ReceiveUploads": Access(action, queue),
        "WriteResults": Access(action, f"{bucket}/results/k/x.json"),
    }[sid]


def test_every_further_action_of_the_role_has_a_proof(policy: Policy) -> None:
    """Else a right could slip in with an input that nothing needs."""
    assert set(policy.actions()) == set(PROOFS) | set(FURTHER)


@pytest.mark.parametrize(("sid", "action"), FURTHER)
def test_no_other_statement_allows_the_same(
    keyed: Deployed, policy: Policy, key: str, sid: str, action: str
) -> None:
    """Else a statement could be wider than its purpose, and another one needless.

    Asked of IAM: that the calls are made is for test_bulk and the tests above to show.
    """
    access = further_access(keyed, key, sid, action)
    arn = f"arn:aws:sts::000000000000:assumed-role/{policy.role}/test"
    authority = IamAuthority(keyed.stack.client("iam"))
    assert authority.caller(arn).decide(access) is Decision.ALLOWED
    policy.put(policy.without(sid, action))
    assert authority.caller(arn).decide(access) is not Decision.ALLOWED


def test_another_key_is_of_no_use(keyed: Deployed, policy: Policy, key: str) -> None:
    """Else the grant would be wider than the one key."""
    other = key.rpartition("/")[0] + "/00000000-0000-0000-0000-000000000000"
    context: dict[str, Any] = {
        "ViaService": f"s3.{REGION}.amazonaws.com",
        "EncryptionContext__aws__s3__arn": f"arn:aws:s3:::{keyed.bucket}",
    }
    assert decide(keyed, policy, "kms:Decrypt", key, **context)
    assert not decide(keyed, policy, "kms:Decrypt", other, **context)
