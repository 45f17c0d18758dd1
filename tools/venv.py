"""Virtual environments from hash-pinned requirement files, in the cache.

Usage: python3 -m tools.venv NAME, which creates it if need be and prints its interpreter.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tools import places
from tools.failure import ToolError, reported
from tools.interpreter import Python, choose
from tools.lock import exclusive
from tools.progress import step

NAMES = ("dev", "emulator", "bench", "scan", "cli")
_LAST_LINES = 12


def key(requirements: bytes, interpreter: str) -> str:
    """Names one state of an environment: other pins or another interpreter, another name."""
    digest = hashlib.sha256(requirements)
    digest.update(interpreter.encode())
    return digest.hexdigest()[:16]


def folder(name: str, base: Python, environment: Mapping[str, str]) -> Path:
    """Where the environment of that name belongs for this interpreter and these pins.

    Raises ToolError for an unknown name.
    """
    if name not in NAMES:
        raise ToolError(f"there is no environment {name!r}: choose from {', '.join(NAMES)}.")
    requirements = (places.TOOLS / "requirements" / f"{name}.txt").read_bytes()
    return places.cache(environment) / "venvs" / f"{name}-{key(requirements, base.identity)}"


def interpreter(name: str, environment: Mapping[str, str]) -> Path:
    """The interpreter of an environment that is installed whole, creating it first if need be.

    Raises ToolError when a package cannot be installed.
    """
    base = choose(environment)
    target = folder(name, base, environment)
    python = target / "bin" / "python"
    # Scripts of an environment hold its path, so it cannot be made elsewhere and renamed:
    # a mark written last tells a whole one from one that was interrupted.
    mark = target / "installed"
    if mark.is_file() and python.exists():
        return python
    with exclusive(target.with_suffix(".lock")):
        if not (mark.is_file() and python.exists()):
            _create(name, base, python, environment)
            mark.touch()
    return python


def _create(name: str, base: Python, python: Path, environment: Mapping[str, str]) -> None:
    target = python.parent.parent
    requirements = places.TOOLS / "requirements" / f"{name}.txt"
    lines = requirements.read_text().splitlines()
    # One name may have a line for each Python it is pinned for.
    count = len({line.partition("==")[0] for line in lines if line[:1].isalnum()})
    shutil.rmtree(target, ignore_errors=True)
    try:
        with step(f"installing the Python environment {name} ({count} packages, about 1 min)"):
            _run([base.command, "-m", "venv", str(target)], environment)
            _run(
                [
                    str(python),
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--disable-pip-version-check",
                    "--no-input",
                    "--require-hashes",
                    "--no-deps",
                    "--only-binary=:all:",
                    "--requirement",
                    str(requirements),
                ],
                environment,
            )
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise


def _run(command: list[str], environment: Mapping[str, str]) -> None:
    clean = {
        name: value
        for name, value in environment.items()
        if name not in {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__"}
    }
    with tempfile.TemporaryFile("w+") as output:
        done = subprocess.run(
            command,
            env=clean,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if done.returncode:
            output.seek(0)
            last = "".join(output.readlines()[-_LAST_LINES:])
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
