"""Destroying everything; runs after all other tests of this folder."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from local import inventory, use
from local.terraform import Workspace, examples
from tests.integration.conftest import BOTH, EILEEN, Deployed, Everything

_UNASKED = {
    # AWS asks for these together with the creation, the emulator does not.
    "ec2:CreateTags",
    "iam:PassRole",
    # Providers before 6.34 ask for the first, later ones for the second.
    "s3:GetBucketTagging",
    "s3:ListTagsForResource",
    # For changes that the upgrade does not make. The provider's source has these calls.
    "iam:UpdateAssumeRolePolicy",
    "lambda:UpdateEventSourceMapping",
    "lambda:UpdateFunctionUrlConfig",
    "logs:AssociateKmsKey",
    "logs:DisassociateKmsKey",
    "sqs:SetQueueAttributes",
    "states:UpdateStateMachine",
}
"""Actions that are listed, and that no run here asks for."""


def test_destroy_leaves_nothing_and_a_late_record_brings_nothing_back(
    everything: Everything, minimal: Deployed
) -> None:
    stack = everything.stack
    others = {"nothing_lost", "registry", "two_regions", "upgrade"}
    for name in others & everything.jobs.keys():
        # They clean up after themselves; what they still had would be counted here.
        everything.jobs[name].result()
    applied = [everything.applied(name) for name in examples() if name in everything.jobs]
    created = inventory.inventory(stack.client) - everything.before
    # Without these the assertion at the end could not fail.
    assert {
        f"S3 bucket: {minimal.bucket}",
        f"Lambda function: {minimal.function}",
        f"log group: {minimal.log_group}",
    } <= created
    # A record that is still on its way when the group goes.
    event = {"source": EILEEN, "target": BOTH}
    use.invoke(stack.client("lambda"), minimal.function, event)

    for bucket in [entry for entry in created if entry.startswith("S3 bucket: ")]:
        inventory.empty_bucket(stack.client("s3"), bucket.removeprefix("S3 bucket: "))
    with ThreadPoolExecutor() as pool:
        list(pool.map(Workspace.destroy, [each.workspace for each in applied]))

    assert inventory.inventory(stack.client) - everything.before == frozenset()


def test_terraform_was_allowed_whatever_it_asked_for_with_the_actions_that_are_listed(
    everything: Everything,
) -> None:
    """Otherwise an apply with the policy of docs/deploying.md ends half way."""
    # The provider asks for the first and manages without it.
    assert everything.deployers.denied() <= {"iam:GetUser"}


def test_terraform_asked_for_whatever_is_listed(everything: Everything) -> None:
    """Otherwise an operator who follows docs/deploying.md gives Terraform more than it needs."""
    applied = everything.deployers.keys.keys() & everything.jobs.keys()
    assert everything.deployers.unasked(applied) <= _UNASKED
