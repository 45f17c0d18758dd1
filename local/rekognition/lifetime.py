"""Never outlive the process that started this one."""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import threading
import time

_PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    """Let this process get SIGTERM when its parent ends. Call it first of all, in the main thread.

    On Linux the kernel does it; elsewhere a thread looks every half second.
    """
    parent = os.getppid()
    # Asked at run time: mypy takes sys.platform for a constant.
    if platform.system() == "Linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            # The parent ended before the kernel was told.
            raise SystemExit(0)
    else:
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGTERM)
