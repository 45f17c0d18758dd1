"""The stand-in's view of IAM, S3 and KMS: whose photo may be read by whom, on the live stack."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
import skimage.data
from botocore.config import Config
from botocore.exceptions import ClientError
from PIL import Image

from local.stack import REGION, Stack

BUCKET, ENCRYPTED, ELSEWHERE = "rights-photos", "rights-encrypted", "rights-elsewhere"
KEY = "reference/a.png"
COMPARE = {"Effect": "Allow", "Action": "rekognition:CompareFaces", "Resource": "*"}
READ = {
    "Effect": "Allow",
    "Action": "s3:GetObject",
    "Resource": [f"arn:aws:s3:::{name}/reference/*" for name in (BUCKET, ENCRYPTED, ELSEWHERE)],
}
READ_VERSION = {**READ, "Action": "s3:GetObjectVersion"}
ROOT = {"AccessKeyId": "test", "SecretAccessKey": "test"}
UNREADABLE = "InvalidS3ObjectException"

Statements = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Caller:
    """A role with one session, and what becomes of its calls."""

    stack: Stack
    client: Any
    role: str

    def may(self, *statements: dict[str, Any]) -> Caller:
        """Give the role exactly these rights."""
        self.stack.client("iam").put_role_policy(
            RoleName=self.role, PolicyName="rights", PolicyDocument=document(list(statements))
        )
        return self

    def outcome(self, bucket: str = BUCKET, key: str = KEY, version: str | None = None) -> str:
        """Compare a photo with itself: "ok" or the error's code."""
        place = {"Bucket": bucket, "Name": key, **({"Version": version} if version else {})}
        try:
            self.client.compare_faces(
                SourceImage={"S3Object": place}, TargetImage={"S3Object": place}
            )
        except ClientError as refusal:
            return str(refusal.response["Error"]["Code"])
        return "ok"


def document(statements: Statements) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with Stack() as live:
        yield live


@pytest.fixture(scope="module")
def photo() -> bytes:
    out = io.BytesIO()
    Image.fromarray(skimage.data.astronaut()).save(out, "PNG")
    return out.getvalue()


@pytest.fixture(scope="module")
def kms_key(stack: Stack, photo: bytes) -> str:
    """Fill the three buckets; returns the ARN of the key that one of them uses."""
    key = str(stack.client("kms").create_key()["KeyMetadata"]["Arn"])
    s3 = stack.client("s3")
    for bucket in (BUCKET, ENCRYPTED):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    _encrypt(s3, key, bucket_key=True)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    for bucket, name in ((BUCKET, KEY), (BUCKET, "private/a.png"), (ENCRYPTED, KEY)):
        s3.put_object(Bucket=bucket, Key=name, Body=photo)
    far = session(stack, "s3", "us-west-2", ROOT)
    far.create_bucket(
        Bucket=ELSEWHERE, CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
    )
    far.put_object(Bucket=ELSEWHERE, Key=KEY, Body=photo)
    return key


def _encrypt(s3: Any, key: str, *, bucket_key: bool) -> None:
    s3.put_bucket_encryption(
        Bucket=ENCRYPTED,
        ServerSideEncryptionConfiguration={
            "Rules": [
                {
                    "ApplyServerSideEncryptionByDefault": {
                        "SSEAlgorithm": "aws:kms",
                        "KMSMasterKeyID": key,
                    },
                    "BucketKeyEnabled": bucket_key,
                }
            ]
        },
    )


def session(stack: Stack, service: str, region: str, keys: dict[str, str]) -> Any:
    endpoint = stack.rekognition_endpoint if service == "rekognition" else stack.endpoint
    factory: Any = boto3.client
    return factory(
        service,
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys.get("SessionToken"),
        config=Config(retries={"total_max_attempts": 1}),
    )


@pytest.fixture(scope="module")
def make(stack: Stack, kms_key: str) -> Callable[..., Caller]:
    def made(name: str, *, region: str = REGION, **options: Any) -> Caller:
        iam = stack.client("iam")
        trust = document(
            [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]
        )
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, **options)["Role"]
        given = stack.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="session")
        client = session(stack, "rekognition", region, given["Credentials"])
        return Caller(stack, client, name)

    assert kms_key
    return made


@pytest.fixture(scope="module")
def caller(make: Callable[..., Caller]) -> Caller:
    return make("rights-role")


def test_rights_count_from_the_moment_they_are_given(caller: Caller) -> None:
    """Else a test that takes a right away would prove nothing."""
    assert caller.may(READ).outcome() == "AccessDeniedException"
    assert caller.may(COMPARE).outcome() == UNREADABLE
    assert caller.may(COMPARE, READ).outcome() == "ok"
    assert caller.may(COMPARE).outcome() == UNREADABLE


def test_what_lies_outside_the_prefix_or_nowhere_is_unreadable(caller: Caller) -> None:
    """Else a read outside the two prefixes would not be refused."""
    caller.may(COMPARE, READ)
    assert caller.outcome(key="private/a.png") == UNREADABLE
    assert caller.outcome(key="reference/none.png") == UNREADABLE
    assert caller.outcome(bucket="rights-nowhere") == UNREADABLE


