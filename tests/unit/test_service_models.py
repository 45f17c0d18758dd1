"""Texts that the module makes fit the limits in AWS's own service models.

A mocked provider and the emulator take any length and any character. AWS does not.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import botocore.session
import pytest

from tools.aws_documents import texts

# By resource and attribute, the service and the shape that the provider sends it as.
SHAPES = {
    "aws_cloudwatch_dashboard.dashboard_name": ("cloudwatch", "DashboardName"),
    "aws_cloudwatch_log_group.name": ("logs", "LogGroupName"),
    "aws_cloudwatch_log_metric_filter.name": ("logs", "FilterName"),
    "aws_cloudwatch_log_metric_filter.pattern": ("logs", "FilterPattern"),
    "aws_cloudwatch_metric_alarm.alarm_description": ("cloudwatch", "AlarmDescription"),
    "aws_cloudwatch_metric_alarm.alarm_name": ("cloudwatch", "AlarmName"),
    "aws_cloudwatch_query_definition.name": ("logs", "QueryDefinitionName"),
    "aws_cloudwatch_query_definition.query_string": ("logs", "QueryDefinitionString"),
    "aws_iam_role.description": ("iam", "roleDescriptionType"),
    "aws_iam_role.name": ("iam", "roleNameType"),
    "aws_iam_role_policy.name": ("iam", "policyNameType"),
    "aws_lambda_function.description": ("lambda", "Description"),
    "aws_lambda_function.function_name": ("lambda", "FunctionName"),
    "aws_lambda_function.handler": ("lambda", "Handler"),
    "aws_sfn_state_machine.definition": ("stepfunctions", "Definition"),
    "aws_sfn_state_machine.name": ("stepfunctions", "Name"),
}


@cache
def shape(service: str, name: str) -> dict[str, Any]:
    loader = botocore.session.get_session().get_component("data_loader")
    found: dict[str, Any] = loader.load_service_model(service, "service-2")["shapes"][name]
    return found


def refusal(text: str, limits: dict[str, Any]) -> str:
    """Why a service refuses a text, "" if it does not."""
    if not limits.get("min", 0) <= len(text) <= limits.get("max", len(text)):
        return f"{len(text)} characters, not {limits.get('min', 0)} to {limits['max']}"
    pattern = limits.get("pattern", "")
    return "" if re.fullmatch(pattern or ".*", text, re.DOTALL) else f"not like {pattern}"


def test_every_name_pattern_query_and_description_is_within_its_limit() -> None:
    """Otherwise the apply of a stack with alarms or saved queries ends in its middle."""
    found: dict[str, list[tuple[str, str]]] = {attribute: [] for attribute in SHAPES}
    for place, text in texts(["monitored"]).items():
        address = place.partition(", ")[2]
        plain = re.sub(r"^(module\.\w+\.)*(\w+)\.\w+(\[.*\])?\.(\w+)$", r"\2.\4", address)
        if plain in found:
            found[plain].append((place, text))
    assert [attribute for attribute, seen in found.items() if not seen] == []
    refused = {
        place: why
        for attribute, seen in found.items()
        for place, text in seen
        if (why := refusal(text, shape(*SHAPES[attribute])))
    }
    assert refused == {}


@pytest.mark.parametrize(
    ("text", "attribute"),
    [
        ("x" * 1025, "aws_cloudwatch_log_metric_filter.pattern"),
        ("", "aws_cloudwatch_query_definition.query_string"),
        ("a role", "aws_iam_role.name"),
    ],
)
def test_what_a_service_refuses_is_seen(text: str, attribute: str) -> None:
    assert refusal(text, shape(*SHAPES[attribute]))
