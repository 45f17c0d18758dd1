"""Conditions of policies, decided here because the emulator's simulator cannot."""

from typing import Any

import pytest

from local.rekognition.conditions import conditional, resolve

CONTEXT = {
    "kms:viaservice": "s3.eu-west-1.amazonaws.com",
    "kms:encryptioncontext:aws:s3:arn": "arn:aws:s3:::photos",
    "aws:securetransport": "true",
    "aws:principalaccount": "000000000000",
}


def applies(condition: dict[str, Any], effect: str = "Allow") -> bool:
    statement = {"Effect": effect, "Action": "*", "Resource": "*", "Condition": condition}
    kept = resolve({"Version": "2012-10-17", "Statement": statement}, CONTEXT)["Statement"]
    assert all("Condition" not in one for one in kept)
    return bool(kept)


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}, True),
        ({"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}, False),
        ({"StringEquals": {"kms:ViaService": ["x", "s3.eu-west-1.amazonaws.com"]}}, True),
        ({"StringNotEquals": {"kms:ViaService": "x"}}, True),
        ({"StringNotEquals": {"kms:ViaService": ["x", "s3.eu-west-1.amazonaws.com"]}}, False),
        ({"StringLike": {"kms:ViaService": "s3.*.amazonaws.com"}}, True),
        ({"StringLike": {"kms:ViaService": "s3.?.amazonaws.com"}}, False),
        ({"ArnLike": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::photos"}}, True),
        ({"ArnNotLike": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::photos"}}, False),
        ({"StringEquals": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::other"}}, False),
        ({"Bool": {"aws:SecureTransport": "true"}}, True),
        ({"Bool": {"aws:SecureTransport": True}}, True),
        ({"Bool": {"aws:SecureTransport": "false"}}, False),
        ({"StringEquals": {"aws:absent": "x"}}, False),
        ({"StringNotEquals": {"aws:absent": "x"}}, True),
        ({"StringEqualsIfExists": {"aws:absent": "x"}}, True),
        ({"StringEqualsIfExists": {"kms:ViaService": "x"}}, False),
        ({"Null": {"aws:absent": "true"}}, True),
        ({"Null": {"kms:ViaService": "true"}}, False),
        ({"ForAnyValue:StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}, True),
        ({"ForAnyValue:StringEquals": {"aws:absent": "x"}}, False),
        ({"ForAllValues:StringEquals": {"aws:absent": "x"}}, True),
        ({"StringEqualsIgnoreCase": {"kms:ViaService": "S3.EU-WEST-1.AMAZONAWS.COM"}}, True),
        ({"StringEquals": {"aws:PrincipalAccount": "${aws:PrincipalAccount}"}}, True),
        (
            {
                "StringEquals": {
                    "kms:ViaService": "s3.eu-west-1.amazonaws.com",
                    "kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::other",
                }
            },
            False,
        ),
    ],
)
def test_a_condition_decides_whether_a_statement_applies(
    condition: dict[str, Any], holds: bool
) -> None:
    """Else a role would be let through locally that the account refuses, or the other way."""
    assert applies(condition) is holds


def test_in_doubt_no() -> None:
    """Else an operator that is not known here would give rights away."""
    unknown = {"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}
    assert not applies(unknown, "Allow")
    assert applies(unknown, "Deny")


def test_a_statement_without_conditions_stays() -> None:
    """Else a policy would lose its plain statements."""
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*"}]}
    assert resolve(document, {}) == document
    assert not conditional(document)
    assert conditional({"Statement": {"Condition": {"Bool": {"a": "true"}}}})
