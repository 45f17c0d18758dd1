"""A consumer's stack, taken from the previous version of the module to this one and back."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local import use
from local.photos import default_album
from local.stack import Stack
from local.terraform import Workspace
from tools.places import REPOSITORY

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

NAME = "fc-upgrade"
STEPS: Mapping[str, Mapping[str, Any]] = {
    "as it was": {},
    "with everything new": {
        "alarms": {"actions": ["arn:aws:sns:eu-west-1:000000000000:on-call"]},
        "dashboard": True,
        "function_url": True,
        "on_upload": {},
        "saved_queries": True,
    },
    "and back": {},
}
"""Inputs of the new version, one after the other."""


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What came of it."""

    baseline: str | None
    """None: this clone's history holds neither a tag nor the first whole module."""
    lost: Mapping[str, list[str]]
    """Addresses of resources of the kept types that each step would replace or delete."""
    photos_kept: Mapping[str, bool]
    """Whether the photo that was put first was there after each step, in the same version."""


@dataclass(frozen=True, slots=True)
class Site:
    """A root module of a consumer's, whose module block is pointed from one version to the next."""

    workspace: Workspace

    @classmethod
    def create(cls, stack: Stack, folder: Path) -> Site:
        """An empty root module with the examples' provider settings."""
        workspace = Workspace.create("minimal", folder, stack.endpoint)
        for entry in workspace.folder.iterdir():
            if entry.is_symlink() and entry.name != "terraform.tf":
                entry.unlink()
        provider = json.dumps({"provider": {"aws": {"region": "eu-west-1"}}})
        (workspace.folder / "provider.tf.json").write_text(provider, encoding="utf-8")
        return cls(workspace)

    def write(self, version: str | None, **inputs: Any) -> None:
        """Write the module block, for the module of that version (None: the working tree's)."""
        source = "../.." if version is None else f"./{self._unpacked(version).name}"
        block = {"source": source, "name": NAME, **inputs}
        written = json.dumps({"module": {"face_compare": block}})
        (self.workspace.folder / "main.tf.json").write_text(written, encoding="utf-8")
        # Also tells Terraform that the module comes from elsewhere now.
        self.workspace.init()

    def lost(self) -> list[str]:
        """Addresses of resources of the kept types that a plan would replace or delete."""
        file = self.workspace.folder / "upgrade.tfplan"
        self.workspace._run("plan", "-input=false", "-no-color", f"-out={file}")
        shown = json.loads(self.workspace._run("show", "-json", str(file)))
        return [
            change["address"]
            for change in shown.get("resource_changes", [])
            if change["type"] in KEPT and "delete" in change["change"]["actions"]
        ]

    def _unpacked(self, version: str) -> Path:
        folder = self.workspace.folder / f"module-{version}"
        if not folder.exists():
            archive = _git("archive", version)
            assert archive.returncode == 0, archive.stderr.decode()
            with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
                files.extractall(folder, filter="data")
        return folder


def previous_version() -> str | None:
    """The newest tag before this commit, else the first whole module; None if neither is there."""
    described = _git("describe", "--tags", "--abbrev=0", "HEAD^")
    if described.returncode == 0:
        return described.stdout.decode().strip()
    known = _git("cat-file", "-e", f"{FIRST_WHOLE_MODULE}^{{commit}}")
    return FIRST_WHOLE_MODULE if known.returncode == 0 else None


def run(stack: Stack, folder: Path) -> Upgrade:
    """Apply the previous version, put a photo, go through the steps, destroy."""
    baseline = previous_version()
    if baseline is None:
        return Upgrade(None, {}, {})
    folder.mkdir(parents=True)
    site = Site.create(stack, folder)
    kept = {"bucket": {"force_destroy": True}}
    site.write(baseline, **kept)
    site.workspace.apply()
    s3 = stack.client_as("s3", "test", "test")
    (bucket,) = _buckets(s3)
    key = "reference/kept.jpg"
    version = use.upload(s3, bucket, key, default_album().references[0])
    lost, photos = {}, {}
    try:
        for step, inputs in STEPS.items():
            site.write(None, **kept, **inputs)
            lost[step] = site.lost()
            site.workspace.apply()
            photos[step] = s3.head_object(Bucket=bucket, Key=key)["VersionId"] == version
    finally:
        site.workspace.destroy()
    return Upgrade(baseline, lost, photos)


def _buckets(s3: Any) -> Iterator[str]:
    for entry in s3.list_buckets()["Buckets"]:
        if entry["Name"].startswith(f"{NAME}-"):
            yield entry["Name"]


def _git(*words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", *words], cwd=REPOSITORY, capture_output=True, check=False)
