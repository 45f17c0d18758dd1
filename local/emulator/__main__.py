"""`python -m local.emulator [--check]`: start the emulator, or only check that the patches fit."""

from __future__ import annotations

import os
import sys

from local.emulator import runtime
from local.emulator.settings import Settings


def main(arguments: list[str]) -> int:
    """Start the emulator on the port of GATEWAY_PORT; 1 when the patches do not fit."""
    if problems := runtime.misfits():
        print("The local emulator cannot start:", *problems, sep="\n  ", file=sys.stderr)
        return 1
    if arguments == ["--check"]:
        return 0
    runtime.install(Settings.from_environment(os.environ))
    # MiniStack reads the command line itself.
    sys.argv = ["ministack"]
    runtime.serve()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
