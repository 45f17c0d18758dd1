"""Where things are: the repository, the cache, and this machine's platform."""

import os
import platform
import pwd
from collections.abc import Mapping
from pathlib import Path

from tools.failure import ToolError

REPOSITORY = Path(__file__).resolve().parent.parent
TOOLS = REPOSITORY / "tools"

_SYSTEMS = {"Linux": "linux", "Darwin": "darwin"}
_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def home(environment: Mapping[str, str]) -> Path:
    """The home folder, from the password database where HOME is unset or empty.

    The cache folder stands in for a user whom the database does not know, as a container may have.
    Raises ToolError when FACE_COMPARE_CACHE does not name that either.
    """
    if given := environment.get("HOME"):
        return Path(given)
    try:
        return Path(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:
        if chosen := environment.get("FACE_COMPARE_CACHE"):
            return Path(chosen).absolute()
        raise ToolError(
            f"user {os.getuid()} has no home folder: set FACE_COMPARE_CACHE to a folder that can be"
            " written to."
        ) from None


def cache(environment: Mapping[str, str]) -> Path:
    """The cache folder: FACE_COMPARE_CACHE, else one below XDG_CACHE_HOME, else below ~/.cache.

    It is absolute, and need not exist yet. Raises ToolError when none of them is known.
    """
    chosen = environment.get("FACE_COMPARE_CACHE")
    if chosen:
        return Path(chosen).absolute()
    base = environment.get("XDG_CACHE_HOME")
    root = Path(base) if base else home(environment) / ".cache"
    return root.absolute() / "terraform-aws-face-compare"


def go_platform(system: str = "", machine: str = "") -> str:
    """This machine as Go and Terraform name it, such as "linux_amd64".

    Raises ToolError on a system for which the tools cannot be built.
    """
    system = system or platform.system()
    machine = machine or platform.machine()
    try:
        return f"{_SYSTEMS[system]}_{_MACHINES[machine.lower()]}"
    except KeyError:
        raise ToolError(
            f"no toolchain for {system} on {machine}: use Linux or macOS on amd64 or arm64,"
            " or set FACE_COMPARE_TOOLCHAIN to a folder that holds one."
        ) from None
