"""Never outlive the process that started this one."""

from __future__ import annotations

import os
import signal
import threading
import time

from local import parent_death


def end_with_parent() -> None:
    """Let this process get SIGTERM when its parent ends. Call it first of all, in the main thread.

    On Linux the kernel does it; elsewhere a thread looks every half second.
    """
    parent = os.getppid()
    ask = parent_death.request(signal.SIGTERM)
    if ask is not None:
        ask()
        if os.getppid() != parent:
            # The parent ended before the kernel was told.
            raise SystemExit(0)
    else:
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGTERM)
