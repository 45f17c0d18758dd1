"""The modules' own tests (*.tftest.hcl, mocked provider) under both engines.

Without these, a consumer on the engine that nobody tried would be the first to find that an
input is refused, a condition does not hold or a resource is planned otherwise.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tools import workspace
from tools.places import REPOSITORY

ENGINES = ("terraform", "tofu")
FILES = sorted(
    path.relative_to(REPOSITORY)
    for pattern in ("tests/*.tftest.hcl", "modules/*/tests/*.tftest.hcl")
    for path in REPOSITORY.glob(pattern)
)
_CLOSING = re.compile(r"(\d+) passed, (\d+) failed")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an engine ended, and all that it printed."""

    status: int
    output: str


def run(engine: str, folder: Path, *arguments: str) -> Outcome:
    done = subprocess.run(
        [engine, *arguments, "-no-color"],
        cwd=folder,
        # A region or a profile of the caller's must not decide what a test sees.
        env={name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Outcome(done.returncode, done.stdout)


def selected(session: pytest.Session) -> Iterator[tuple[str, Path]]:
    """The engine and file of every test below that this session runs."""
    for item in session.items:
        if isinstance(item, pytest.Function) and item.originalname == test_native.__name__:
            engine, path = item.callspec.params["engine"], item.callspec.params["path"]
            assert isinstance(engine, str)
            assert isinstance(path, Path)
            yield engine, path


def _size(wanted: tuple[str, Path]) -> int:
    return (REPOSITORY / wanted[1]).stat().st_size


@pytest.fixture(scope="session")
def outcomes(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[tuple[str, Path], Future[Outcome]]]:
    """All runs, spread over the processors from the start; each test waits for its own."""
    wanted = list(selected(request.session))
    copies = {}
    for engine in sorted({engine for engine, _ in wanted}):
        assert shutil.which(engine), f"{engine} is not on PATH: run `make test`"
        copies[engine] = workspace.copy_to(tmp_path_factory.mktemp(engine) / "repository")
        for module in sorted({path.parent.parent for _, path in wanted}):
            done = run(engine, copies[engine] / module, "init", "-backend=false")
            if done.status:
                pytest.fail(f"{engine} init in {module}:\n{done.output}", pytrace=False)
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        yield {
            (engine, path): pool.submit(
                run,
                engine,
                copies[engine] / path.parent.parent,
                "test",
                f"-filter={path.relative_to(path.parent.parent)}",
            )
            # The longest first, so that none of them is left alone at the end.
            for engine, path in sorted(wanted, key=_size, reverse=True)
        }
        pool.shutdown(wait=True, cancel_futures=True)


def test_there_are_native_tests() -> None:
    """An empty list would pass everything below."""
    assert FILES


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("path", FILES, ids=str)
def test_native(outcomes: dict[tuple[str, Path], Future[Outcome]], engine: str, path: Path) -> None:
    outcome = outcomes[engine, path].result()
    closing = _CLOSING.search(outcome.output)
    if outcome.status or closing is None:
        pytest.fail(f"{engine} test of {path}:\n{outcome.output}", pytrace=False)
    assert int(closing[1]) > 0, f"no test ran:\n{outcome.output}"
    assert int(closing[2]) == 0, outcome.output
