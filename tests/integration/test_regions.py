"""Two regions with one provider: applied, used and destroyed as docs/reference.md shows it."""

from __future__ import annotations

import pytest

from tests.integration.conftest import Everything
from tests.integration.regions import NAME, REGIONS, TwoRegions


@pytest.fixture(scope="module")
def two_regions(everything: Everything) -> TwoRegions:
    found: TwoRegions = everything.jobs["two_regions"].result()
    return found


@pytest.mark.parametrize("region", REGIONS)
def test_each_region_has_a_stack_of_its_own(two_regions: TwoRegions, region: str) -> None:
    assert {
        f"S3 bucket: {NAME}-000000000000-{region}",
        f"IAM role: {NAME}-{region}",
        f"IAM role: {NAME}-batch-{region}",
        f"Lambda function: {NAME}",
        f"log group: /aws/lambda/{NAME}",
        f"log group: /aws/vendedlogs/states/{NAME}-batch",
        f"state machine: {NAME}-batch",
    } <= two_regions.created[region]
    assert f"--region {region} " in two_regions.commands[region]


@pytest.mark.parametrize("region", REGIONS)
def test_each_function_compares_images_of_its_own_region(
    two_regions: TwoRegions, region: str
) -> None:
    answer = two_regions.answers[region]
    assert answer is not None
    assert answer["match"] is True


def test_a_second_plan_changes_nothing_in_either_region(two_regions: TwoRegions) -> None:
    assert two_regions.changes == []


def test_destroy_leaves_nothing_in_either_region(two_regions: TwoRegions) -> None:
    assert two_regions.left == {region: frozenset() for region in REGIONS}
