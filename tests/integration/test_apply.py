"""Terraform applies every example, and a second plan is empty."""

from __future__ import annotations

import pytest

from local import provider_drift
from local.terraform import Drift, examples
from tests.integration.conftest import Everything
from tests.integration.example_uses import USES
from tests.integration.moto import EXAMPLES, Moto

_ON_CALL = "aws_cloudwatch_metric_alarm.on_call"
_LOST_IN_XML = ("actions_enabled", "alarm_actions", "alarm_description", "ok_actions")
KNOWN_IN_XML = frozenset(
    Drift(_ON_CALL, attribute) for attribute in (*_LOST_IN_XML, "treat_missing_data")
)
KNOWN_IN_CBOR = frozenset({Drift(_ON_CALL, "period"), Drift(_ON_CALL, "statistic")})
"""What MiniStack does not keep of an alarm, by the protocol that the provider speaks with
CloudWatch; moto keeps it."""

_ON_MOTO = frozenset({Drift("aws_lambda_function.compare", "logging_config")})
KNOWN_ON_MOTO = {
    "minimal": _ON_MOTO,
    "monitored": _ON_MOTO,
    "private-network": _ON_MOTO
    | {
        Drift("aws_vpc_security_group_egress_rule.rekognition", "description"),
        Drift("aws_vpc_security_group_egress_rule.s3", "description"),
        Drift("aws_vpc_security_group_ingress_rule.function", "description"),
    },
}
"""Attributes that moto does not keep, by example; MiniStack keeps them."""


@pytest.fixture(scope="module")
def moto(everything: Everything) -> Moto:
    found: Moto = everything.jobs["moto"].result()
    return found


@pytest.mark.parametrize("example", examples())
def test_a_second_plan_of_an_example_changes_nothing(everything: Everything, example: str) -> None:
    applied = everything.applied(example)
    provider = applied.workspace.provider_version()
    known: frozenset[Drift] = frozenset()
    if example == "monitored":
        known |= KNOWN_IN_XML if provider < (6, 34) else KNOWN_IN_CBOR
    if example != "existing-bucket":
        known |= provider_drift.known(provider)
    assert set(applied.drift) == known


@pytest.mark.parametrize("example", examples())
def test_an_example_that_a_newcomer_copies_works(everything: Everything, example: str) -> None:
    assert example in USES, f"Say in example_uses.py how examples/{example} is used."
    USES[example](everything.stack, everything.applied(example).outputs)


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_one_emulator_forgets_the_other_shows_to_be_unchanged(moto: Moto, name: str) -> None:
    assert set(moto.drift[name]) == KNOWN_ON_MOTO[name]


def test_destroy_leaves_nothing_that_costs_money_or_blocks_the_next_apply(moto: Moto) -> None:
    assert "S3 bucket: face-compare-123456789012-eu-west-1" in moto.created
    assert moto.left == frozenset()
