"""Builds commands from pinned Go modules.

Every tools/go/NAME holds a go.mod and a complete go.sum, so that a build asks
for no checksum. What is built goes into the cache by one rename at the end.
"""

import os
import shutil
import subprocess
import tempfile
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools import places
from tools.failure import ToolError
from tools.progress import Step, step
from tools.versions import Tool

# Where Go's own archive goes, which many shells do not have on PATH.
INSTALLER_FOLDER = "/usr/local/go/bin"
_BUILD = ("build", "-v", "-buildvcs=false", "-trimpath")
_LAST_LINES = 12


def command_path(tool: Tool, environment: Mapping[str, str]) -> Path:
    """Where the built command is, or will be, in the cache."""
    name = f"{tool.name}_{tool.pinned}_{places.go_platform()}"
    return places.cache(environment) / "tools" / name / tool.name


def find_go(environment: Mapping[str, str]) -> str | None:
    """The go command on PATH or in the folder its installer uses, or None."""
    path = environment.get("PATH", os.defpath)
    return shutil.which("go", path=os.pathsep.join([path, INSTALLER_FOLDER]))


def require_go(tools: Sequence[Tool], environment: Mapping[str, str]) -> str:
    """The go command.

    Raises ToolError with what to install when there is none.
    """
    go = find_go(environment)
    if go is None:
        names = ", ".join(f"{tool.name} {tool.range}" for tool in tools)
        raise ToolError(
            f"install {names}, or Go 1.26 or newer to have them built here from pinned sources"
            " (about 15 minutes, once)."
        )
    return go


def go_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of a build: the caller's, with what makes builds alike on all machines."""
    chosen = dict(environment)
    chosen["HOME"] = str(places.home(environment))
    # Gigabytes that only these builds need: kept between them, removed after the last.
    chosen["GOCACHE"] = str(_intermediate(environment))
    chosen["CGO_ENABLED"] = "0"
    chosen["GOWORK"] = "off"
    return chosen


def _intermediate(environment: Mapping[str, str]) -> Path:
    return places.cache(environment) / "go-build"


def discard_intermediate_files(environment: Mapping[str, str]) -> None:
    """Free the space that the compiler's cache takes."""
    shutil.rmtree(_intermediate(environment), ignore_errors=True)


def build(tool: Tool, environment: Mapping[str, str], part: str) -> Path:
    """Build a pinned tool and put it into the cache; answers its path.

    `part` is shown, such as "1 of 3". Raises ToolError with the compiler's
    last lines when the build fails.
    """
    title = f"building {tool.name} {tool.pinned} ({part}, about {tool.minutes} min on two cores)"
    flags = "-s -w"
    if tool.release_flag:
        flags += f" -X {tool.release_flag}=no"
    target = command_path(tool, environment)
    with step(title) as shown:
        compile_into(
            target,
            source=places.TOOLS / "go" / tool.name,
            arguments=["-ldflags", flags, tool.package],
            environment=environment,
            shown=shown,
        )
    return target


def compile_into(
    target: Path,
    *,
    source: Path,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    shown: Step,
) -> None:
    """Run `go build` in `source` and move the result to `target`, replacing its folder."""
    folder = target.parent
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="new-") as name:
        new = Path(name) / folder.name
        new.mkdir()
        run_go(
            [*_BUILD, "-o", str(new / target.name), *arguments],
            source=source,
            environment=environment,
            shown=shown,
        )
        shutil.rmtree(folder, ignore_errors=True)
        new.rename(folder)


def run_go(
    arguments: Sequence[str], *, source: Path, environment: Mapping[str, str], shown: Step
) -> str:
    """Run go in `source`, counting what it fetches and compiles; answers its stdout."""
    go = require_go([], environment)
    fetched = compiled = 0
    last: deque[str] = deque(maxlen=_LAST_LINES)
    with (
        tempfile.TemporaryFile("w+") as output,
        subprocess.Popen(
            [go, *arguments],
            cwd=source,
            env=go_environment(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        assert process.stderr is not None
        try:
            for line in process.stderr:
                last.append(line.rstrip())
                if line.startswith("go: downloading"):
                    fetched += 1
                else:
                    compiled += 1
                shown.detail = f"{fetched} modules fetched, {compiled} packages compiled"
        except BaseException:
            process.kill()
            raise
        status = process.wait()
        output.seek(0)
        text = output.read()
    if status:
        raise ToolError(
            f"go {arguments[0]} failed in {source}; its last lines were:\n" + "\n".join(last)
        )
    return text
