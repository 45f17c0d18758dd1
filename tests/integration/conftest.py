"""What the slow tests share: local stacks, each example applied once, one demo, one upgrade.

What a selection of tests needs is started together when its first test runs: most of the time the
provider only waits (56 s for a bucket's lifecycle rules, 25 s for a queue).
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver

from local import inventory, processes, use
from local.photos import Album, default_album
from local.stack import RekognitionOptions, Stack
from local.terraform import Drift, Workspace, examples
from tests.browser import chromium
from tests.integration import acceptance, keeping, regions, registry
from tests.integration import upgrade as upgrades
from tests.integration.deployers import Deployers
from tools.places import REPOSITORY

EILEEN, GRACE, DARK = use.EILEEN, use.GRACE, use.DARK
BOTH, CAT, MISSING = use.BOTH, use.CAT, use.MISSING
TPS = 20
"""The quota for uploads on the bulk stack."""
_BULK_TPS = {"batch": 40, "upload": TPS}
"""By example. With 40, two batches of 200 pairs take 10 s."""
_EARLY = ("test_acceptance_endings",)
"""Need only the stack, and run while examples are applied."""
_LATE = (
    "test_batch_runs",
    "test_bulk",
    "test_playground",
    "test_upgrade",
    "test_regions",
    "test_registry",
    "test_nothing_lost",
    "test_acceptance",
    "test_destroy",
)
"""Others run while what these need is made; the last one ends it all."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = [item for item in items if Path(__file__).parent in item.path.parents]
    if here:
        first = items.index(here[0])
        rest = [item for item in items if item not in here]
        here.sort(key=lambda item: _place(item.path.stem))
        items[:] = [*rest[:first], *here, *rest[first:]]


def _place(name: str) -> int:
    if name in _EARLY:
        return -1
    return _LATE.index(name) + 1 if name in _LATE else 0


def asked_for(session: pytest.Session) -> set[str]:
    """Names of all fixtures that the selected tests use, and of the examples in parameters."""
    names: set[str] = set()
    for item in session.items:
        names.update(getattr(item, "fixturenames", ()))
        if isinstance(item, pytest.Function) and hasattr(item, "callspec"):
            names.add(str(item.callspec.params.get("example")))
    return names


@dataclass(frozen=True, slots=True)
class Applied:
    """One example on a stack."""

    workspace: Workspace
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
class Playground:
    """`make playground`, which serves its page."""

    process: subprocess.Popen[str]
    output: str
    """Up to where it asks to open the page."""
    folder: Path
    scratch: Path
    """Where it has its temporary files."""


@dataclass(frozen=True, slots=True)
class Everything:
    """A stack that compares real faces, and what is going on there."""

    stack: Stack
    deployers: Deployers
    before: frozenset[str]
    """The stack's inventory before anything was applied."""
    jobs: Mapping[str, Future[Any]]
    """Examples by name, and acceptance, demo, nothing_lost, playground, registry, two_regions and
    upgrade."""

    def applied(self, example: str) -> Applied:
        """Wait for an example."""
        found: Applied = self.jobs[example].result()
        return found


@pytest.fixture(scope="session")
def everything(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Everything]:
    asked = asked_for(request.session)
    # Made here, because two threads that ask pytest for its first folder get in each other's way.
    folders = {name: tmp_path_factory.mktemp(name) for name in ("acceptance", "demo", "playground")}
    with ThreadPoolExecutor(max_workers=16) as pool, Stack() as stack:
        deployers = Deployers.on(stack)
        before = inventory.inventory(stack.client)
        jobs: dict[str, Callable[[], Any]] = {
            "acceptance": lambda: acceptance.run(folders["acceptance"]),
            "demo": lambda: _demo(folders["demo"]),
            "nothing_lost": lambda: keeping.run(stack, stack.folder / "nothing-lost"),
            "playground": lambda: _playground(folders["playground"]),
            "two_regions": lambda: regions.run(stack, stack.folder / "two-regions"),
            "upgrade": lambda: upgrades.run(
                stack, stack.folder / "upgrade", deployers.keys["upgrade"]
            ),
            "registry": lambda: registry.run(stack, stack.folder / "registry"),
            **{
                name: lambda name=name: _apply(name, stack, deployers.keys[name])  # type: ignore[misc]
                for name in examples()
            },
        }
        started = {
            name: pool.submit(job)
            for name, job in jobs.items()
            if {name, name.replace("-", "_")} & asked
        }
        yield Everything(stack, deployers, before, started)


@dataclass(frozen=True, slots=True)
class Bulk:
    """A stack on which the key says who is on an image: hundreds of comparisons take no time."""

    stack: Stack
    jobs: Mapping[str, Future[Applied]]


