"""The modules' own tests (*.tftest.hcl, mocked provider) under both engines.

Without these, a consumer on the engine that nobody tried would be the first to find that an
input is refused, a condition does not hold or a resource is planned otherwise.
"""

import os
import re
import shutil
import subprocess
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


@pytest.fixture(scope="module", params=ENGINES)
def initialised(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    """An engine, and a copy of the repository in which each module with tests is initialised."""
    engine: str = request.param
    assert shutil.which(engine), f"{engine} is not on PATH: run `make test`"
    copy = workspace.copy_to(tmp_path_factory.mktemp(engine) / "repository")
    for module in {copy / path.parent.parent for path in FILES}:
        _run(engine, module, "init", "-backend=false")
    return engine, copy


def _run(engine: str, folder: Path, *arguments: str) -> str:
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
    if done.returncode:
        pytest.fail(f"{engine} {' '.join(arguments)}:\n{done.stdout}", pytrace=False)
    return done.stdout


def test_there_are_native_tests() -> None:
    """An empty list would pass everything below."""
    assert FILES


@pytest.mark.parametrize("path", FILES, ids=str)
def test_native(initialised: tuple[str, Path], path: Path) -> None:
    engine, copy = initialised
    module = path.parent.parent
    output = _run(engine, copy / module, "test", f"-filter={path.relative_to(module)}")
    closing = _CLOSING.search(output)
    assert closing, output
    assert int(closing[1]) > 0, f"no test ran:\n{output}"
    assert int(closing[2]) == 0, output
