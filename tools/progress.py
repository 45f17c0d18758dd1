"""Visible progress on stderr: a live line on a terminal, a line now and then in a log."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_LOG_EVERY = 30.0
_TERMINAL_EVERY = 1.0


def say(text: str) -> None:
    """Print one line of progress."""
    print(f"tools: {text}", file=sys.stderr, flush=True)


def clock(seconds: float) -> str:
    """Seconds as minutes and seconds, such as "2:05"."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"


class Step:
    """What is being done now; the doer may say how far it is through `detail`."""

    def __init__(self, title: str) -> None:
        """Name the step; the clock starts here."""
        self.title = title
        self.detail = ""
        self.started = time.monotonic()

    def line(self) -> str:
        """The step as one line with its elapsed time."""
        detail = f", {self.detail}" if self.detail else ""
        return f"tools: {self.title}: {clock(time.monotonic() - self.started)} elapsed{detail}"


@contextmanager
def step(title: str) -> Iterator[Step]:
    """Show `title` with a running clock until the block ends, then how long it took."""
    live = sys.stderr.isatty()
    current = Step(title)
    ended = threading.Event()

    def show() -> None:
        while not ended.wait(_TERMINAL_EVERY if live else _LOG_EVERY):
            text = current.line()
            # Longer lines would wrap, and a wrapped line cannot be overwritten.
            print(
                f"\r\033[K{text[:118]}" if live else text,
                end="" if live else "\n",
                file=sys.stderr,
                flush=True,
            )

    say(f"{title} …")
    ticker = threading.Thread(target=show, daemon=True)
    ticker.start()
    outcome = "failed"
    try:
        yield current
        outcome = "done"
    finally:
        ended.set()
        ticker.join()
        if live:
            print("\r\033[K", end="", file=sys.stderr)
        say(f"{title}: {outcome} after {clock(time.monotonic() - current.started)}")