@pytest.fixture(scope="session")
def bulk(request: pytest.FixtureRequest) -> Iterator[Bulk]:
    asked = asked_for(request.session)
    # Rights are another test's: asking for them at each call would take longer than the rest.
    options = RekognitionOptions(scripted=True, checks_rights=False)
    with ThreadPoolExecutor() as pool, Stack(options, wait_scale=0.01) as stack:
        jobs = {
            name: pool.submit(_apply, name, stack, {}, rekognition_tps=str(tps))
            for name, tps in _BULK_TPS.items()
            if f"bulk_{name}" in asked
        }
        yield Bulk(stack, jobs)


@pytest.fixture(scope="session")
def bulk_upload(bulk: Bulk) -> dict[str, Any]:
    return bulk.jobs["upload"].result().outputs


@pytest.fixture(scope="session")
def bulk_batch(bulk: Bulk) -> dict[str, Any]:
    return bulk.jobs["batch"].result().outputs


@pytest.fixture(scope="session")
def browser() -> Iterator[webdriver.Chrome]:
    with chromium() as chrome:
        yield chrome


@pytest.fixture(scope="session")
def stack(everything: Everything) -> Stack:
    return everything.stack


@pytest.fixture(scope="session")
def album() -> Album:
    return default_album()


@dataclass(frozen=True, slots=True)
class Deployed:
    """An example on the stack, with photos in its bucket."""

    stack: Stack
    outputs: Mapping[str, Any]
    bucket: str
    function: str
    log_group: str

    def compare(self, source: object, target: object, **more: object) -> use.Invoked:
        """Invoke the function directly."""
        event = {"source": source, "target": target, **more}
        return use.invoke(self.stack.client("lambda"), self.function, event)

    def outcome(self, source: object, target: object) -> str:
        """Invoke the function: "answered", or the name of the error."""
        return self.compare(source, target).error_type or "answered"

    def records(self, outcome: use.Invoked, within: float = 60.0) -> list[dict[str, Any]]:
        """The log records of an invocation."""
        return use.log_records(self.stack, self.log_group, outcome.request_id, within)

    def read(self, key: str) -> bytes:
        """An object's content."""
        found: bytes = (
            self.stack.client("s3").get_object(Bucket=self.bucket, Key=key)["Body"].read()
        )
        return found


@pytest.fixture(scope="session")
def minimal(everything: Everything, album: Album) -> Deployed:
    return _deployed(everything, "minimal", album)


@pytest.fixture(scope="session")
def monitored(everything: Everything, album: Album) -> Deployed:
    return _deployed(everything, "monitored", album)


def _deployed(everything: Everything, example: str, album: Album) -> Deployed:
    outputs, s3 = everything.applied(example).outputs, everything.stack.client("s3")
    bucket = outputs["bucket_name"]
    use.furnish(s3, bucket, album)
    s3.put_object(Bucket=bucket, Key="challenge/note.jpg", Body=b"not an image at all")
    return Deployed(
        everything.stack, outputs, bucket, outputs["function_name"], outputs["log_group_name"]
    )


def _apply(example: str, stack: Stack, deployer: Mapping[str, str], **variables: str) -> Applied:
    # They share one account here, and all have the same default name.
    name = {} if example == "minimal" else {"name": f"fc-{example}"}
    root = stack.folder / "terraform" / example
    workspace = Workspace.create(example, root, stack.endpoint, **name, **variables)
    workspace = replace(workspace, environment=deployer)
    workspace.init()
    workspace.apply()
    return Applied(workspace, workspace.outputs(), workspace.drift())


def _demo(folder: Path) -> DemoRun:
    environment = {**os.environ, "REFERENCE": "", "CHALLENGE": "", "PYTHONPATH": str(REPOSITORY)}
    demo = processes.start(
        [sys.executable, "-m", "local.demo"],
        environment=environment,
        cwd=folder,
        output=subprocess.PIPE,
    )
    try:
        output, _ = demo.communicate(timeout=400)
    finally:
        processes.end(demo)
    return DemoRun(demo.returncode, output, folder)


def _playground(folder: Path) -> Playground:
    scratch = folder / "scratch"
    scratch.mkdir()
    environment = {
        **os.environ,
        "PORT": "",
        "PYTHONPATH": str(REPOSITORY),
        "PYTHONUNBUFFERED": "1",
        "TMPDIR": str(scratch),
    }
    process = processes.start(
        [sys.executable, "-m", "local.playground"],
        environment=environment,
        cwd=folder,
        output=subprocess.PIPE,
    )
    lines = []
    for line in process.stdout or ():
        lines.append(line)
        if "Ctrl-C" in line:
            return Playground(process, "".join(lines), folder, scratch)
    processes.end(process)
    raise AssertionError("".join(lines))
