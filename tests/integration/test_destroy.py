"""Destroying everything; runs after all other tests of this folder."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from local import inventory, use
from tests.integration.conftest import Deployed, Everything


def test_destroy_leaves_nothing_and_a_late_record_brings_nothing_back(
    everything: Everything, deployed: Deployed
) -> None:
    """Else the next apply would fail with "already exists", or photos would stay behind."""
    stack = everything.stack
    # It cleans up after itself; what it still had would be counted here.
    everything.upgrade.result()
    applied = [future.result() for future in everything.applied.values()]
    created = inventory.inventory(stack.client) - everything.before
    # Without these the assertion at the end could not fail.
    assert {
        f"S3 bucket: {deployed.bucket}",
        f"Lambda function: {deployed.function}",
        f"log group: {deployed.log_group}",
    } <= created
    # A record that is still on its way when the group goes.
    event = {"source": "reference/eileen-collins.jpg", "target": "challenge/both.jpg"}
    use.invoke(stack.client("lambda"), deployed.function, event)

    for bucket in [entry for entry in created if entry.startswith("S3 bucket: ")]:
        inventory.empty_bucket(stack.client("s3"), bucket.removeprefix("S3 bucket: "))
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda each: each.workspace.destroy(each.variables), applied))

    assert inventory.inventory(stack.client) - everything.before == frozenset()
