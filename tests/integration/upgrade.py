"""A consumer's stack: from the previous version to this one, features on, and off again."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from local import provider_drift, use
from local.photos import default_album
from local.stack import Stack
from local.terraform import Workspace, drift_of
from tests.integration import own_configuration
from tools.places import REPOSITORY

BASELINE = "1d6c1290d25a014279f550bee98ad71ddf34917a"
"""The previous version as long as there is no tag: a commit with this version's interface."""

HOLDERS = (
    "aws_cloudwatch_log_group",
    "aws_iam_role",
    "aws_kms_key",
    "aws_lambda_function",
    "aws_s3_bucket",
    "aws_sqs_queue",
)
"""Types that must be neither replaced nor deleted: what they hold, or who relies on their name,
would be lost."""

NAME = "fc-upgrade"
ON, OFF = "with everything on", "with everything off again"
STEPS: Mapping[str, Mapping[str, Any]] = {
    "as it was": {},
    ON: {
        "function": {
            "on_failure": {"destination_arn": "arn:aws:sqs:eu-west-1:000000000000:failed-events"}
        },
        "function_url": {"cors": {"allow_origins": ["https://www.example.com"]}},
        "monitoring": {
            "alarms": {"sns_topic_arns": ["arn:aws:sns:eu-west-1:000000000000:on-call"]},
            "dashboard": True,
            "saved_queries": True,
        },
        "on_upload": {"sender_arns": ["arn:aws:sns:eu-west-1:000000000000:images"]},
        "rekognition_tps": 50,
    },
    OFF: {},
}
"""Inputs of this version, one after the other."""

PARTS = (
    "the module's own bucket",
    "`bucket.force_destroy`",
    "`function.on_failure`",
    "`function_url`",
    "`on_upload`",
    "`monitoring.alarms`",
    "`monitoring.dashboard`",
    "`monitoring.saved_queries`",
    "changes to what exists already",
)
"""Of docs/deploying.md: what the user who takes these steps is allowed to do."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what its plan changes, and what is there after it.

    A change that this version of the provider reports in every plan is left out.
    """

    changes: Mapping[str, str]
    """Actions such as "create" or "delete/create", by address."""
    kept: Mapping[str, Any]

    def lost(self) -> set[str]:
        """Addresses of resources that hold something and would be replaced or deleted."""
        return {
            address
            for address, actions in self.changes.items()
            if "delete" in actions and address.split(".")[-2] in HOLDERS
        }

    def with_action(self, action: str) -> set[str]:
        """Addresses of resources with exactly this action."""
        return {address for address, actions in self.changes.items() if actions == action}


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What came of it."""

    baseline: str | None
    """None: this clone has neither a tag nor the baseline; the first step started from itself."""
    before: Mapping[str, Any]
    steps: Mapping[str, Step]


def previous_version() -> str | None:
    """The newest tag before this commit, or the baseline; None if this clone has neither."""
    described = _git("describe", "--tags", "--abbrev=0", "HEAD^")
    if described.returncode == 0:
        return described.stdout.decode().strip()
    known = _git("cat-file", "-e", f"{BASELINE}^{{commit}}")
    return BASELINE if known.returncode == 0 else None


def run(stack: Stack, folder: Path, deployer: Mapping[str, str]) -> Upgrade:
    """Apply the previous version, use it, go through the steps, destroy."""
    baseline = previous_version()
    workspace = replace(own_configuration.workspace(stack, folder), environment=deployer)
    _write(workspace, "../.." if baseline is None else _unpacked(workspace, baseline))
    workspace.apply()
    (name,) = (
        bucket["Name"]
        for bucket in stack.client_as("s3", "test", "test").list_buckets()["Buckets"]
        if bucket["Name"].startswith(f"{NAME}-")
    )
    photo = default_album().references[0]
    for key in ("reference/kept.jpg", "reference/kept.jpg", "private/kept 100%.jpg"):
        use.upload(stack.client("s3"), name, key, photo)
    # It is refused, and on record all the same.
    outcome = use.invoke(stack.client("lambda"), NAME, {})
    use.log_records(stack, f"/aws/lambda/{NAME}", outcome.request_id)
    before, steps = _kept(stack, name), {}
    known = provider_drift.known(workspace.provider_version())
    try:
        for step, inputs in STEPS.items():
            _write(workspace, "../..", **inputs)
            changes = {
                each["address"]: "/".join(each["change"]["actions"])
                for each in workspace.changes()
                if not known.issuperset(drift_of(each))
            }
            workspace.apply()
            steps[step] = Step(changes, _kept(stack, name))
    finally:
        workspace.destroy()
    return Upgrade(baseline, before, steps)


def _write(workspace: Workspace, source: str, **inputs: Any) -> None:
    block = {"source": source, "name": NAME, "bucket": {"force_destroy": True}, **inputs}
    root = {
        "module": {"face_compare": block},
        "provider": {"aws": {"region": "eu-west-1"}},
    }
    (workspace.folder / "main.tf.json").write_text(json.dumps(root), encoding="utf-8")
    # Also tells Terraform that the module comes from elsewhere now.
    workspace.init()


def _kept(stack: Stack, bucket: str) -> dict[str, Any]:
    versions = stack.client("s3").list_object_versions(Bucket=bucket)["Versions"]
    logs, group = stack.client("logs"), f"/aws/lambda/{NAME}"
    (found,) = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    records = logs.filter_log_events(logGroupName=group, filterPattern='"platform.report"')
    return {
        "images": {(each["Key"], each["VersionId"], each["ETag"]) for each in versions},
        "log group": found["creationTime"],
        "records": len(records["events"]),
    }


def _unpacked(workspace: Workspace, version: str) -> str:
    archive = _git("archive", version)
    assert archive.returncode == 0, archive.stderr.decode()
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(workspace.folder / "previous", filter="data")
    return "./previous"


def _git(*words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", *words], cwd=REPOSITORY, capture_output=True, check=False)
