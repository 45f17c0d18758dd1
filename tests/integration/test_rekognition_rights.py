"""The stand-in's view of IAM, S3 and KMS on a live stack: whose image may be read by whom."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local.stack import REGION, RekognitionOptions, Stack

BUCKET, ENCRYPTED = "rights-images", "rights-encrypted"
KEY, OUTSIDE = "reference/a/1.png", "private/a/1.png"
UNREADABLE, DENIED = "InvalidS3ObjectException", "AccessDeniedException"
Statement = dict[str, Any]


def statement(action: str, resource: str | list[str] = "*", effect: str = "Allow") -> Statement:
    return {"Effect": effect, "Action": action, "Resource": resource}


OBJECTS = [f"arn:aws:s3:::{name}/reference/*" for name in (BUCKET, ENCRYPTED)]
COMPARE = statement("rekognition:CompareFaces")
READ = statement("s3:GetObject", OBJECTS)
READ_VERSION = statement("s3:GetObjectVersion", OBJECTS)
GUARD_RAIL = statement("rekognition:*", effect="Deny")


def document(*statements: Statement) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@dataclass(frozen=True, slots=True)
class Caller:
    """A role with one session, and what becomes of its calls."""

    iam: Any
    client: Any
    role: str

    def may(self, *statements: Statement) -> Caller:
        """Give the role exactly these rights."""
        policy = document(*statements)
        self.iam.put_role_policy(RoleName=self.role, PolicyName="rights", PolicyDocument=policy)
        return self

    def outcome(self, bucket: str = BUCKET, key: str = KEY, version: str | None = None) -> str:
        """Compare an image with itself: "ok" or the error's code."""
        place = {"Bucket": bucket, "Name": key, **({"Version": version} if version else {})}
        image = {"S3Object": place}
        try:
            self.client.compare_faces(SourceImage=image, TargetImage=image)
        except ClientError as refusal:
            return str(refusal.response["Error"]["Code"])
        return "ok"


@pytest.fixture(scope="module")
def live() -> Iterator[Stack]:
    with Stack(RekognitionOptions(scripted=True)) as stack:
        s3 = stack.client("s3")
        for bucket in (BUCKET, ENCRYPTED):
            where = {"LocationConstraint": REGION}
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=where)
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        for key in (KEY, OUTSIDE):
            s3.put_object(Bucket=BUCKET, Key=key, Body=b"image")
        yield stack


@pytest.fixture(scope="module")
def make(live: Stack) -> Callable[..., Caller]:
    trust = document({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"})

    def made(name: str, *, region: str = REGION, **options: Any) -> Caller:
        iam = live.client("iam")
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, **options)["Role"]
        given = live.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="session")
        client: Any = boto3.client(
            "rekognition",
            endpoint_url=live.rekognition_endpoint,
            region_name=region,
            aws_access_key_id=given["Credentials"]["AccessKeyId"],
            aws_secret_access_key=given["Credentials"]["SecretAccessKey"],
            aws_session_token=given["Credentials"]["SessionToken"],
            config=Config(retries={"total_max_attempts": 1}),
        )
        return Caller(iam, client, name)

    return made


@pytest.fixture(scope="module")
def caller(make: Callable[..., Caller]) -> Caller:
    return make("rights-role")


@pytest.mark.parametrize(
    ("statements", "place", "outcome"),
    [
        ([READ], {}, DENIED),
        ([COMPARE], {}, UNREADABLE),
        ([COMPARE, READ], {}, "ok"),
        ([COMPARE, READ, GUARD_RAIL], {}, DENIED),
        ([COMPARE, READ], {"key": OUTSIDE}, UNREADABLE),
        ([COMPARE, READ], {"key": "reference/none.png"}, UNREADABLE),
        ([COMPARE, READ], {"bucket": "rights-nowhere"}, UNREADABLE),
        ([COMPARE, READ_VERSION], {}, UNREADABLE),
        ([COMPARE, READ_VERSION], {"version": "no-such-version"}, UNREADABLE),
    ],
)
def test_a_test_that_takes_a_right_away_proves_something(
    caller: Caller, statements: list[Statement], place: dict[str, str], outcome: str
) -> None:
    assert caller.may(*statements).outcome(**place) == outcome


def test_the_right_to_read_a_version_cannot_be_dropped_unnoticed(
    live: Stack, caller: Caller
) -> None:
    version = live.client("s3").head_object(Bucket=BUCKET, Key=KEY)["VersionId"]
    assert caller.may(COMPARE, READ).outcome(version=version) == UNREADABLE
    assert caller.may(COMPARE, READ_VERSION).outcome(version=version) == "ok"


def test_a_roles_path_boundary_and_managed_policies_count(
    live: Stack, make: Callable[..., Caller]
) -> None:
    iam = live.client("iam")
    assert make("rights-path", Path="/team/faces/").may(COMPARE, READ).outcome() == "ok"
    boundary, read = (
        iam.create_policy(PolicyName=name, PolicyDocument=document(right))["Policy"]["Arn"]
        for name, right in (("rights-boundary", COMPARE), ("rights-read", READ))
    )
    bounded = make("rights-bounded", PermissionsBoundary=boundary)
    assert bounded.may(COMPARE, READ).outcome() == UNREADABLE
    attached = make("rights-attached").may(COMPARE)
    iam.attach_role_policy(RoleName=attached.role, PolicyArn=read)
    assert attached.outcome() == "ok"


def test_a_bucket_in_another_region_is_a_surprise_here_and_not_in_the_account(
    make: Callable[..., Caller],
) -> None:
    far = make("rights-far", region="us-west-2").may(COMPARE, READ)
    assert far.outcome() == UNREADABLE


@pytest.mark.parametrize("bucket_key", [True, False])
def test_a_wrong_right_to_decrypt_is_noticed_with_and_without_a_bucket_key(
    live: Stack, caller: Caller, bucket_key: bool
) -> None:
    key, s3 = live.client("kms").create_key()["KeyMetadata"]["Arn"], live.client("s3")
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    rule = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": bucket_key}
    s3.put_bucket_encryption(Bucket=ENCRYPTED, ServerSideEncryptionConfiguration={"Rules": [rule]})
    s3.put_object(Bucket=ENCRYPTED, Key=KEY, Body=b"image")

    def decrypt(key: str, arn: str, via: str = REGION) -> Statement:
        return {
            **statement("kms:Decrypt", key),
            "Condition": {
                "StringEquals": {"kms:ViaService": f"s3.{via}.amazonaws.com"},
                "ArnLike": {"kms:EncryptionContext:aws:s3:arn": arn},
            },
        }

    bucket = f"arn:aws:s3:::{ENCRYPTED}"
    arn, other = (bucket, f"{bucket}/*") if bucket_key else (f"{bucket}/*", bucket)
    assert caller.may(COMPARE, READ, decrypt(key, arn)).outcome(ENCRYPTED) == "ok"
    for wrong in (
        COMPARE,
        decrypt(f"{key}0", arn),
        decrypt(key, other),
        decrypt(key, arn, via="us-east-1"),
    ):
        assert caller.may(COMPARE, READ, wrong).outcome(ENCRYPTED) == UNREADABLE


def test_a_session_does_not_outlive_its_role(live: Stack, make: Callable[..., Caller]) -> None:
    caller = make("rights-gone").may(COMPARE, READ)
    assert caller.outcome() == "ok"
    iam = live.client("iam")
    iam.delete_role_policy(RoleName=caller.role, PolicyName="rights")
    iam.delete_role(RoleName=caller.role)
    assert caller.outcome() == DENIED
