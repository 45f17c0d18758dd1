"""One installer at a time, also between processes."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.progress import say


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the lock file at `path`; say so once when another process has it and wait.

    The kernel frees the lock when its holder dies, so none is ever stale.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another process that installs the same ({path.name})")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
