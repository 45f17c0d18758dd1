"""The configuration of docs/reference.md with one provider and two regions, word for word."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local import inventory, provider_drift, use
from local.photos import default_album
from local.stack import AwsClient, Stack
from local.terraform import Workspace, drift_of
from tests.integration import own_configuration
from tools.places import REPOSITORY

REFERENCE = REPOSITORY / "docs" / "reference.md"
REGIONS = ("eu-west-1", "us-east-1")
NAME = "fc-regions"
SOURCE, TARGET = "reference/alice.jpg", "challenge/alice-1.jpg"
_BLOCK = re.compile(r"<!-- applied: two-regions -->\n```hcl\n(.*?)^```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class TwoRegions:
    """What came of it; mappings are by region."""

    created: Mapping[str, frozenset[str]]
    """What the account has more than before."""
    commands: Mapping[str, str]
    answers: Mapping[str, Mapping[str, Any] | None]
    changes: list[str]
    """Addresses that a second plan would change."""
    left: Mapping[str, frozenset[str]]
    """What is still there after destroy."""


def run(stack: Stack, folder: Path) -> TwoRegions:
    """Apply, use, destroy."""
    workspace = own_configuration.workspace(stack, folder)
    (workspace.folder / "main.tf").write_text(_configuration(), encoding="utf-8")
    before = _inventories(stack)
    workspace.init()
    workspace.apply()
    created = _beyond(before, _inventories(stack))
    changes, commands = _changes(workspace), workspace.outputs()["invoke_command"]
    answers = {region: _compare(stack, region) for region in REGIONS}
    for region in REGIONS:
        inventory.empty_bucket(stack.client("s3"), _bucket(region))
    workspace.destroy()
    left = _beyond(before, _inventories(stack))
    return TwoRegions(created, commands, answers, changes, left)


def _configuration() -> str:
    found = _BLOCK.search(REFERENCE.read_text(encoding="utf-8"))
    assert found is not None
    text = re.sub(r'"OWNER/face-compare/aws(?://)?([a-z/]*)".*', r'"../../\1"', found[1])
    text = re.sub(r"\n  version .*", "", text)
    # Others on the stack have the published name.
    return text.replace('"face-compare"', f'"{NAME}"')


def _client(stack: Stack, service: str, region: str) -> AwsClient:
    return stack.client_as(service, "test", "test", region=region)


def _inventories(stack: Stack) -> dict[str, frozenset[str]]:
    kinds = tuple(kind for kind in inventory.KINDS if kind.service not in ("ec2", "kms"))
    return {
        region: frozenset(
            entry
            for entry in inventory.inventory(
                lambda service, region=region: _client(stack, service, region),  # type: ignore[misc]
                kinds,
            )
            if NAME in entry
        )
        for region in REGIONS
    }


def _beyond(
    before: Mapping[str, frozenset[str]], after: Mapping[str, frozenset[str]]
) -> dict[str, frozenset[str]]:
    return {region: after[region] - before[region] for region in REGIONS}


def _changes(workspace: Workspace) -> list[str]:
    known = provider_drift.known(workspace.provider_version())
    return [each["address"] for each in workspace.changes() if not known.issuperset(drift_of(each))]


def _bucket(region: str) -> str:
    return f"{NAME}-000000000000-{region}"


def _compare(stack: Stack, region: str) -> Mapping[str, Any] | None:
    album, s3 = default_album(), _client(stack, "s3", region)
    use.upload(s3, _bucket(region), SOURCE, album.references[0])
    use.upload(s3, _bucket(region), TARGET, album.challenges[0])
    event = {"source": SOURCE, "target": TARGET}
    return use.invoke(_client(stack, "lambda", region), NAME, event).answer
