"""examples/upload and examples/batch on a stack of their own, and an upgrade there and back.

Of their own, because who is on a photo follows from its key there: hundreds of comparisons take
no time, and each is counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local import use
from local.photos import Photo
from local.stack import Stack
from local.terraform import Drift, Workspace

TPS = 20
BATCH_TPS = 40
"""Two batches at once, of 200 pairs in 10 s."""
_ON_UPLOAD = """\
module "face_compare" {
  on_upload       = {}
  rekognition_tps = 50
}
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """What an upgrade must not touch."""

    versions: frozenset[tuple[str, str, str]]
    """Key, version and ETag of every object version in the bucket."""
    log_group_made: int
    log_streams: frozenset[str]


@dataclass(frozen=True, slots=True)
class Upgrade:
    """A stack that was applied without on_upload, then with, then without it."""

    planned: list[Drift]
    planned_back: list[Drift]
    before: Kept
    between: Kept
    after: Kept
    queues: tuple[int, int, int]
    """How many queues the bucket announces to, before, between and after."""


@dataclass(frozen=True, slots=True)
class Bulk:
    """What is applied at the same time."""

    stack: Stack
    upload: Future[Mapping[str, Any]]
    """Outputs of examples/upload."""
    batch: Future[Mapping[str, Any]]
    """Outputs of examples/batch."""
    upgrade: Future[Upgrade]


def start(stack: Stack, pool: Executor) -> Bulk:
    """Apply everything, and return at once."""
    root = stack.folder / "terraform"
    return Bulk(
        stack,
        upload=pool.submit(_apply, "upload", root, stack, TPS),
        batch=pool.submit(_apply, "batch", root, stack, BATCH_TPS),
        upgrade=pool.submit(_upgrade, root / "upgrade", stack),
    )


def _apply(example: str, root: Path, stack: Stack, tps: int) -> Mapping[str, Any]:
    folder = root / example
    folder.mkdir(parents=True)
    workspace = Workspace.create(example, folder, stack.endpoint)
    workspace.init()
    workspace.apply({"name": f"bulk-{example}", "rekognition_tps": str(tps)})
    return workspace.outputs()


def _upgrade(folder: Path, stack: Stack) -> Upgrade:
    folder.mkdir(parents=True)
    workspace = Workspace.create("minimal", folder, stack.endpoint)
    variables = {"name": "bulk-upgrade"}
    workspace.init()
    workspace.apply(variables)
    outputs = workspace.outputs()
    s3 = stack.client("s3")
    for key in ("reference/alice/1.jpg", "challenge/alice/1.jpg", "challenge/alice/1.jpg"):
        use.upload(s3, outputs["bucket_name"], key, _PHOTO)
    # Refused, so that no call is counted beside those of the tests; it is on record all the same.
    outcome = use.invoke(stack.client("lambda"), outputs["function_name"], {})
    use.log_records(stack, outputs["log_group_name"], outcome.request_id)
    before, queues_before = _kept(stack, outputs), _queues(stack, outputs)

    override = workspace.folder / "on_upload_override.tf"
    override.write_text(_ON_UPLOAD, encoding="utf-8")
    planned = workspace.drift(variables)
    workspace.apply(variables)
    between, queues_between = _kept(stack, outputs), _queues(stack, outputs)

    override.unlink()
    planned_back = workspace.drift(variables)
    workspace.apply(variables)
    return Upgrade(
        planned,
        planned_back,
        before,
        between,
        _kept(stack, outputs),
        (queues_before, queues_between, _queues(stack, outputs)),
    )


_PHOTO = Photo("1.jpg", "for the scripted engine", None, b"photo")


def _kept(stack: Stack, outputs: Mapping[str, Any]) -> Kept:
    versions = stack.client("s3").list_object_versions(Bucket=outputs["bucket_name"])["Versions"]
    logs = stack.client("logs")
    name = outputs["log_group_name"]
    (group,) = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    streams = logs.describe_log_streams(logGroupName=name)["logStreams"]
    return Kept(
        frozenset((each["Key"], each["VersionId"], each["ETag"]) for each in versions),
        group["creationTime"],
        frozenset(stream["logStreamName"] for stream in streams),
    )


def _queues(stack: Stack, outputs: Mapping[str, Any]) -> int:
    found = stack.client("s3").get_bucket_notification_configuration(Bucket=outputs["bucket_name"])
    return len(found.get("QueueConfigurations", []))
