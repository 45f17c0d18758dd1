"""Waits with a deadline, which say what did not happen."""

from __future__ import annotations

import time
from collections.abc import Callable


def eventually[Found](
    condition: Callable[[], Found],
    seconds: float,
    what: str,
    *,
    every: float = 0.1,
    check: Callable[[], None] = lambda: None,
    why: Callable[[], object] = lambda: "",
) -> Found:
    """Wait until the condition is true, and return its value.

    Args:
        condition: called again and again until its value is true.
        seconds: how long at most.
        what: the name of what is waited for, for the failure.
        every: seconds between two calls.
        check: called before each call of the condition; an exception ends the wait.
        why: called after the deadline; the failure ends with its value.

    Raises:
        AssertionError: the deadline passed.
    """
    deadline = time.monotonic() + seconds
    while True:
        check()
        if found := condition():
            return found
        if time.monotonic() >= deadline:
            raise AssertionError(f"waited {seconds:g} s in vain for {what} {why()}".rstrip())
        time.sleep(every)
