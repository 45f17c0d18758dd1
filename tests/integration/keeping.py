"""What consumers may do to stacks with images and records in them, and what is left afterwards.

Four stacks of one configuration: one that a batch uses, two in a wrapping module with for_each, all
behind depends_on, and later one in another region.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local import inventory, provider_drift, use
from local.photos import default_album
from local.stack import REGION, Stack, terraform_environment
from local.terraform import TerraformError, Workspace, drift_of
from local.waiting import eventually
from tests.integration import own_configuration, shell
from tests.integration.documented import commands
from tools.places import REPOSITORY

OPERATIONS = REPOSITORY / "docs" / "operations.md"
ELSEWHERE = "us-east-1"
NAME, WRAPPED, MOVED = "fc-kept", "fc-kept-wrapped", "fc-kept-moved"
ACCOUNT = "000000000000"
PHOTO, OTHER = "reference/kept.jpg", "reference/same-person.jpg"
_RECORD = '"face comparison"'
"""Both are references: an upload below challenge/ would be compared at its own time."""

type Blocks = Mapping[str, Mapping[str, Any]]
"""Module blocks of the configuration, by name."""

BLOCKS: Blocks = {
    "stack": {"source": "../..", "name": NAME, "on_upload": {}},
    "batch": {"source": "../../modules/batch", "face_compare": "${module.stack}"},
    "wrapped": {"source": "./wrapper", "for_each": {"a": WRAPPED}, "name": "${each.value}"},
}

REFUSED: Mapping[str, tuple[Blocks, str]] = {
    # What is changed ("provider", or a module block), and what the message has to say.
    "another region": ({"provider": {"region": ELSEWHERE}}, f'set region = "{REGION}", or make'),
    "another region by input": ({"stack": {"region": ELSEWHERE}}, f'set region = "{REGION}"'),
    "another account": (
        {"provider": {"access_key": "111122223333", "secret_key": "test"}},
        f"use credentials of account {ACCOUNT}",
    ),
    "another name": ({"stack": {"name": "fc-other"}}, f'set name = "{NAME}", or make a second'),
    "its own bucket as an existing one": (
        {"stack": {"bucket": {"existing": {"name": f"{NAME}-{ACCOUNT}-{REGION}"}}}},
        "take that bucket out of the state first",
    ),
    "another name in a wrapping module": (
        {"wrapped": {"for_each": {"a": "fc-other"}}},
        f'set name = "{WRAPPED}"',
    ),
    "another name of the state machine": (
        {"batch": {"name": "nightly"}},
        f'set name = "{NAME}-batch"',
    ),
}


@dataclass(frozen=True, slots=True)
class Held:
    """What a stack holds, and how it is protected."""

    images: frozenset[tuple[str, str]]
    """Keys and versions."""
    records: int
    log_group: int
    """When it was created."""
    settings: Mapping[str, Any]
    """Of the bucket, by name; what is not there is left out."""


@dataclass(slots=True)
class Consumer:
    """A configuration with these stacks, and what its owner does to it."""

    stack: Stack
    workspace: Workspace
    blocks: dict[str, Mapping[str, Any]] = field(default_factory=lambda: dict(BLOCKS))
    pending: str = "first"
    """What the blocks wait for."""

    def change(self, name: str, **inputs: Any) -> None:
        """Set inputs of one block."""
        self.blocks[name] = {**self.blocks[name], **inputs}
        self.write()

    def write(self, changed: Blocks | None = None) -> None:
        """Write the configuration, with changes that only this one has."""
        changed = changed or {}
        modules = {
            name: {**block, **changed.get(name, {}), "depends_on": ["terraform_data.pending"]}
            for name, block in self.blocks.items()
        }
        provider = {"region": REGION, **changed.get("provider", {})}
        root = {
            "module": modules,
            "provider": {"aws": provider},
            "resource": {"terraform_data": {"pending": {"input": self.pending}}},
        }
        (self.workspace.folder / "main.tf.json").write_text(json.dumps(root), encoding="utf-8")

    def changes(self, action: str = "") -> set[str]:
        """Addresses of what a plan changes; with "delete", only of what it deletes or replaces.

        A change that this version of the provider reports in every plan is left out.
        """
        known = provider_drift.known(self.workspace.provider_version())
        return {
            each["address"]
            for each in self.workspace.changes()
            if not known.issuperset(drift_of(each)) and action in (*each["change"]["actions"], "")
        }

    def run(self, name: str, **given: str) -> None:
        """Run a command of docs/operations.md where Terraform runs."""
        command = commands(OPERATIONS)[name]
        self.shell(command.text, {variable: given[variable] for variable in command.needs})

    def shell(self, text: str, variables: Mapping[str, str] | None = None) -> str:
        """Run a command where Terraform runs; what it printed."""
        environment = {**terraform_environment(self.stack.endpoint), **(variables or {})}
        return shell.run(text, self.workspace.folder, environment)

    def held(self, name: str, region: str = REGION) -> Held:
        """What the stack with this name holds."""
        bucket, group = f"{name}-{ACCOUNT}-{region}", f"/aws/lambda/{name}"
        s3, logs = self.stack.client("s3"), self.stack.client("logs")
        buckets = [each["Name"] for each in s3.list_buckets()["Buckets"]]
        groups = [
            each["creationTime"]
            for each in logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
            if each["logGroupName"] == group
        ]
        found = logs.filter_log_events(logGroupName=group, filterPattern=_RECORD)
        return Held(
            frozenset(inventory.versions(s3, bucket) if bucket in buckets else ()),
            len(found["events"]),
            groups[0],
            bucket_settings(s3, bucket),
        )


@dataclass(frozen=True, slots=True)
class Planned:
    """What plans said that would have lost something."""

    complaints: Mapping[str, str]
    """Of each plan of REFUSED."""
    pending: set[str]
    """What a plan changes when something behind depends_on does."""
    late_complaint: str
    """Of an apply in another region, which the plan could not know."""
    known: str
    """The bucket's name, as `terraform console` knows it."""
    after: Mapping[str, Held]
    """By stack."""