def test_a_version_needs_its_own_right(stack: Stack, caller: Caller) -> None:
    """Else s3:GetObjectVersion could be dropped from the module unnoticed."""
    version = stack.client("s3").head_object(Bucket=BUCKET, Key=KEY)["VersionId"]
    assert caller.may(COMPARE, READ).outcome(version=version) == UNREADABLE
    assert caller.may(COMPARE, READ_VERSION).outcome(version=version) == "ok"
    assert caller.outcome() == UNREADABLE
    assert caller.outcome(version="no-such-version") == UNREADABLE


def test_an_explicit_deny_wins(caller: Caller) -> None:
    """Else a guard rail would hold in the account only."""
    deny = {"Effect": "Deny", "Action": "rekognition:*", "Resource": "*"}
    assert caller.may(COMPARE, READ, deny).outcome() == "AccessDeniedException"


def test_a_role_with_a_path_has_its_rights(make: Callable[..., Caller]) -> None:
    """Else the module's role path input could not be used on the local stack."""
    caller = make("rights-pathed", Path="/team/faces/")
    assert caller.may(COMPARE, READ).outcome() == "ok"
    assert caller.may(COMPARE).outcome() == UNREADABLE


def test_a_boundary_limits(stack: Stack, make: Callable[..., Caller]) -> None:
    """Else the module's permissions boundary would have no effect here."""
    policy = stack.client("iam").create_policy(
        PolicyName="rights-boundary", PolicyDocument=document([COMPARE])
    )["Policy"]["Arn"]
    caller = make("rights-bounded", PermissionsBoundary=policy)
    assert caller.may(COMPARE, READ).outcome() == UNREADABLE


def test_an_attached_policy_counts(stack: Stack, make: Callable[..., Caller]) -> None:
    """Else an existing role with managed policies would be refused."""
    caller = make("rights-attached").may(COMPARE)
    iam = stack.client("iam")
    policy = iam.create_policy(PolicyName="rights-read", PolicyDocument=document([READ]))
    assert caller.outcome() == UNREADABLE
    iam.attach_role_policy(RoleName=caller.role, PolicyArn=policy["Policy"]["Arn"])
    assert caller.outcome() == "ok"


def decrypt(key: str, via: str = REGION, arn: str = f"arn:aws:s3:::{ENCRYPTED}") -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Action": "kms:Decrypt",
        "Resource": key,
        "Condition": {
            "StringEquals": {"kms:ViaService": f"s3.{via}.amazonaws.com"},
            "ArnLike": {"kms:EncryptionContext:aws:s3:arn": arn},
        },
    }


def test_an_encrypted_photo_needs_the_key(caller: Caller, kms_key: str) -> None:
    """Else kms:Decrypt, or one of its conditions, could be wrong in the module unnoticed."""
    other = kms_key.rpartition("/")[0] + "/00000000-0000-0000-0000-000000000000"
    assert caller.may(COMPARE, READ).outcome(ENCRYPTED) == UNREADABLE
    assert caller.may(COMPARE, READ, decrypt(kms_key)).outcome(ENCRYPTED) == "ok"
    assert caller.outcome() == "ok"
    for wrong in (
        decrypt(other),
        decrypt(kms_key, via="us-east-1"),
        decrypt(kms_key, arn="arn:aws:s3:::another"),
    ):
        assert caller.may(COMPARE, READ, wrong).outcome(ENCRYPTED) == UNREADABLE


def test_without_a_bucket_key_the_context_is_the_object(
    stack: Stack, caller: Caller, kms_key: str
) -> None:
    """Else a policy that names only the bucket would fail in an account without bucket keys."""
    s3 = stack.client("s3")
    _encrypt(s3, kms_key, bucket_key=False)
    try:
        assert caller.may(COMPARE, READ, decrypt(kms_key)).outcome(ENCRYPTED) == UNREADABLE
        each = decrypt(kms_key, arn=f"arn:aws:s3:::{ENCRYPTED}/*")
        assert caller.may(COMPARE, READ, each).outcome(ENCRYPTED) == "ok"
    finally:
        _encrypt(s3, kms_key, bucket_key=True)


def test_a_bucket_in_another_region_is_unreadable(
    caller: Caller, make: Callable[..., Caller]
) -> None:
    """Else the first surprise of a second region would come in the account."""
    assert caller.may(COMPARE, READ).outcome(ELSEWHERE) == UNREADABLE
    near = make("rights-far", region="us-west-2").may(COMPARE, READ)
    assert near.outcome(ELSEWHERE) == "ok"
    assert near.outcome() == UNREADABLE


def test_a_deleted_role_may_nothing(stack: Stack, make: Callable[..., Caller]) -> None:
    """Else a session would outlive its role."""
    caller = make("rights-gone").may(COMPARE, READ)
    assert caller.outcome() == "ok"
    iam = stack.client("iam")
    iam.delete_role_policy(RoleName=caller.role, PolicyName="rights")
    iam.delete_role(RoleName=caller.role)
    assert caller.outcome() == "AccessDeniedException"
