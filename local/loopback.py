"""Applications that are served over HTTP on this machine, and reached by nobody else."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

import uvicorn
from starlette.types import ASGIApp

HOST = "127.0.0.1"


def listening(port: int = 0) -> socket.socket:
    """A socket on loopback; port 0 stands for any free one.

    Raises:
        OSError: the port is taken.
        OverflowError: there is no such port.
    """
    with contextlib.ExitStack() as held:
        bound = held.enter_context(socket.socket())
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((HOST, port))
        # A connection from now on waits for the server.
        bound.listen(512)
        held.pop_all()
        return bound


@contextlib.contextmanager
def served(app: ASGIApp, bound: socket.socket | None = None, **options: Any) -> Iterator[str]:
    """Serve in a thread while the block runs; yields the host with its port.

    Args:
        app: the application.
        bound: where it is served; any free port without it.
        options: more settings of uvicorn, such as a certificate.
    """
    bound = bound or listening()
    config = uvicorn.Config(
        app, lifespan="off", ws="none", log_level="error", timeout_graceful_shutdown=1, **options
    )
    server = uvicorn.Server(config)
    # Not in the main thread, which may wait for Ctrl-C and then clean up.
    thread = threading.Thread(target=server.run, args=([bound],), daemon=True)
    thread.start()
    try:
        yield f"{HOST}:{bound.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(5)