@dataclass(frozen=True, slots=True)
class Destroyed:
    """A refused destroy of the wrapped stack."""

    complaint: str
    after: Held
    after_apply: Held
    """After the next apply."""


@dataclass(frozen=True, slots=True)
class Moved:
    """The wrapped stack was moved to another region, and its records stayed."""

    keys: frozenset[str]
    answer: Mapping[str, Any] | None
    left: Held


@dataclass(frozen=True, slots=True)
class Rebucketed:
    """Stacks whose bucket became an existing one, and one of their own again."""

    changes: set[str]
    """What the first plan changes."""
    after: Held
    answer: Mapping[str, Any] | None
    deleted: set[str]
    """What the second plan deletes or replaces."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What came of it all."""

    before: Mapping[str, Held]
    """By stack."""
    planned: Planned
    destroyed: Destroyed
    moved: Moved
    rebucketed: Rebucketed


def run(stack: Stack, folder: Path) -> Kept:
    """Make the stacks, use them, go through it all, destroy them."""
    consumer = Consumer(stack, _workspace(stack, folder))
    consumer.write()
    consumer.workspace.init()
    consumer.workspace.apply()
    try:
        for name in (NAME, WRAPPED):
            _use(stack, name)
        return Kept(
            before={name: consumer.held(name) for name in (NAME, WRAPPED)},
            planned=_plan(consumer),
            destroyed=_destroy(consumer),
            moved=_move(consumer),
            rebucketed=_change_bucket(consumer),
        )
    finally:
        consumer.write()
        consumer.workspace.destroy()
        s3, bucket = stack.client("s3"), f"{NAME}-{ACCOUNT}-{REGION}"
        if bucket in [each["Name"] for each in s3.list_buckets()["Buckets"]]:
            inventory.empty_bucket(s3, bucket)
            s3.delete_bucket(Bucket=bucket)
            stack.client("logs").delete_log_group(logGroupName=f"/aws/lambda/{WRAPPED}")


def _plan(consumer: Consumer) -> Planned:
    complaints = {}
    for what, (changed, _) in REFUSED.items():
        consumer.write(changed)
        # Nothing has changed outside Terraform since the apply.
        complaints[what] = complaint(lambda: consumer.workspace.changes("-refresh=false"))
    consumer.pending = "second"
    consumer.write()
    pending = consumer.changes()
    consumer.workspace.apply()
    consumer.pending = "third"
    consumer.write({"provider": {"region": ELSEWHERE}})
    late_complaint = complaint(consumer.workspace.apply)
    consumer.write()
    return Planned(
        complaints=complaints,
        pending=pending,
        late_complaint=late_complaint,
        known=consumer.shell("echo module.stack.bucket_name | terraform console").strip(),
        after={name: consumer.held(name) for name in (NAME, WRAPPED)},
    )


