"""A stack is upgraded, and features are switched on and off, without losing what is in it."""

from __future__ import annotations

import os

import pytest

from tests.integration.conftest import Everything
from tests.integration.upgrade import OFF, ON, STEPS, Upgrade


@pytest.fixture(scope="module")
def upgrade(everything: Everything) -> Upgrade:
    found: Upgrade = everything.jobs["upgrade"].result()
    return found


def test_an_upgrade_of_the_previous_version_replaces_nothing(upgrade: Upgrade) -> None:
    if upgrade.baseline is None:
        lacking = "this clone has neither a tag nor the baseline: git fetch --unshallow --tags"
        if os.environ.get("FACE_COMPARE_REQUIRE_HISTORY"):
            pytest.fail(lacking)
        pytest.skip(lacking)
    assert upgrade.steps["as it was"].lost() == set()


def test_features_can_be_switched_on_and_off_again_and_nothing_else_is_replaced(
    upgrade: Upgrade,
) -> None:
    on, off = upgrade.steps[ON], upgrade.steps[OFF]
    made = on.with_action("create")
    assert off.with_action("delete") == made
    # The queues go with the feature that they belong to.
    queues = {
        "module.face_compare.aws_sqs_queue.failed_upload[0]",
        "module.face_compare.aws_sqs_queue.upload[0]",
    }
    assert off.lost() == queues < made
    changed = {
        "module.face_compare.aws_iam_role_policy.function",
        "module.face_compare.aws_lambda_function.compare",
    }
    assert on.changes.keys() - made <= changed
    assert off.changes.keys() - made <= changed
    assert on.with_action("update") == off.with_action("update") == changed


@pytest.mark.parametrize("step", STEPS)
def test_images_and_records_outlive_an_upgrade_and_the_way_back(
    upgrade: Upgrade, step: str
) -> None:
    kept = upgrade.steps[step].kept
    assert len(kept["images"]) == 3
    assert kept["records"] >= 1
    for thing in ("images", "log group"):
        assert kept[thing] == upgrade.before[thing]
    # S3's test message may have been served meanwhile.
    assert kept["records"] >= upgrade.before["records"]
