"""Child processes that never outlive this one, whatever ends it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from local import parent_death

_ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Child:
    """A running program, leader of a process group of its own."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def exit_code(self) -> int | None:
        """None while it runs."""
        return self.process.poll()

    def log_tail(self, lines: int = 15) -> str:
        """The last lines it wrote, indented; "(it wrote nothing)" when there are none."""
        try:
            text = self.log.read_text(encoding="utf-8", errors="replace")
        except OSError:
            text = ""
        tail = [f"    {line}" for line in text.splitlines()[-lines:]]
        return "\n".join(tail) or "    (it wrote nothing)"

    def kill(self) -> None:
        """End it and everything it started, at once; what it worked on is thrown away anyway."""
        # Before the leader is waited for, so that the group's number cannot have been given away.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        deadline = time.monotonic() + 2
        while time.monotonic() < deadline and group_is_alive(self.process.pid):
            time.sleep(0.01)


def start(
    name: str,
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str],
    log: Path,
    cwd: Path,
    on_our_death: signal.Signals = signal.SIGKILL,
) -> Child:
    """Start a program with exactly this environment, its output in a file.

    On Linux the kernel sends it on_our_death when the starting thread ends, so even a killed demo
    leaves nothing running. Call it from a thread that lives as long as the program may.

    Raises:
        OSError: the program cannot be executed.
    """
    with log.open("wb") as out:
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=cwd,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            # A group of its own: Ctrl-C in the terminal reaches us alone, and we end the others.
            start_new_session=True,
            # One call of the C library, looked up before the fork: nothing that threads could hold.
            preexec_fn=_die_with_parent(on_our_death),  # noqa: PLW1509
        )
    return Child(name, process, log)


@contextlib.contextmanager
def endings_held() -> Iterator[None]:
    """Hold back Ctrl-C and its kin for a moment that must not be torn (start, clean-up).

    The first signal that arrived meanwhile is delivered afterwards.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    arrived: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        arrived.append(number)

    before = {number: signal.signal(number, note) for number in _ENDINGS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if arrived:
        signal.raise_signal(signal.Signals(arrived[0]))


@contextlib.contextmanager
def endings_unwind() -> Iterator[None]:
    """Make SIGTERM and SIGHUP unwind the stack like Ctrl-C, so that clean-up code runs.

    Raises:
        SystemExit: with 128 + the signal's number, from wherever the main thread is.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def unwind(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, unwind) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def group_is_alive(group: int) -> bool:
    """Whether any process but zombies is left in a process group (Linux; False elsewhere)."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _parent, its_group = stat.read_text().rpartition(")")[2].split()[:3]
        except (OSError, ValueError):
            continue
        if int(its_group) == group and state not in "ZX":
            return True
    return False


def _die_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    ask = parent_death.request(number)
    if ask is None:
        return None
    parent = os.getpid()

    def ask_in_child() -> None:
        ask()
        if os.getppid() != parent:
            os.kill(os.getpid(), int(number))

    return ask_in_child
