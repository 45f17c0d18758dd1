"""Runs a command with the toolchain and the development environment.

    python3 -m tools.run [--with NAME[,NAME…]] [--] CMD ARGS…

--with names what the command needs of the toolchain (terraform, tofu, tflint,
terraform-docs; "" for none of it), so that nothing else gets installed or
built for its sake. Without it the whole toolchain is there.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools import interpreter, places, toolchain, venv
from tools.failure import ToolError, reported
from tools.versions import TOOLS

_USAGE = "usage: python3 -m tools.run [--with NAME[,NAME…]] [--] CMD ARGS…"


@dataclass(frozen=True, slots=True)
class Request:
    """What the command line asks for: `tools` by name, and the command with its arguments."""

    tools: tuple[str, ...]
    command: tuple[str, ...]


def parse(arguments: Sequence[str]) -> Request:
    """Read the command line; raises ToolError with the usage when there is no command."""
    rest = list(arguments)
    tools = tuple(tool.name for tool in TOOLS)
    if rest and (rest[0] == "--with" or rest[0].startswith("--with=")):
        option = rest.pop(0)
        if option == "--with" and not rest:
            raise ToolError(_USAGE)
        names = option.partition("=")[2] if "=" in option else rest.pop(0)
        tools = tuple(name.strip() for name in names.split(",") if name.strip())
    if rest and rest[0] == "--":
        rest.pop(0)
    if not rest or rest[0].startswith("-"):
        raise ToolError(_USAGE)
    return Request(tools=tools, command=tuple(rest))


def command_environment(
    environment: Mapping[str, str], python: Path, chain: Path | None
) -> dict[str, str]:
    """The caller's environment with the toolchain, then the virtual environment, first on PATH."""
    chosen = dict(environment)
    first = [str(python.parent)]
    # A setting of the caller's that names no file would make every engine call warn.
    chosen.pop("TF_CLI_CONFIG_FILE", None)
    if chain is not None:
        first.insert(0, str(chain / "bin"))
        if (chain / "terraformrc").is_file():
            chosen["TF_CLI_CONFIG_FILE"] = str(chain / "terraformrc")
    chosen["PATH"] = os.pathsep.join([*first, environment.get("PATH", os.defpath)])
    # Environments that the command asks for are made by the same Python.
    chosen[interpreter.VARIABLE] = str(python)
    chosen["VIRTUAL_ENV"] = str(python.parent.parent)
    chosen["PYTHONPATH"] = str(places.REPOSITORY)
    chosen["CHECKPOINT_DISABLE"] = "1"
    chosen["HOME"] = str(places.home(environment))
    chosen.pop("PYTHONHOME", None)
    return chosen


def main() -> None:
    """Replace this process by the command."""
    with reported():
        request = parse(sys.argv[1:])
        chain = toolchain.resolve(os.environ, request.tools) if request.tools else None
        python = venv.interpreter("dev", os.environ)
        environment = command_environment(os.environ, python, chain)
        try:
            os.execvpe(request.command[0], request.command, environment)
        except OSError as error:
            raise ToolError(f"cannot run {request.command[0]}: {error.strerror}.") from error


if __name__ == "__main__":
    main()
