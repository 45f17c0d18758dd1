"""Builds commands from pinned Go modules.

Every tools/go/NAME holds a go.mod and a complete go.sum, so that a build needs no checksum from
elsewhere. What is built goes into the cache by one rename at the end.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools import places
from tools.failure import ToolError
from tools.progress import step
from tools.versions import Tool

# Where Go's own archive installs, which many shells do not have on PATH.
INSTALLER_FOLDER = "/usr/local/go/bin"
_LAST_LINES = 12


def command_path(tool: Tool, environment: Mapping[str, str]) -> Path:
    """Where the built command is, or will be, in the cache."""
    name = f"{tool.name}_{tool.pinned}_{places.go_platform()}"
    return places.cache(environment) / "tools" / name / tool.name


def find_go(environment: Mapping[str, str]) -> str | None:
    """The go command on PATH or in the folder its installer uses, or None."""
    path = environment.get("PATH", os.defpath)
    return shutil.which("go", path=os.pathsep.join([path, INSTALLER_FOLDER]))


def discard_intermediate_files(environment: Mapping[str, str]) -> None:
    """Free the space that the compiler's cache takes."""
    shutil.rmtree(_intermediate(environment), ignore_errors=True)


def build(tool: Tool, environment: Mapping[str, str]) -> None:
    """Build a pinned tool and put it into the cache."""
    flags = "-s -w"
    if tool.release_flag:
        flags += f" -X {tool.release_flag}=no"
    with step(f"building {tool.name} {tool.pinned} (about {tool.minutes} min on two cores)"):
        build_command(
            command_path(tool, environment),
            source=places.TOOLS / "go" / tool.name,
            arguments=["-ldflags", flags, tool.package],
            environment=environment,
        )


def build_command(
    target: Path, *, source: Path, arguments: Sequence[str], environment: Mapping[str, str]
) -> None:
    """Run `go build` in `source` and move the result to `target`, replacing its folder."""
    with places.replacing(target.parent) as new:
        command = ["build", "-buildvcs=false", "-trimpath", "-o", str(new / target.name)]
        run_go([*command, *arguments], source=source, environment=environment)


def run_go(arguments: Sequence[str], *, source: Path, environment: Mapping[str, str]) -> str:
    """Run go in `source`; answers its stdout.

    Raises ToolError with its last lines when it fails.
    """
    go = find_go(environment)
    assert go
    done = subprocess.run(
        [go, *arguments],
        cwd=source,
        # What makes builds alike on all machines. The intermediate files take gigabytes that only
        # these builds need: they are kept between the builds and removed after the last.
        env={
            **environment,
            "CGO_ENABLED": "0",
            "GOWORK": "off",
            "GOCACHE": str(_intermediate(environment)),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        # With -json, go tells on stdout what is wrong.
        last = "\n".join((done.stderr or done.stdout).splitlines()[-_LAST_LINES:])
        raise ToolError(f"go {arguments[0]} failed in {source}; its last lines were:\n{last}")
    return done.stdout


def _intermediate(environment: Mapping[str, str]) -> Path:
    return places.cache(environment) / "go-build"
