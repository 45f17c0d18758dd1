"""Linux's promise that a process gets a signal when its parent ends."""

from __future__ import annotations

import ctypes
import platform
import signal
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
"""Source: prctl(2)."""


def request(number: signal.Signals) -> Callable[[], None] | None:
    """Return what asks the kernel for it in the process that calls it; None on other systems.

    The C library is looked up here: between fork and exec as little as possible should happen.
    Whoever asks then has to look whether the parent has ended before.
    """
    # Asked at run time: mypy takes sys.platform for a constant.
    if platform.system() != "Linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)

    return ask
