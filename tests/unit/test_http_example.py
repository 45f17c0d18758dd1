"""The HTTP API in examples/http/README.md, which the trimmed provider of the tests cannot apply.

The provider names its arguments after AWS's API, so its block is held against that.
"""

from __future__ import annotations

import re
from typing import Any

import boto3
import pytest
from botocore.model import StructureShape

from tools.places import REPOSITORY

TEXT = (REPOSITORY / "examples" / "http" / "README.md").read_text(encoding="utf-8")
RESOURCES = dict(re.findall(r'(?ms)^resource "aws_apigatewayv2_(\w+)" "\w+" \{\n(.*?)^\}', TEXT))
_NAMED_OTHERWISE = {
    "stage": {"Name": "StageName"},
    "authorizer": {"IdentitySources": "IdentitySource"},
}


def arguments(body: str) -> dict[str, Any]:
    """The arguments of a block by their names in AWS's API; the value is a text or a block."""
    found: dict[str, Any] = {}
    for name, value, inner in re.findall(r"(?ms)^  (\w+) +(?:= (.+?)$|\{\n(.*?)^  \})", body):
        camel = "".join(word.title() for word in name.split("_"))
        found[camel] = value or arguments(re.sub(r"(?m)^  ", "", inner))
    return found


def assert_fits(given: dict[str, Any], shape: StructureShape) -> None:
    assert set(given) <= set(shape.members)
    assert set(shape.required_members) <= set(given)
    for name, value in given.items():
        member: Any = shape.members[name]
        if isinstance(value, dict):
            assert_fits(value, member)
        elif getattr(member, "enum", None):
            assert value.partition('"')[2].partition('"')[0] in member.enum


@pytest.mark.parametrize("kind", ["api", "integration", "authorizer", "route", "stage"])
def test_aws_knows_what_the_printed_http_api_is_made_of(kind: str) -> None:
    """Otherwise the first copy of the block fails at plan."""
    client = boto3.client("apigatewayv2", region_name="eu-west-1")
    operation = client.meta.service_model.operation_model(f"Create{kind.title()}")
    renamed = _NAMED_OTHERWISE.get(kind, {})
    given = {renamed.get(name, name): value for name, value in arguments(RESOURCES[kind]).items()}
    assert_fits(given, operation.input_shape)


def test_no_resource_of_the_printed_http_api_is_left_out() -> None:
    assert set(RESOURCES) == {"api", "authorizer", "integration", "route", "stage"}
