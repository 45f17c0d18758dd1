"""Terraform applies every example, and a second plan is empty."""

from __future__ import annotations

import pytest

from local.terraform import Drift, examples
from tests.integration.conftest import Everything
from tests.integration.example_uses import USES
from tests.integration.moto import EXAMPLES

KNOWN_ON_MINISTACK = {
    "monitored": frozenset(
        Drift("aws_cloudwatch_metric_alarm.alarms", attribute)
        for attribute in (
            "actions_enabled",
            "alarm_actions",
            "alarm_description",
            "ok_actions",
            "treat_missing_data",
        )
    ),
    "private-network": frozenset(
        {
            Drift("aws_vpc_endpoint.rekognition", "policy"),
            Drift("aws_vpc_endpoint.rekognition", "private_dns_enabled"),
            Drift("aws_vpc_endpoint.rekognition", "security_group_ids"),
            Drift("aws_vpc_endpoint.s3", "policy"),
        }
    ),
}
"""Attributes that MiniStack does not keep, by example; moto keeps them."""

KNOWN_ON_MOTO = {
    name: frozenset({Drift("aws_lambda_function.compare", "logging_config")}) for name in EXAMPLES
} | {
    "private-network": frozenset(
        {
            Drift("aws_lambda_function.compare", "logging_config"),
            Drift("aws_vpc_security_group_egress_rule.rekognition", "description"),
            Drift("aws_vpc_security_group_egress_rule.s3", "description"),
            Drift("aws_vpc_security_group_ingress_rule.function", "description"),
        }
    ),
}
"""Attributes that moto does not keep, by example; MiniStack keeps them."""


@pytest.mark.parametrize("example", examples())
def test_a_second_plan_of_an_example_changes_nothing(everything: Everything, example: str) -> None:
    """Else every later plan would show a consumer changes that are none."""
    assert set(everything.applied[example].result().drift) == KNOWN_ON_MINISTACK.get(
        example, frozenset()
    )


@pytest.mark.parametrize("example", examples())
def test_an_example_does_what_it_is_for(everything: Everything, example: str) -> None:
    """Else a newcomer would copy something that does not work."""
    applied = everything.applied[example].result()
    assert example in USES, f"Say in example_uses.py how examples/{example} is used."
    USES[example](everything.stack, applied.outputs)


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_second_emulator_sees_no_other_changes(everything: Everything, example: str) -> None:
    """What one emulator forgets, the other remembers: each attribute is checked somewhere."""
    assert set(everything.moto.result().drift[example]) == KNOWN_ON_MOTO[example]


def test_a_second_emulator_is_left_empty(everything: Everything) -> None:
    """Else destroy would leave something that costs money or blocks the next apply."""
    moto = everything.moto.result()
    assert "S3 bucket: face-compare-123456789012-eu-west-1" in moto.created
    assert moto.left == frozenset()
