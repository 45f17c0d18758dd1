"""Which Terraform, OpenTofu, tflint, terraform-docs and AWS provider get used.

A toolchain is a folder: bin/ with the commands, providers/ with a filesystem
mirror, terraformrc naming that mirror. FACE_COMPARE_TOOLCHAIN may name one
that exists; otherwise one is assembled in the cache out of what is on PATH,
what was built before, and what has to be built now.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools import gobuild, places, provider
from tools.failure import ToolError, reported
from tools.lock import exclusive
from tools.progress import say
from tools.versions import TOOLS, Tool, Version

VARIABLE = "FACE_COMPARE_TOOLCHAIN"
_VERSION = re.compile(r"\bv?(\d+)\.(\d+)\.(\d+)")
_ENGINES = frozenset({"terraform", "tofu"})


@dataclass(frozen=True, slots=True)
class Candidate:
    """A command of the right name on PATH, with what tells that it was replaced."""

    path: Path
    size: int
    modified_ns: int


def wanted(names: Sequence[str]) -> tuple[Tool, ...]:
    """The tools of these names, in the order of the pins.

    Raises ToolError for a name that is not pinned.
    """
    known = {tool.name for tool in TOOLS}
    for name in names:
        if name not in known:
            raise ToolError(f"there is no tool {name!r}: choose from {', '.join(sorted(known))}.")
    return tuple(tool for tool in TOOLS if tool.name in names)


def parse_version(output: str) -> Version | None:
    """The first x.y.z in what a command prints about itself, or None."""
    found = _VERSION.search(output)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def candidate(tool: Tool, environment: Mapping[str, str]) -> Candidate | None:
    """The command on PATH, leaving out our own cache (a run inside a run must decide alike)."""
    cache = places.cache(environment)
    folders = [
        folder
        for folder in environment.get("PATH", os.defpath).split(os.pathsep)
        if folder and not Path(folder).is_relative_to(cache)
    ]
    found = shutil.which(tool.name, path=os.pathsep.join(folders))
    if found is None:
        return None
    path = Path(found).absolute()
    status = path.stat()
    return Candidate(path=path, size=status.st_size, modified_ns=status.st_mtime_ns)


def version_of(command: Path, environment: Mapping[str, str]) -> Version | None:
    """What `command --version` says, or None when it fails or takes over 20 s."""
    clean = {k: v for k, v in environment.items() if not k.startswith("TF_")}
    try:
        done = subprocess.run(
            [command, "--version"],
            env={**clean, "CHECKPOINT_DISABLE": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return parse_version(done.stdout)


def complete(folder: Path, tools: Sequence[Tool]) -> bool:
    """Whether every part that these tools need is in the folder."""
    return not missing(folder, tools)


def missing(folder: Path, tools: Sequence[Tool]) -> list[str]:
    """The parts that are not there, as paths relative to the folder."""
    lacking = [
        f"bin/{tool.name}" for tool in tools if not os.access(folder / "bin" / tool.name, os.X_OK)
    ]
    if needs_provider(tools) and not (folder / "terraformrc").is_file():
        lacking.append("terraformrc")
    return lacking


def needs_provider(tools: Sequence[Tool]) -> bool:
    """Only the two engines load a provider."""
    return any(tool.name in _ENGINES for tool in tools)


def key(tools: Sequence[Tool], candidates: Mapping[str, Candidate | None]) -> str:
    """Names one assembled toolchain: other pins or another command on PATH, another name."""
    facts = [[repr(tool), repr(candidates[tool.name])] for tool in tools]
    text = json.dumps([facts, provider.identity(), places.go_platform()])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def resolve(environment: Mapping[str, str], names: Sequence[str]) -> Path:
    """The folder of a toolchain that has these tools, assembled first where there is none.

    Raises ToolError when something is missing that cannot be had.
    """
    tools = wanted(names)
    given = environment.get(VARIABLE)
    if given:
        folder = Path(given).absolute()
        lacking = missing(folder, tools)
        if lacking:
            raise ToolError(
                f"{VARIABLE} is {given}, which has no {' and no '.join(lacking)}: unpack a whole"
                " toolchain there or unset the variable."
            )
        return folder
    candidates = {tool.name: candidate(tool, environment) for tool in tools}
    cache = places.cache(environment)
    folder = cache / "toolchains" / key(tools, candidates)
    if complete(folder, tools):
        return folder
    with exclusive(cache / "toolchain.lock"):
        if not complete(folder, tools):
            _assemble(folder, tools, candidates, environment)
    return folder


def _assemble(
    folder: Path,
    tools: Sequence[Tool],
    candidates: Mapping[str, Candidate | None],
    environment: Mapping[str, str],
) -> None:
    _sweep(places.cache(environment))
    commands: dict[str, Path] = {}
    to_build: list[Tool] = []
    for tool in tools:
        found = candidates[tool.name]
        if found is not None:
            version = version_of(found.path, environment)
            if version is not None and tool.accepts(version):
                say(f"{tool.name} {'.'.join(map(str, version))} from {found.path}")
                commands[tool.name] = found.path
                continue
            say(f"{found.path} is not used: it is no {tool.name} {tool.range}")
        built = gobuild.command_path(tool, environment)
        if os.access(built, os.X_OK):
            commands[tool.name] = built
        else:
            to_build.append(tool)
    if to_build:
        gobuild.require_go(to_build, environment)
        for number, tool in enumerate(to_build, 1):
            commands[tool.name] = gobuild.build(
                tool, environment, part=f"{number} of {len(to_build)}"
            )
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="new-") as name:
        # A folder of its own inside, since TemporaryDirectory removes what it made.
        new = Path(name) / "toolchain"
        (new / "bin").mkdir(parents=True)
        for tool_name, command in commands.items():
            (new / "bin" / tool_name).symlink_to(command)
        if needs_provider(tools):
            engines = [commands[name] for name in commands if name in _ENGINES]
            binary = provider.obtain(engines, environment)
            provider.write_mirror(new / "providers", binary, engines, environment)
            (new / "terraformrc").write_text(provider.cli_config(folder / "providers"))
        shutil.rmtree(folder, ignore_errors=True)
        new.rename(folder)
    gobuild.discard_intermediate_files(environment)


def _sweep(cache: Path) -> None:
    """Remove what an installer that was killed left; the lock is ours, so none is at work."""
    for pattern in ("new-*", "tools/new-*", "toolchains/new-*"):
        for left in cache.glob(pattern):
            shutil.rmtree(left, ignore_errors=True)


def main() -> None:
    """Print the toolchain's folder: python3 -m tools.toolchain [NAME…]."""
    with reported():
        names = sys.argv[1:] or [tool.name for tool in TOOLS]
        print(resolve(os.environ, names))


if __name__ == "__main__":
    main()
