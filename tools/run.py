"""Runs a command with the toolchain and the development environment.

    python3 -m tools.run [--with NAME[,NAME…]] [--] CMD ARGS…

--with names what the command needs of the toolchain (terraform, tofu, tflint, terraform-docs,
actionlint; "" for none of it), so that nothing else is installed or built. Without it the whole
toolchain is there.
"""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools import interpreter, places, venv
from tools.failure import ToolError, reported
from tools.toolchain import Toolchain, resolve
from tools.versions import TOOLS


def parse(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """The tools by name, and the command with its arguments."""
    parser = argparse.ArgumentParser(prog="python3 -m tools.run", allow_abbrev=False)
    every = ",".join(tool.name for tool in TOOLS)
    parser.add_argument("--with", dest="tools", metavar="NAME[,NAME…]", default=every)
    parser.add_argument("command", metavar="CMD")
    parser.add_argument("arguments", metavar="ARGS…", nargs=argparse.REMAINDER)
    read = parser.parse_args(arguments)
    names = [name.strip() for name in read.tools.split(",") if name.strip()]
    return names, [read.command, *read.arguments]


def command_environment(
    environment: Mapping[str, str], python: Path, chain: Toolchain
) -> dict[str, str]:
    """The caller's environment with the toolchain, then the virtual environment, first on PATH."""
    chosen = dict(environment)
    for name in ("PYTHONHOME", "TF_CLI_CONFIG_FILE"):
        chosen.pop(name, None)
    if chain.configuration:
        chosen["TF_CLI_CONFIG_FILE"] = str(chain.configuration)
    path = environment.get("PATH", os.defpath)
    chosen["PATH"] = os.pathsep.join(map(str, [*chain.folders, python.parent, path]))
    # Environments that the command asks for are made by the same Python.
    chosen[interpreter.VARIABLE] = str(python)
    chosen["VIRTUAL_ENV"] = str(python.parent.parent)
    chosen["PYTHONPATH"] = str(places.REPOSITORY)
    chosen["CHECKPOINT_DISABLE"] = "1"
    # A proxy cannot reach what listens on this machine. Programs differ in which name they read.
    unproxied = environment.get("no_proxy") or environment.get("NO_PROXY")
    direct = ",".join(filter(None, [unproxied, "127.0.0.1", "localhost"]))
    return chosen | {"NO_PROXY": direct, "no_proxy": direct}


def main() -> None:
    """Replace this process by the command."""
    names, command = parse(sys.argv[1:])
    with reported():
        python = venv.interpreter("dev", os.environ)
        environment = command_environment(os.environ, python, resolve(os.environ, names))
        try:
            os.execvpe(command[0], command, environment)
        except OSError as error:
            raise ToolError(f"cannot run {command[0]}: {error.strerror}.") from error


if __name__ == "__main__":
    main()
