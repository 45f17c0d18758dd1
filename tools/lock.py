"""One installer at a time, also between processes."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.failure import ToolError
from tools.progress import say


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the lock file at `path`; say so once when another process has it and wait.

    The kernel frees the lock when its holder dies, so none is ever stale. Everything that writes
    into the cache takes a lock first: a cache that is not writable raises ToolError.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = path.open("w")
    except OSError as error:
        raise ToolError(
            f"the cache is not writable ({error.filename}: {error.strerror}): set"
            " FACE_COMPARE_CACHE to a folder that is."
        ) from None
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another process that installs the same ({path.name})")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
