"""Visible progress on stderr."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_EVERY_SECONDS = 30.0


def say(text: str) -> None:
    """Print one line of progress."""
    print(f"tools: {text}", file=sys.stderr, flush=True)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Show `title`, how long it has taken every half minute, and how long it took in the end."""
    started = time.monotonic()
    ended = threading.Event()

    def elapsed() -> str:
        minutes, seconds = divmod(int(time.monotonic() - started), 60)
        return f"{minutes}:{seconds:02d}"

    def tick() -> None:
        while not ended.wait(_EVERY_SECONDS):
            say(f"{title}: {elapsed()} elapsed")

    say(f"{title} …")
    threading.Thread(target=tick, daemon=True).start()
    outcome = "failed"
    try:
        yield
        outcome = "done"
    finally:
        ended.set()
        say(f"{title}: {outcome} after {elapsed()}")