def _destroy(consumer: Consumer) -> Destroyed:
    refused = complaint(lambda: consumer.workspace.destroy("-target=module.wrapped"))
    after = consumer.held(WRAPPED)
    # The next apply also makes the stack to move to: one wait for both.
    block = {"source": "../..", "name": MOVED, "region": ELSEWHERE}
    consumer.blocks["moved"] = {**block, "bucket": {"force_destroy": True}}
    consumer.write()
    consumer.workspace.init()
    consumer.workspace.apply()
    return Destroyed(refused, after, consumer.held(WRAPPED))


def _move(consumer: Consumer) -> Moved:
    new_bucket = f"{MOVED}-{ACCOUNT}-{ELSEWHERE}"
    consumer.run(
        "copy-objects",
        old_bucket=f"{WRAPPED}-{ACCOUNT}-{REGION}",
        old_region=REGION,
        new_bucket=new_bucket,
        new_region=ELSEWHERE,
    )
    answer = _compare(consumer.stack, MOVED, ELSEWHERE).answer
    copied = inventory.versions(consumer.stack.client("s3"), new_bucket)
    keys = frozenset(key for key, _ in copied)
    consumer.change("wrapped", bucket={"force_destroy": True})
    consumer.workspace.apply()
    consumer.run("keep-records", module='module.wrapped["a"].module.face_compare')
    del consumer.blocks["wrapped"]
    consumer.write()
    consumer.workspace.apply()
    return Moved(keys, answer, consumer.held(WRAPPED))


def _change_bucket(consumer: Consumer) -> Rebucketed:
    consumer.run("keep-bucket", module="module.stack")
    consumer.change("stack", bucket={"existing": {"name": f"{NAME}-{ACCOUNT}-{REGION}"}})
    changes = consumer.changes()
    consumer.workspace.apply()
    after = consumer.held(NAME)
    answer = _compare(consumer.stack, NAME, REGION).answer
    consumer.run("forget-origin", module="module.stack")
    consumer.write({"stack": {"bucket": {}}})
    return Rebucketed(changes, after, answer, consumer.changes("delete"))


def complaint(terraform: Callable[[], object]) -> str:
    """Why Terraform refused, in one line; empty if it did not."""
    try:
        terraform()
    except TerraformError as error:
        return " ".join(str(error).split())
    return ""


def _workspace(stack: Stack, folder: Path) -> Workspace:
    workspace = own_configuration.workspace(stack, folder)
    wrapper = workspace.folder / "wrapper"
    wrapper.mkdir()
    given = {"name": "${var.name}", "bucket": "${var.bucket}"}
    content = {
        "module": {"face_compare": {"source": "../../..", **given}},
        "variable": {"name": {}, "bucket": {"default": {}}},
    }
    (wrapper / "main.tf.json").write_text(json.dumps(content), encoding="utf-8")
    return workspace


def _use(stack: Stack, name: str) -> None:
    """Put one image twice and another once, and compare them."""
    photos, album = stack.client("s3"), default_album()
    bucket = f"{name}-{ACCOUNT}-{REGION}"
    for key, photo in (
        (PHOTO, album.references[0]),
        (PHOTO, album.references[0]),
        (OTHER, album.challenges[0]),
    ):
        use.upload(photos, bucket, key, photo)
    _compare(stack, name, REGION)
    group = f"/aws/lambda/{name}"
    eventually(lambda: use.found_records(stack, group, _RECORD), 300, f"a record of {name}")


def _compare(stack: Stack, name: str, region: str) -> use.Invoked:
    functions = stack.client_as("lambda", "test", "test", region=region)
    return use.invoke(functions, name, {"source": PHOTO, "target": OTHER})


def bucket_settings(s3: Any, bucket: str) -> dict[str, Any]:
    """How a bucket is protected."""
    reads = {
        "encryption": s3.get_bucket_encryption,
        "expiry": s3.get_bucket_lifecycle_configuration,
        "policy": s3.get_bucket_policy,
        "public access": s3.get_public_access_block,
        "versioning": s3.get_bucket_versioning,
    }
    found = {}
    for name, read in reads.items():
        try:
            answer = read(Bucket=bucket)
        except s3.exceptions.ClientError:
            continue
        found[name] = {key: value for key, value in answer.items() if key != "ResponseMetadata"}
    return found
