"""Where things are: the repository, the cache, and this machine's platform."""

import platform
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tools.failure import ToolError

REPOSITORY = Path(__file__).resolve().parent.parent
TOOLS = REPOSITORY / "tools"

_SYSTEMS = {"Linux": "linux", "Darwin": "darwin"}
_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def cache(environment: Mapping[str, str]) -> Path:
    """The cache folder: FACE_COMPARE_CACHE, or one below XDG_CACHE_HOME, or below ~/.cache.

    It is absolute, and need not exist yet. Raises ToolError when none of them is known.
    """
    if chosen := environment.get("FACE_COMPARE_CACHE"):
        return Path(chosen).absolute()
    try:
        base = environment.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    except RuntimeError:
        raise ToolError(
            "this user has no home folder: set FACE_COMPARE_CACHE to a writable folder."
        ) from None
    return Path(base).absolute() / "terraform-aws-face-compare"


def listed(*patterns: str) -> list[Path]:
    """The files that are committed or could be, such as "*.md" in all folders.

    Raises ToolError where this is not a git checkout.
    """
    done = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ToolError(f"git cannot list the files: {done.stderr.strip()}")
    found = (REPOSITORY / name for name in done.stdout.split("\0") if name)
    return [path for path in found if path.is_file()]


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """An empty folder that becomes `folder` when the block ends without an error.

    The caller holds a lock, so what is there before was left by a process that was killed.
    """
    new = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    try:
        yield new
        shutil.rmtree(folder, ignore_errors=True)
        new.rename(folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def go_platform() -> str:
    """This machine as Go and Terraform name it, such as "linux_amd64".

    Raises ToolError on a system for which the tools cannot be built.
    """
    system, machine = platform.system(), platform.machine()
    try:
        return f"{_SYSTEMS[system]}_{_MACHINES[machine.lower()]}"
    except KeyError:
        raise ToolError(
            f"no toolchain for {system} on {machine}: use Linux or macOS on amd64 or arm64,"
            " or set FACE_COMPARE_TOOLCHAIN to a folder that holds one."
        ) from None
