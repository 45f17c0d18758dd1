"""IAM's decision: what the least-privilege tests prove depends on it."""

from typing import Any

import pytest

from local.rekognition.policy import Access, Decision, decide, denies

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
        ({"StringNotEquals": {"aws:absent": "x"}}, True),
        ({"StringNotLike": {"kms:ViaService": "s3.*"}}, False),
        ({"Null": {"kms:ViaService": "false"}}, True),
        ({"Null": {"aws:absent": "false"}}, False),
        ({"Null": {"aws:absent": True}}, True),
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


SESSION = "arn:aws:sts::000000000000:assumed-role/face/session"
BY_HTTPS = Access(READ.action, READ.resource, {"aws:SecureTransport": "true"})


@pytest.mark.parametrize(
    ("statement", "denied"),
    [
        ({}, True),
        ({"Effect": "Allow"}, False),
        ({"Principal": {"AWS": "*"}}, True),
        ({"Principal": {"AWS": ["arn:aws:iam::000000000000:role/path/face"]}}, True),
        ({"Principal": {"AWS": "arn:aws:iam::000000000000:role/face"}}, True),
        ({"Principal": {"AWS": SESSION}}, True),
        ({"Principal": {"AWS": "000000000000"}}, True),
        ({"Principal": {"AWS": "arn:aws:iam::000000000000:role/surface"}}, False),
        ({"Principal": {"AWS": "arn:aws:iam::111122223333:role/face"}}, False),
        ({"Principal": {"Service": "logs.amazonaws.com"}}, False),
        ({"Action": "s3:PutObject"}, False),
        ({"Resource": "arn:aws:s3:::images/challenge/*"}, False),
        ({"Condition": {"Bool": {"aws:SecureTransport": "false"}}}, False),
        ({"Condition": {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}}, True),
    ],
)
def test_a_policy_of_the_bucket_that_denies_the_role_is_obeyed(
    statement: dict[str, Any], denied: bool
) -> None:
    plain = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
    assert denies({"Statement": [{**plain, **statement}]}, SESSION, BY_HTTPS) is denied


@pytest.mark.parametrize(
    ("opposite", "denied"),
    [
        ({"NotPrincipal": {"AWS": SESSION}}, False),
        ({"NotPrincipal": {"AWS": "arn:aws:iam::000000000000:role/other"}}, True),
        ({"Principal": "*", "NotAction": "s3:GetObject"}, False),
        ({"Principal": "*", "NotAction": "s3:PutObject"}, True),
        ({"Principal": "*", "NotResource": "arn:aws:s3:::images/reference/*"}, False),
        ({"Principal": "*", "NotResource": "arn:aws:s3:::images/challenge/*"}, True),
    ],
)
def test_what_a_policy_excepts_is_excepted(opposite: dict[str, Any], denied: bool) -> None:
    statement = {"Effect": "Deny", **opposite}
    if "NotAction" not in opposite:
        statement["Action"] = "s3:GetObject"
    if "NotResource" not in opposite:
        statement["Resource"] = "*"
    assert denies({"Statement": statement}, SESSION, BY_HTTPS) is denied
