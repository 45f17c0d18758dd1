"""Programs that the stack starts: none outlives it, and it ends tidily."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from local import processes
from local.waiting import eventually
from tools.places import REPOSITORY

_SLEEP = "import time; time.sleep(60)"
_PARENT = f"""\
import subprocess, sys, time
print(subprocess.Popen([sys.executable, "-c", {_SLEEP!r}]).pid, flush=True)
time.sleep(60)
"""


def _start(tmp_path: Path, code: str) -> subprocess.Popen[str]:
    return processes.start(
        [sys.executable, "-c", code],
        environment={"PATH": "/usr/bin:/bin"},
        cwd=tmp_path,
        output=subprocess.PIPE,
    )


def _first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def _alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def _kill_what_starts_another(code: str, folder: Path) -> None:
    """Kill a program that prints a process number, and wait for the end of that process too."""
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=folder,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        text=True,
    ) as demo:
        started = int(_first_line(demo))
        assert _alive(started)
        demo.kill()
    eventually(lambda: not _alive(started), 30, "the other's end", every=0.02)


def test_a_functions_process_ends_with_the_emulator(tmp_path: Path) -> None:
    parent = _start(tmp_path, _PARENT)
    child = int(_first_line(parent))
    assert _alive(child)
    processes.end(parent)
    eventually(lambda: not _alive(child), 30, "the child's end", every=0.02)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel's part is Linux's")
def test_a_killed_demo_leaves_no_server_listening(tmp_path: Path) -> None:
    code = f"""\
import subprocess, sys, time
from pathlib import Path
from local import processes
command = [sys.executable, "-c", "print(flush=True); {_SLEEP}"]
child = processes.start(command, environment={{}}, cwd=Path("/"), output=subprocess.PIPE)
# Only when the program itself runs, the kernel knows that it is to end with this one.
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(60)
"""
    _kill_what_starts_another(code, tmp_path)


def test_a_killed_demo_leaves_no_plugin_of_terraform(tmp_path: Path) -> None:
    """Plugins do not end with Terraform, and hold 200 MB each."""
    code = f"""\
import subprocess, sys
from pathlib import Path
from local import processes
command = [sys.executable, "-c", {_PARENT!r}]
child = processes.start(command, environment={{}}, cwd=Path("/"), output=subprocess.PIPE)
with processes.guarded(child):
    print(child.stdout.readline(), end="", flush=True)
    child.wait()
"""
    _kill_what_starts_another(code, tmp_path)


def test_what_ends_as_planned_is_not_killed(tmp_path: Path) -> None:
    child = _start(tmp_path, "input()")
    with processes.guarded(child):
        assert child.wait(60) == 1
    child = _start(tmp_path, "print()")
    with processes.guarded(child):
        assert _first_line(child) == ""
    assert child.wait(60) == 0


def test_no_credentials_of_the_user_reach_the_stack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "real")
    child = _start(tmp_path, "import os; print(sorted(os.environ))")
    assert "AWS_SECRET_ACCESS_KEY" not in _first_line(child)
    processes.end(child)


@pytest.mark.parametrize(
    ("number", "raised"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)]
)
def test_an_interrupted_demo_cleans_up_and_a_second_ctrl_c_does_not_disturb_it(
    number: signal.Signals, raised: type[BaseException]
) -> None:
    before, cleaned = signal.getsignal(number), []

    def work() -> None:
        with processes.endings_unwind():
            try:
                os.kill(os.getpid(), number)
                time.sleep(5)
            finally:
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(0.05)
                cleaned.append(True)

    with pytest.raises(raised) as ended:
        work()
    assert cleaned
    assert signal.getsignal(number) is before
    if isinstance(ended.value, SystemExit):
        assert ended.value.code == 128 + number
