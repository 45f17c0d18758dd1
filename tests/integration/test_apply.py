"""Terraform applies every example, and a second plan is empty."""

from __future__ import annotations

import pytest

from local import provider_drift
from local.terraform import Drift, examples
from tests.integration.conftest import Everything
from tests.integration.example_uses import USES

_ON_CALL = "aws_cloudwatch_metric_alarm.on_call"
_LOST_IN_XML = ("actions_enabled", "alarm_actions", "alarm_description", "ok_actions")
KNOWN_IN_XML = frozenset(
    Drift(_ON_CALL, attribute) for attribute in (*_LOST_IN_XML, "treat_missing_data")
)
"""What MiniStack loses of an alarm from a provider that speaks CloudWatch's old protocol."""


@pytest.mark.parametrize("example", examples())
def test_a_second_plan_of_an_example_changes_nothing(everything: Everything, example: str) -> None:
    applied = everything.applied(example)
    provider = applied.workspace.provider_version()
    old = example == "monitored" and provider < (6, 34)
    known = KNOWN_IN_XML if old else frozenset()
    if example != "existing-bucket":
        known |= provider_drift.known(provider)
    assert set(applied.drift) == known


@pytest.mark.parametrize("example", examples())
def test_an_example_that_a_newcomer_copies_works(everything: Everything, example: str) -> None:
    assert example in USES, f"Say in example_uses.py how examples/{example} is used."
    USES[example](everything.stack, everything.applied(example).outputs)
