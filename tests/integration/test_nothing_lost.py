"""No plan deletes images or records, and the ways that docs/operations.md shows keep them."""

from __future__ import annotations

import pytest

from tests.integration.conftest import Everything
from tests.integration.documented import commands
from tests.integration.keeping import (
    NAME,
    OPERATIONS,
    OTHER,
    PHOTO,
    REFUSED,
    WRAPPED,
    Kept,
)


@pytest.fixture(scope="module")
def nothing_lost(everything: Everything) -> Kept:
    found: Kept = everything.jobs["nothing_lost"].result()
    return found


def test_there_is_something_to_lose(nothing_lost: Kept) -> None:
    for held in nothing_lost.before.values():
        assert sorted(key for key, _ in held.images) == [PHOTO, PHOTO, OTHER]
        assert held.records >= 1
        assert len(held.settings) == 5


@pytest.mark.parametrize("what", REFUSED)
def test_a_plan_that_would_lose_images_or_records_is_refused_and_says_what_to_do(
    nothing_lost: Kept, what: str
) -> None:
    complaint, (_, advice) = nothing_lost.planned.complaints[what], REFUSED[what]
    assert complaint.startswith("terraform plan"), complaint
    assert advice in complaint
    assert "docs/operations.md#" in complaint


def test_a_change_behind_depends_on_changes_nothing_else(nothing_lost: Kept) -> None:
    assert nothing_lost.planned.pending == {"terraform_data.pending"}


def test_a_region_that_is_only_known_late_is_refused_before_anything_is_changed(
    nothing_lost: Kept,
) -> None:
    assert nothing_lost.planned.late_complaint.startswith("terraform apply")
    assert "cannot move there" in nothing_lost.planned.late_complaint


def test_images_records_and_settings_outlive_all_of_these(nothing_lost: Kept) -> None:
    assert nothing_lost.planned.after == nothing_lost.before


def test_after_a_refused_destroy_images_and_records_are_there_and_apply_brings_back_the_rest(
    nothing_lost: Kept,
) -> None:
    before, after = nothing_lost.before[WRAPPED], nothing_lost.destroyed.after
    assert "BucketNotEmpty" in nothing_lost.destroyed.complaint
    assert after.images == before.images
    assert (after.log_group, after.records) == (before.log_group, before.records)
    # Nobody can make the images public meanwhile.
    assert after.settings["public access"] == before.settings["public access"]
    assert nothing_lost.destroyed.after_apply == before


def test_the_console_knows_names_of_a_living_stack(nothing_lost: Kept) -> None:
    assert nothing_lost.planned.known == f'"{NAME}-000000000000-eu-west-1"'


def test_a_stack_can_be_moved_to_another_region(nothing_lost: Kept) -> None:
    assert nothing_lost.moved.keys == {PHOTO, OTHER}
    assert nothing_lost.moved.answer is not None
    assert nothing_lost.moved.answer["match"] is True


def test_the_records_of_an_old_stack_can_be_kept_when_it_goes(nothing_lost: Kept) -> None:
    before = nothing_lost.before[WRAPPED]
    assert nothing_lost.moved.left.images == frozenset()
    assert nothing_lost.moved.left.log_group == before.log_group
    assert nothing_lost.moved.left.records >= before.records


def test_a_bucket_can_be_kept_and_used_as_an_existing_one(nothing_lost: Kept) -> None:
    before, after = nothing_lost.before[NAME], nothing_lost.rebucketed.after
    assert nothing_lost.rebucketed.changes == {"module.stack.terraform_data.origin"}
    assert (after.images, after.settings) == (before.images, before.settings)
    assert nothing_lost.rebucketed.answer is not None
    assert nothing_lost.rebucketed.answer["match"] is True


def test_a_stack_can_go_over_to_a_bucket_of_its_own(nothing_lost: Kept) -> None:
    assert nothing_lost.rebucketed.deleted == set()


def test_every_command_of_the_document_was_run() -> None:
    assert set(commands(OPERATIONS)) == {
        "copy-objects",
        "forget-origin",
        "keep-bucket",
        "keep-records",
    }
