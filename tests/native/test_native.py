"""The modules' own tests (*.tftest.hcl, mocked provider) under both engines."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tools import workspace
from tools.places import REPOSITORY

ENGINES = ("terraform", "tofu")
FILES = sorted(
    (
        path.relative_to(REPOSITORY)
        for pattern in ("tests/*.tftest.hcl", "modules/*/tests/*.tftest.hcl")
        for path in REPOSITORY.glob(pattern)
    ),
    # The longest first, so that none of them is left alone at the end.
    key=lambda path: -(REPOSITORY / path).stat().st_size,
)
_CLOSING = re.compile(r"(\d+) passed, (\d+) failed")


def run(engine: str, folder: Path, *arguments: str) -> str:
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


@pytest.fixture(scope="session")
def initialized(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Path], Path]:
    """Where an engine has what it needs to test a module."""

    @cache
    def copy(engine: str) -> Path:
        assert shutil.which(engine), f"{engine} is not on PATH: run `make test`"
        return workspace.copy_to(tmp_path_factory.mktemp(engine) / "repository")

    @cache
    def initialize(engine: str, module: Path) -> Path:
        folder = copy(engine) / module
        run(engine, folder, "init", "-backend=false")
        return folder

    return initialize


def test_there_are_native_tests() -> None:
    assert FILES


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("path", FILES, ids=str)
def test_the_module_does_the_same_under_both_engines(
    initialized: Callable[[str, Path], Path], engine: str, path: Path
) -> None:
    module = path.parent.parent
    output = run(engine, initialized(engine, module), "test", f"-filter={path.relative_to(module)}")
    closing = _CLOSING.search(output)
    assert closing is not None, output
    assert int(closing[1]) > 0, f"no test ran:\n{output}"
    assert int(closing[2]) == 0, output
