"""A stack of the previous version is upgraded to this one without losing what is in it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.integration.conftest import Everything
from tests.integration.upgrade import STEPS, Site, Upgrade


@pytest.fixture(scope="module")
def upgrade(everything: Everything) -> Upgrade:
    found = everything.upgrade.result()
    if found.baseline is None:
        lacking = (
            "this clone's history holds neither a tag nor the first whole module: "
            "git fetch --unshallow --tags"
        )
        if os.environ.get("FACE_COMPARE_REQUIRE_HISTORY"):
            pytest.fail(lacking)
        pytest.skip(lacking)
    return found


@pytest.mark.parametrize("step", STEPS)
def test_an_upgrade_replaces_nothing_that_holds_something(upgrade: Upgrade, step: str) -> None:
    """Else an upgrade would cost a consumer every photo, or the records of every decision."""
    # Switching uploads off again takes the queues along, which is what was asked for.
    queues = {
        "module.face_compare.aws_sqs_queue.failed_uploads[0]",
        "module.face_compare.aws_sqs_queue.uploads[0]",
    }
    assert set(upgrade.lost[step]) == (queues if step == "and back" else set())


@pytest.mark.parametrize("step", STEPS)
def test_photos_outlive_an_upgrade_and_the_way_back(upgrade: Upgrade, step: str) -> None:
    """Else whoever tries a new input would lose what they have."""
    assert upgrade.photos_kept[step]


def test_a_replacement_would_be_seen(everything: Everything, tmp_path: Path) -> None:
    """Else the tests above could not fail: another name replaces everything."""
    site = Site.create(everything.stack, tmp_path)
    site.write(None, name="fc-before")
    # What needs no waiting stands for the rest.
    address = "module.face_compare.aws_cloudwatch_log_group.function"
    site.workspace._run("apply", "-input=false", "-no-color", "-auto-approve", f"-target={address}")
    try:
        site.write(None, name="fc-after")
        assert site.lost() == [address]
    finally:
        site.workspace.destroy()
