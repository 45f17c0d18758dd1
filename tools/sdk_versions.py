"""Tests the function with each version of the AWS SDK that Lambda may have: make test-botocore.

usage: python3 -m tools.run --with "" python -m tools.sdk_versions [LINE…]

AWS updates the SDK under deployed functions without notice. Each file below
tools/requirements/botocore pins the last version of one minor line, from 1.35 on: 1.35.99 is the
oldest one with conditional writes that a runtime of Lambda has. The tests are those of
tests/unit/sdk. `make test` runs them with the newest version.
"""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tools import places, venv
from tools.failure import ToolError, reported
from tools.interpreter import choose
from tools.lock import exclusive
from tools.progress import step

TESTS = "tests/unit/sdk"
_PINS = places.TOOLS / "requirements" / "botocore"
_LAST_LINES = 40


def lines() -> list[str]:
    """The minor lines that are pinned, the oldest first."""
    return sorted((path.stem for path in _PINS.glob("*.txt")), key=_number)


def installed(line: str, environment: Mapping[str, str]) -> Path:
    """The folder with the packages of one minor line, installing them first where needed.

    Raises ToolError when they cannot be installed.
    """
    requirements = _PINS / f"{line}.txt"
    key = venv.key(requirements, choose(environment))
    folder = places.cache(environment) / "botocore" / f"{line}-{key}"
    if not folder.exists():
        with exclusive(folder.with_suffix(".lock")):
            if not folder.exists():
                with step(f"installing botocore {line}"), places.replacing(folder) as new:
                    venv.install(sys.executable, requirements, environment, "--target", str(new))
    return folder


def tested(line: str, environment: Mapping[str, str]) -> tuple[bool, str]:
    """Whether the tests pass with one minor line, and what they print."""
    folder = installed(line, environment)
    path = os.pathsep.join([str(folder), str(places.REPOSITORY)])
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", TESTS],
        cwd=places.REPOSITORY,
        env={**environment, "PYTHONPATH": path, "FACE_COMPARE_BOTOCORE": line},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode == 0, done.stdout


def main(chosen: Sequence[str]) -> int:
    """Print a line for each version, with the output of those that failed; answer the status."""
    environment = dict(os.environ)
    with reported():
        wanted = list(chosen) or lines()
        if unknown := set(wanted) - set(lines()):
            raise ToolError(
                f"{', '.join(unknown)} is not pinned: choose from {', '.join(lines())}."
            )
        for line in wanted:
            installed(line, environment)
    started = time.monotonic()
    failed = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        outcomes = pool.map(lambda line: tested(line, environment), wanted)
        for line, (passed, output) in zip(wanted, outcomes, strict=True):
            print(f"{'ok  ' if passed else 'FAIL'} botocore {line}", flush=True)
            if not passed:
                failed.append(line)
                print("\n".join(output.splitlines()[-_LAST_LINES:]), flush=True)
    seconds = time.monotonic() - started
    print(f"{len(wanted) - len(failed)} of {len(wanted)} versions pass ({seconds:.0f} s)")
    return 1 if failed else 0


def _number(line: str) -> tuple[int, ...]:
    return tuple(map(int, line.split(".")))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
