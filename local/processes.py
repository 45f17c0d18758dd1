"""Programs that this one starts: none of them outlives it, however it ends."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import IO, Any, NoReturn

from tools.lifetime import bound

_ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def start(
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str],
    cwd: Path,
    output: IO[Any] | int,
) -> subprocess.Popen[str]:
    """Start a program with exactly this environment, as the leader of a process group.

    On Linux the kernel kills it when the thread that called this ends, so that even a killed demo
    leaves no server running.
    """
    return subprocess.Popen(
        bound([*map(str, command)], "KILL"),
        cwd=cwd,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        # Ctrl-C in the terminal reaches this program alone, which then ends the others.
        start_new_session=True,
    )


@contextlib.contextmanager
def guarded(process: subprocess.Popen[str]) -> Iterator[None]:
    """While the block runs: if this program is killed, kill all that the other one has started.

    Terraform's plugins need this. They go on when Terraform is gone, until they write something.
    """
    # A killed program cannot send the line that ends the reading well.
    kill_unless_told = 'read -r _ || kill -s KILL -- "-$1"'
    with subprocess.Popen(
        ["sh", "-c", kill_unless_told, "sh", str(process.pid)],
        stdin=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as guard:
        try:
            yield
        finally:
            guard.communicate(b"\n")


def end(process: subprocess.Popen[str]) -> None:
    """Kill a program and everything that it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def log_tail(log: Path, lines: int = 15) -> str:
    """Return the last lines of a log, indented."""
    text = log.read_text(encoding="utf-8", errors="replace")
    tail = [f"    {line}" for line in text.splitlines()[-lines:]]
    return "\n".join(tail) or "    (it wrote nothing)"


@contextlib.contextmanager
def endings_unwind() -> Iterator[None]:
    """Make the first Ctrl-C, SIGTERM or SIGHUP unwind the stack, so that clean-up code runs.

    Raises:
        KeyboardInterrupt: after Ctrl-C, from wherever the main thread is.
        SystemExit: after the others, with 128 + the signal's number.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, _unwind) for number in _ENDINGS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def ignore_endings() -> None:
    """Let no signal disturb the clean-up, until ``endings_unwind`` is left."""
    if threading.current_thread() is threading.main_thread():
        for number in _ENDINGS:
            # Not SIG_IGN, which the programs that are started from here would inherit.
            signal.signal(number, lambda _number, _frame: None)


def _unwind(number: int, _frame: FrameType | None) -> NoReturn:
    ignore_endings()
    raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(128 + number)
