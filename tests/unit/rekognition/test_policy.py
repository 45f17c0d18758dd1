"""IAM's decision: what the least-privilege tests prove depends on it."""

from typing import Any

import pytest

from local.rekognition.policy import Access, Decision, decide

ALLOWED, DENIED, NOT_ALLOWED = (
    Decision.ALLOWED,
    Decision.EXPLICIT_DENY,
    Decision.IMPLICIT_DENY,
)
READ = Access(
    "s3:GetObject",
    "arn:aws:s3:::images/reference/[a].jpg",
    {
        "kms:ViaService": "s3.eu-west-1.amazonaws.com",
        "kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::images",
    },
)


def decision(*statements: dict[str, Any]) -> Decision:
    plain = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    return decide([{"Statement": {**plain, **statement}} for statement in statements], READ)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ({}, ALLOWED),
        ({"Action": ["s3:PutObject", "s3:Get*"]}, ALLOWED),
        ({"Action": "s3:GetObjectVersion"}, NOT_ALLOWED),
        ({"Resource": "arn:aws:s3:::images/reference/[a]*"}, ALLOWED),
        ({"Resource": ["arn:aws:s3:::images", "arn:aws:s3:::images/challenge/*"]}, NOT_ALLOWED),
        ({"Effect": "Deny"}, DENIED),
    ],
)
def test_a_right_that_is_taken_away_is_missed(
    statement: dict[str, Any], expected: Decision
) -> None:
    assert decision(statement) is expected


def test_a_guard_rail_holds_against_every_allow() -> None:
    assert decision({}, {"Effect": "Deny"}) is DENIED
    assert decision() is NOT_ALLOWED


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}, True),
        ({"StringEquals": {"kms:viaservice": ["x", "s3.eu-west-1.amazonaws.com"]}}, True),
        ({"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}, False),
        ({"StringEquals": {"kms:ViaService": "s3.*"}}, False),
        ({"StringLike": {"kms:ViaService": "s3.*.amazonaws.com"}}, True),
        ({"ArnLike": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::image?"}}, True),
        ({"ArnEquals": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::other"}}, False),
        ({"StringEquals": {"aws:absent": "x"}}, False),
        (
            {
                "StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"},
                "ArnLike": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::other"},
            },
            False,
        ),
    ],
)
def test_a_wrong_condition_in_the_modules_policy_is_noticed(
    condition: dict[str, Any], holds: bool
) -> None:
    assert (decision({"Condition": condition}) is ALLOWED) is holds


def test_an_operator_that_is_not_supported_gives_no_rights_away() -> None:
    condition = {"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}
    assert decision({"Condition": condition}) is NOT_ALLOWED
    assert decision({"Condition": condition, "Effect": "Deny"}) is DENIED
