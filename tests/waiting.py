"""Waiting for what comes soon: with a deadline, and a sentence about what did not come."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def eventually[Found](
    condition: Callable[[], Found],
    seconds: float,
    what: str,
    *,
    every: float = 0.1,
    check: Callable[[], None] = lambda: None,
    why: Callable[[], object] = lambda: "",
) -> Found:
    """Wait until the condition holds, and return what it gave.

    Args:
        condition: asked again and again; anything that counts as false is waited on.
        seconds: how long at most.
        what: what is waited for, as the failure names it.
        every: seconds between two looks.
        check: called before each look; what it raises ends the waiting, such as
            ``EventSource.check``.
        why: asked once it was in vain; the failure ends with it.

    Raises:
        AssertionError: it did not come.
    """
    deadline = time.monotonic() + seconds
    while True:
        check()
        if found := condition():
            return found
        if time.monotonic() >= deadline:
            raise AssertionError(f"waited {seconds:g} s in vain for {what} {why()}".rstrip())
        time.sleep(every)
