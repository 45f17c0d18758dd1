"""What the slow tests share: one local stack, every example applied on it once, one demo run.

Everything that only waits (the provider waits 56 s for a bucket's lifecycle rules) waits at the
same time: all examples, moto and the demo are started together when the first test asks for one.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local import inventory, processes, use
from local.photos import Album, default_album
from local.stack import RekognitionOptions, Stack
from local.terraform import Drift, Workspace, examples
from tests.integration import upgrade
from tests.integration.bulk import Bulk, start
from tests.integration.moto import Moto
from tests.integration.upgrade import Upgrade
from tools.places import REPOSITORY

_LAST = "test_destroy"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = [item for item in items if Path(__file__).parent in item.path.parents]
    if here:
        first = items.index(here[0])
        rest = [item for item in items if item not in here]
        here.sort(key=lambda item: item.path.stem == _LAST)
        items[:] = [*rest[:first], *here, *rest[first:]]


@dataclass(frozen=True, slots=True)
class Applied:
    """One example on the stack."""

    workspace: Workspace
    variables: dict[str, str]
    outputs: dict[str, Any]
    drift: list[Drift]
    """What a plan right after apply would change."""


@dataclass(frozen=True, slots=True)
class DemoRun:
    """A finished `make demo`, photos and all."""

    code: int
    output: str
    folder: Path


@dataclass(frozen=True, slots=True)
class Everything:
    """What runs at the same time."""

    stack: Stack
    before: frozenset[str]
    """The stack's inventory before anything was applied."""
    applied: dict[str, Future[Applied]]
    moto: Future[Moto]
    demo: Future[DemoRun]
    upgrade: Future[Upgrade]


@pytest.fixture(scope="session")
def everything(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Everything]:
    if any("bulk" in getattr(item, "fixturenames", ()) for item in request.session.items):
        request.getfixturevalue("bulk")
    with ThreadPoolExecutor(max_workers=16) as pool, Stack() as stack:
        root = stack.folder / "terraform"
        yield Everything(
            stack=stack,
            before=inventory.inventory(stack.client),
            applied={name: pool.submit(_apply, name, root, stack) for name in examples()},
            moto=pool.submit(Moto.run, tmp_path_factory.mktemp("moto")),
            demo=pool.submit(_demo, tmp_path_factory.mktemp("demo")),
            upgrade=pool.submit(upgrade.run, stack, root / "upgrade"),
        )


@pytest.fixture(scope="session")
def bulk_stack() -> Iterator[Stack]:
    """Return a stack of its own for bulk work: who is on a photo follows from its key."""
    # Rights are another test's: asking for them at each call would take longer than the rest.
    with Stack(RekognitionOptions(scripted=True, checks_rights=False), wait_scale=0.01) as stack:
        yield stack


@pytest.fixture(scope="session")
def bulk(bulk_stack: Stack) -> Iterator[Bulk]:
    with ThreadPoolExecutor() as pool:
        yield start(bulk_stack, pool)


@pytest.fixture(scope="session")
def stack(everything: Everything) -> Stack:
    return everything.stack


@pytest.fixture(scope="session")
def album() -> Album:
    return default_album()


@dataclass(frozen=True, slots=True)
class Deployed:
    """examples/minimal on the stack, with photos in its bucket."""

    stack: Stack
    bucket: str
    function: str
    log_group: str

    def compare(self, source: object, target: object, **more: object) -> use.Invoked:
        """Invoke the function directly."""
        event = {"source": source, "target": target, **more}
        return use.invoke(self.stack.client("lambda"), self.function, event)

    def records(self, outcome: use.Invoked, within: float = 10.0) -> list[dict[str, Any]]:
        """The log records of an invocation."""
        return use.log_records(self.stack, self.log_group, outcome.request_id, within)


@pytest.fixture(scope="session")
def deployed(everything: Everything, album: Album) -> Deployed:
    outputs = everything.applied["minimal"].result().outputs
    found = Deployed(
        everything.stack,
        outputs["bucket_name"],
        outputs["function_name"],
        outputs["log_group_name"],
    )
    s3 = everything.stack.client("s3")
    for photo in album.references:
        use.upload(s3, found.bucket, f"reference/{photo.name}", photo)
    for photo in album.challenges:
        use.upload(s3, found.bucket, f"challenge/{photo.name}", photo)
    cat = next(photo for photo in album.challenges if not photo.people)
    use.upload(s3, found.bucket, "reference/cat.jpg", cat)
    use.upload(s3, found.bucket, "private/eileen.jpg", album.references[0])
    s3.put_object(Bucket=found.bucket, Key="challenge/note.jpg", Body=b"not a picture at all")
    return found


def _apply(name: str, root: Path, stack: Stack) -> Applied:
    folder = root / name
    folder.mkdir(parents=True)
    workspace = Workspace.create(name, folder, stack.endpoint)
    # They share one account here, and all have the same default name.
    variables = {} if name == "minimal" else {"name": f"fc-{name}"}
    workspace.init()
    workspace.apply(variables)
    return Applied(workspace, variables, workspace.outputs(), workspace.drift(variables))


def _demo(folder: Path) -> DemoRun:
    log = folder / "demo.log"
    environment = {**os.environ, "REFERENCE": "", "CHALLENGE": "", "PYTHONPATH": str(REPOSITORY)}
    child = processes.start(
        "demo", [sys.executable, "-m", "local.demo"], environment=environment, log=log, cwd=folder
    )
    try:
        code = child.process.wait(timeout=400)
    except subprocess.TimeoutExpired:
        code = -1
    finally:
        child.kill()
    return DemoRun(code, log.read_text(encoding="utf-8"), folder)
