"""Terraform applies every example, and a second plan is empty."""

from __future__ import annotations

import pytest

from local.terraform import Drift, examples
from tests.integration.conftest import Everything
from tests.integration.example_uses import USES

KNOWN_ON_MINISTACK: frozenset[Drift] = frozenset()
"""Attributes that MiniStack does not keep."""

KNOWN_ON_MOTO = frozenset({Drift("aws_lambda_function.compare", "logging_config")})
"""Attributes that moto does not keep."""


@pytest.mark.parametrize("example", examples())
def test_a_second_plan_of_an_example_changes_nothing(everything: Everything, example: str) -> None:
    """Else every later plan would show a consumer changes that are none."""
    assert set(everything.applied[example].result().drift) == KNOWN_ON_MINISTACK


@pytest.mark.parametrize("example", examples())
def test_an_example_does_what_it_is_for(everything: Everything, example: str) -> None:
    """Else a newcomer would copy something that does not work."""
    applied = everything.applied[example].result()
    assert example in USES, f"Say in example_uses.py how examples/{example} is used."
    USES[example](everything.stack, applied.outputs)


def test_a_second_emulator_sees_no_other_changes(everything: Everything) -> None:
    """What one emulator forgets, the other remembers: each attribute is checked somewhere."""
    assert set(everything.moto.result().drift) == KNOWN_ON_MOTO


def test_a_second_emulator_is_left_empty(everything: Everything) -> None:
    """Else destroy would leave something that costs money or blocks the next apply."""
    moto = everything.moto.result()
    assert "S3 bucket: face-compare-123456789012-eu-west-1" in moto.created
    assert moto.left == frozenset()
