"""A shell with the AWS CLI, for the commands that documents and outputs tell users to run."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from local.stack import venv_python

_SECONDS = 300


def run(command: str, folder: Path, environment: Mapping[str, str]) -> str:
    """Run a command; what it printed.

    Args:
        command: for `sh`. It ends at the first failure, and at a variable that is not set.
        folder: where it runs.
        environment: of the command, with a PATH. Without a HOME, the folder is its home.
    """
    # The emulator has no virtual hosts for buckets.
    config = folder / "aws.config"
    config.write_text("[default]\ns3 =\n  addressing_style = path\n", encoding="utf-8")
    done = subprocess.run(
        ["sh", "-eu", "-c", command],
        cwd=folder,
        env={
            "HOME": str(folder),
            **environment,
            "AWS_CONFIG_FILE": str(config),
            "PATH": os.pathsep.join([str(venv_python("cli").parent), environment["PATH"]]),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout
