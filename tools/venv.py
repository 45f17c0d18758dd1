"""Virtual environments from hash-pinned requirement files, in the cache.

Usage: python3 -m tools.venv NAME, which creates it first where needed and prints its interpreter.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tools import places
from tools.failure import ToolError, reported
from tools.interpreter import Python, choose
from tools.lock import exclusive
from tools.progress import step

NAMES = ("dev", "emulator", "bench", "scan", "cli", "iam")
_PIP = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input")
_PINNED = ("--require-hashes", "--no-deps", "--only-binary=:all:", "--requirement")
_LAST_LINES = 12


def interpreter(name: str, environment: Mapping[str, str]) -> Path:
    """The interpreter of an environment that is installed whole, creating it first where needed.

    Raises ToolError for an unknown name, and when a package cannot be installed.
    """
    if name not in NAMES:
        raise ToolError(f"there is no environment {name!r}: choose from {', '.join(NAMES)}.")
    requirements = places.TOOLS / "requirements" / f"{name}.txt"
    base = choose(environment)
    folder = places.cache(environment) / "venvs" / f"{name}-{key(requirements, base)}"
    python = folder / "bin" / "python"
    # Scripts of an environment hold its path, so it cannot be made elsewhere and renamed.
    # This mark is written last, so that one that was interrupted is seen as such.
    mark = folder / "installed"
    if not mark.exists():
        with exclusive(folder.with_suffix(".lock")):
            if not mark.exists():
                _create(python, base.command, requirements, environment)
                mark.touch()
    return python


def key(requirements: Path, python: Python) -> str:
    """A part of a folder's name: other pins or another interpreter, another folder."""
    return hashlib.sha256(requirements.read_bytes() + python.identity.encode()).hexdigest()[:16]


def install(
    python: str | Path, requirements: Path, environment: Mapping[str, str], *options: str
) -> None:
    """Install exactly what is pinned.

    Raises ToolError when a package cannot be installed.
    """
    _run([str(python), *_PIP, *options, *_PINNED, str(requirements)], environment)


def _create(python: Path, base: str, requirements: Path, environment: Mapping[str, str]) -> None:
    folder = python.parent.parent
    shutil.rmtree(folder, ignore_errors=True)
    try:
        with step(f"installing the Python environment {requirements.stem} (about 1 min)"):
            _run([base, "-m", "venv", str(folder)], environment)
            install(python, requirements, environment)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _run(command: list[str], environment: Mapping[str, str]) -> None:
    # These would lead the new environment to packages of another.
    astray = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__"}
    done = subprocess.run(
        command,
        env={name: value for name, value in environment.items() if name not in astray},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        last = "\n".join(done.stdout.splitlines()[-_LAST_LINES:])
        what = " ".join(command[1:4])
        raise ToolError(f"`python {what}` failed (on Debian it needs python3-venv):\n{last}")


def main() -> None:
    """Print the interpreter's path."""
    with reported():
        if len(sys.argv) != 2:
            raise ToolError(f"usage: python3 -m tools.venv {'|'.join(NAMES)}")
        print(interpreter(sys.argv[1], os.environ))


if __name__ == "__main__":
    main()
