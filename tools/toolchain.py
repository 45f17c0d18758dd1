"""Which Terraform, OpenTofu, tflint, terraform-docs, actionlint and AWS provider are used.

A command comes from the folder that FACE_COMPARE_TOOLCHAIN names, or from PATH, if its version
will do. What is in neither is built from its pinned source, once, into the cache.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools import gobuild, places, provider
from tools.failure import ToolError
from tools.lock import exclusive
from tools.progress import say
from tools.versions import TOOLS, Tool, Version

VARIABLE = "FACE_COMPARE_TOOLCHAIN"
_VERSION = re.compile(r"\bv?(\d+)\.(\d+)\.(\d+)")
_ENGINES = ("terraform", "tofu")


@dataclass(frozen=True, slots=True)
class Toolchain:
    """Folders of commands, first on PATH, and the CLI configuration of the two engines."""

    folders: tuple[Path, ...] = ()
    configuration: Path | None = None


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


def resolve(environment: Mapping[str, str], names: Sequence[str]) -> Toolchain:
    """A toolchain that has these tools, with what is missing built first.

    Raises ToolError when something is missing that cannot be built.
    """
    tools = wanted(names)
    given = _given(environment)
    commands = {tool.name: _find(tool, given, environment) for tool in tools}
    if missing := [tool for tool in tools if commands[tool.name] is None]:
        _build(missing, environment)
    found = [commands[tool.name] or gobuild.command_path(tool, environment) for tool in tools]
    configuration = None
    if engines := [command for command in found if command.name in _ENGINES]:
        configuration = given / "terraformrc" if given else None
        if configuration is None or not configuration.is_file():
            with exclusive(places.cache(environment) / "toolchain.lock"):
                configuration = provider.lay_out(engines, environment)
    # What PATH gives anyway needs no folder at its front, where it could hide other commands.
    path = environment.get("PATH", os.defpath)
    first = (command for command in found if shutil.which(command.name, path=path) != str(command))
    folders = dict.fromkeys(command.parent for command in first)
    return Toolchain(tuple(folders), configuration)


def _given(environment: Mapping[str, str]) -> Path | None:
    """The folder that the caller names, if any."""
    name = environment.get(VARIABLE)
    if not name:
        return None
    folder = Path(name).absolute()
    if not (folder / "bin").is_dir():
        raise ToolError(
            f"{VARIABLE} is {name}, which has no folder bin: unpack a toolchain there or unset the"
            " variable."
        )
    return folder


def _find(tool: Tool, given: Path | None, environment: Mapping[str, str]) -> Path | None:
    """A command that is there and will do, or None."""
    path = environment.get("PATH", os.defpath)
    found = shutil.which(tool.name, path=f"{given / 'bin'}{os.pathsep}{path}" if given else path)
    if found:
        version = _version_of(found, environment)
        if version and tool.accepts(version):
            return Path(found).absolute()
        say(f"{found} is not used: it is not {tool.name} {tool.range}")
    built = gobuild.command_path(tool, environment)
    return built if built.exists() else None


def _version_of(command: str, environment: Mapping[str, str]) -> Version | None:
    """What `command --version` says, or None when it fails or takes over 20 s."""
    clean = {name: value for name, value in environment.items() if not name.startswith("TF_")}
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


def _build(tools: Sequence[Tool], environment: Mapping[str, str]) -> None:
    if gobuild.find_go(environment) is None:
        names = ", ".join(f"{tool.name} {tool.range}" for tool in tools)
        raise ToolError(
            f"install {names}, or Go 1.26 or newer to have them built here from pinned sources"
            f" (about {sum(tool.minutes for tool in tools)} minutes, once)."
        )
    with exclusive(places.cache(environment) / "toolchain.lock"):
        for tool in tools:
            if not gobuild.command_path(tool, environment).exists():
                gobuild.build(tool, environment)
        gobuild.discard_intermediate_files(environment)
