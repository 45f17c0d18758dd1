"""The one kind of error whose text is meant for the person at the terminal."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn


class ToolError(Exception):
    """Something the user can fix; the message is one sentence that says how."""


@contextmanager
def reported() -> Iterator[None]:
    """Turn a ToolError into one line on stderr and exit status 1, and Ctrl-C into 130.

    SIGTERM unwinds the stack too, so that temporary folders are removed.
    """
    signal.signal(signal.SIGTERM, _terminated)
    try:
        yield
    except ToolError as error:
        sys.exit(f"tools: {error}")
    except KeyboardInterrupt:
        print("tools: interrupted; nothing was left half-installed.", file=sys.stderr)
        sys.exit(130)


def _terminated(signal_number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(128 + signal_number)
