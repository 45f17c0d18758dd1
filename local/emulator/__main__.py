"""`python -m local.emulator [--check]`: start the emulator, or only check that the patches fit."""

from __future__ import annotations

import os
import sys
from importlib import import_module

from local.emulator import access, definitions, network, runtime, saved_queries, upstream
from local.emulator.distributed_map import patches as distributed_map
from local.emulator.settings import Settings


def main(arguments: list[str]) -> int:
    """Start the emulator on the port of GATEWAY_PORT; 1 when the patches do not fit."""
    if problems := upstream.misfits():
        print("The local emulator cannot start:", *problems, sep="\n  ", file=sys.stderr)
        return 1
    if arguments == ["--check"]:
        return 0
    settings = Settings.from_environment(os.environ)
    access.install(settings)
    runtime.install(settings)
    saved_queries.install()
    definitions.install()
    distributed_map.install(settings)
    network.install()
    # MiniStack reads the command line itself.
    sys.argv = ["ministack"]
    # What functions and MiniStack write is nobody else's business.
    os.umask(0o077)
    import_module("ministack.app").main()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
