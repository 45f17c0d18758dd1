"""`python -m local.emulator`: start the emulator on the port of GATEWAY_PORT."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from unittest.mock import patch

from local.emulator import (
    access,
    alarms,
    definitions,
    encryption,
    listings,
    network,
    queues,
    runtime,
    saved_queries,
    simulator,
)
from local.emulator.distributed_map import patches as distributed_map


def main() -> None:
    """Apply the patches and serve until a signal comes."""
    access.install()
    runtime.install()
    saved_queries.install()
    definitions.install()
    encryption.install()
    listings.install()
    alarms.install()
    queues.install()
    distributed_map.install()
    network.install()
    simulator.install()
    # A client gets no answer if it uses a connection just when that is closed for being idle.
    kept = property(lambda _config: 3600.0, lambda _config, _seconds: None)
    patch.object(import_module("hypercorn.config").Config, "keep_alive_timeout", kept).start()
    # MiniStack reads the command line itself.
    sys.argv = ["ministack"]
    # Only the owner may read what functions and MiniStack write.
    os.umask(0o077)
    import_module("ministack.app").main()


if __name__ == "__main__":
    main()
