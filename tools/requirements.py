"""Pins the newest Python packages that agree: make requirements.

Reads tools/requirements/*.in and writes the .txt beside each, with hashes and
without the address of any index.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tools import places
from tools.failure import ToolError, reported
from tools.progress import step
from tools.venv import NAMES

# The first Python that environments are made with (tools/interpreter.py).
_OLDEST_PYTHON = "3.12"


def compile_command(uv: Path, name: str) -> list[str]:
    """The command that pins one file, run in tools/requirements."""
    return [
        str(uv),
        "pip",
        "compile",
        "--quiet",
        "--upgrade",
        "--universal",
        f"--python-version={_OLDEST_PYTHON}",
        "--generate-hashes",
        "--no-emit-index-url",
        "--no-header",
        f"--output-file={name}.txt",
        f"{name}.in",
    ]


def main() -> None:
    """Pin every file; fail where the result names an address."""
    folder = places.TOOLS / "requirements"
    with reported(), tempfile.TemporaryDirectory(prefix="face-compare-") as temporary:
        uv = Path(temporary) / "bin" / "uv"
        with step("installing uv for this run"):
            _run([sys.executable, "-m", "venv", temporary], folder)
            _run([str(uv.with_name("python")), "-m", "pip", "install", "--quiet", "uv"], folder)
        for name in NAMES:
            with step(f"pinning {name}.in"):
                _run(compile_command(uv, name), folder)
            if "://" in (folder / f"{name}.txt").read_text():
                raise ToolError(f"{name}.txt names an address: mend {name}.in before committing.")


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(
        command, cwd=folder, env=os.environ, stdin=subprocess.DEVNULL, check=False
    )
    if done.returncode:
        raise ToolError(f"`{' '.join(command[1:4])}` failed; what it printed is above.")


if __name__ == "__main__":
    main()
