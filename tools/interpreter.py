"""Which Python the virtual environments are made with.

The function needs 3.12 or later, as Lambda has it. Its default runtime comes first, so that tests
run under the Python that is deployed.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.failure import ToolError

VARIABLE = "PYTHON"
OLDEST = (3, 12)
_VERSIONS = ("3.13", "3.14", "3.12")
# Old Pythons read it too.
_QUESTION = (
    "import json, platform, sys;"
    "print(json.dumps([sys.version_info[:2], sys.version, platform.machine(), sys.base_prefix]))"
)


@dataclass(frozen=True, slots=True)
class Python:
    """An interpreter: `identity` differs where an environment of one does not fit another."""

    command: str
    identity: str


def choose(environment: Mapping[str, str]) -> Python:
    """The interpreter that the caller names with PYTHON, or else the preferred one that is here.

    Raises ToolError when none is recent enough.
    """
    for command in _candidates(environment):
        found = _examined(command)
        if found is not None:
            return found
    raise ToolError(
        "there is no Python 3.12 or later here: install python3.13 so that it is on PATH, or name"
        " one with PYTHON=/path/to/python3.13."
    )


def _candidates(environment: Mapping[str, str]) -> Iterator[str]:
    path = environment.get("PATH", os.defpath)
    # pyenv keeps its versions beside each other, and its commands on PATH may all refuse to run.
    neighbors = Path(sys.base_prefix).parent
    if given := environment.get(VARIABLE):
        yield shutil.which(given, path=path) or given
    for version in _VERSIONS:
        if found := shutil.which(f"python{version}", path=path):
            yield found
        yield from map(str, neighbors.glob(f"{version}*/bin/python{version}"))
    yield sys.executable


def _examined(command: str) -> Python | None:
    """The interpreter behind a command, or None when it does not run or is too old."""
    try:
        done = subprocess.run(
            [command, "-I", "-c", _QUESTION],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )
        version, *identity = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    if tuple(version) < OLDEST:
        return None
    return Python(command, " ".join(identity))
