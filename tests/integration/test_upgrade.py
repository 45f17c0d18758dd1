"""A stack of the previous version is upgraded to this one without losing what is in it."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local import use
from local.photos import default_album
from local.stack import REPOSITORY, Stack
from local.terraform import Workspace
from tests.integration.conftest import Everything

FIRST_WHOLE_MODULE = "bc0b35d"
"""The baseline as long as there is no tag: the last commit before uploads, alarms and network."""

KEPT = (
    "aws_cloudwatch_log_group",
    "aws_iam_role",
    "aws_kms_key",
    "aws_lambda_function",
    "aws_s3_bucket",
    "aws_sqs_queue",
)
"""Types of what must be neither replaced nor deleted: what they hold, or who relies on their name,
would be lost."""

FULL = {
    "alarms": {"actions": ["arn:aws:sns:eu-west-1:000000000000:on-call"]},
    "dashboard": True,
    "function_url": True,
    "on_upload": {},
    "saved_queries": True,
}
"""Everything the new version can do beyond the old one's inputs, switched on."""


def git(*words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", *words], cwd=REPOSITORY, capture_output=True, check=False)


def previous_version() -> str:
    """The newest tag that is not this very commit, else the first whole module.

    Skips the test where the history does not reach back to either.
    """
    described = git("describe", "--tags", "--abbrev=0", "HEAD^")
    if described.returncode == 0:
        return described.stdout.decode().strip()
    if git("cat-file", "-e", f"{FIRST_WHOLE_MODULE}^{{commit}}").returncode == 0:
        return FIRST_WHOLE_MODULE
    pytest.skip(
        f"neither a tag nor the commit {FIRST_WHOLE_MODULE} is in this clone's history: fetch it "
        "whole (git fetch --unshallow --tags)"
    )


@dataclass(frozen=True, slots=True)
class Site:
    """A root module of a consumer's, whose module block is pointed from one version to the next."""

    workspace: Workspace
    module: Path

    def use(self, version: str | None) -> None:
        """Put the module of that version (None: the working tree's) where the root looks for it."""
        if self.module.is_symlink():
            self.module.unlink()
        kept = self.module.with_name(f"module-{version}")
        if version is None:
            self.module.symlink_to(REPOSITORY)
            return
        archive = git("archive", version)
        assert archive.returncode == 0, archive.stderr.decode()
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
            files.extractall(kept, filter="data")
        self.module.symlink_to(kept)

    def inputs(self, **values: Any) -> None:
        """Write the module block."""
        block = {"source": "./module", "name": "fc-upgrade", **values}
        written = json.dumps({"module": {"face_compare": block}})
        (self.workspace.folder / "main.tf.json").write_text(written, encoding="utf-8")

    def plan(self) -> list[tuple[str, str]]:
        """What a plan would do to resources of the kept types, other than keeping them."""
        file = self.workspace.folder / "upgrade.tfplan"
        self.workspace._run("plan", "-input=false", "-no-color", f"-out={file}")
        shown = json.loads(self.workspace._run("show", "-json", str(file)))
        return [
            (change["address"], "/".join(change["change"]["actions"]))
            for change in shown.get("resource_changes", [])
            if change["type"] in KEPT and "delete" in change["change"]["actions"]
        ]


def site(stack: Stack, folder: Path) -> Site:
    """An empty root module with the examples' provider settings."""
    workspace = Workspace.create("minimal", folder, stack.endpoint)
    for entry in workspace.folder.iterdir():
        if entry.is_symlink() and entry.name != "terraform.tf":
            entry.unlink()
    provider = json.dumps({"provider": {"aws": {"region": "eu-west-1"}}})
    (workspace.folder / "provider.tf.json").write_text(provider, encoding="utf-8")
    return Site(workspace, workspace.folder / "module")


def test_an_upgrade_keeps_bucket_records_role_and_photos_and_so_does_the_way_back(
    everything: Everything, tmp_path: Path
) -> None:
    """Else an upgrade would cost a consumer every photo, or the records of every decision."""
    baseline = previous_version()
    stack = everything.stack
    consumer = site(stack, tmp_path)
    consumer.use(baseline)
    consumer.inputs(bucket={"force_destroy": True})
    consumer.workspace.init()
    consumer.workspace.apply()
    bucket = next(
        entry["Name"]
        for entry in stack.client("s3").list_buckets()["Buckets"]
        if entry["Name"].startswith("fc-upgrade-")
    )
    version = use.upload(
        stack.client("s3"), bucket, "reference/kept.jpg", default_album().references[0]
    )
    try:
        consumer.use(None)
        for inputs in ({}, FULL, {}):
            consumer.inputs(bucket={"force_destroy": True}, **inputs)
            consumer.workspace.init()
            lost = consumer.plan()
            # Switching uploads off again takes the queues along, which is what was asked for.
            assert [each for each in lost if ".aws_sqs_queue." not in each[0]] == []
            assert not (inputs and lost)
            consumer.workspace.apply()
            head = stack.client("s3").head_object(Bucket=bucket, Key="reference/kept.jpg")
            assert head["VersionId"] == version
    finally:
        consumer.workspace.destroy()


def test_what_is_kept_would_be_missed(everything: Everything, tmp_path: Path) -> None:
    """The check above sees a replacement: another name for everything is one."""
    consumer = site(everything.stack, tmp_path)
    consumer.use(None)
    consumer.inputs(logs={"retention_days": 30}, name="fc-before")
    consumer.workspace.init()
    # Only what needs no waiting: the log group stands for the rest.
    target = "-target=module.face_compare.aws_cloudwatch_log_group.function"
    consumer.workspace._run("apply", "-input=false", "-no-color", "-auto-approve", target)
    try:
        consumer.inputs(logs={"retention_days": 30}, name="fc-after")
        assert consumer.plan() == [
            ("module.face_compare.aws_cloudwatch_log_group.function", "delete/create")
        ]
    finally:
        consumer.workspace.destroy()
