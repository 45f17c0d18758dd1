"""Child processes: none outlives us."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from local import processes
from tests.waiting import eventually
from tools.places import REPOSITORY

_GRANDCHILD = (
    "import subprocess, sys, time;"
    "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
    "print(p.pid, flush=True); time.sleep(60)"
)


def _start(tmp_path: Path, code: str) -> processes.Child:
    return processes.start(
        "child",
        [sys.executable, "-c", code],
        environment={"PATH": "/usr/bin:/bin"},
        log=tmp_path / "log",
        cwd=tmp_path,
    )


def _until(text: Path) -> str:
    return eventually(
        lambda: text.read_text().strip() if text.exists() else "", 10, f"{text}", every=0.02
    )


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_killing_a_child_takes_its_children_along(tmp_path: Path) -> None:
    """Else a function's process would go on after the emulator."""
    child = _start(tmp_path, _GRANDCHILD)
    grandchild = int(_until(tmp_path / "log"))
    assert _alive(grandchild)
    child.kill()
    assert not _alive(child.process.pid)
    assert not _alive(grandchild)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel's part is Linux's")
def test_a_child_dies_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    """Else a killed demo would leave servers listening."""
    code = (
        "import sys, time; from pathlib import Path; from local import processes;"
        f"c = processes.start('c', [sys.executable, '-c', 'import time; time.sleep(60)'],"
        f" environment={{}}, log=Path({str(tmp_path / 'inner')!r}), cwd=Path('/'));"
        "print(c.process.pid, flush=True); time.sleep(60)"
    )
    with (tmp_path / "pid").open("wb") as out:
        parent = subprocess.Popen(
            [sys.executable, "-c", code],
            stdout=out,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        )
    child = int(_until(tmp_path / "pid"))
    assert _alive(child)
    parent.kill()
    parent.wait()
    eventually(lambda: not _alive(child), 5, "the child's end", every=0.02)


def test_the_environment_is_exactly_the_one_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a user's real AWS credentials could reach the stack."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "real")
    child = _start(tmp_path, "import os; print(sorted(os.environ))")
    child.process.wait(timeout=10)
    assert "AWS_SECRET_ACCESS_KEY" not in (tmp_path / "log").read_text()
    child.kill()


def test_a_signal_in_a_held_moment_comes_afterwards() -> None:
    """Else Ctrl-C could tear a clean-up apart."""
    done = []

    def tidy() -> None:
        with processes.endings_held():
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.05)
            done.append("clean-up")

    with pytest.raises(KeyboardInterrupt):
        tidy()
    assert done == ["clean-up"]


def test_sigterm_unwinds_like_ctrl_c() -> None:
    """Else a stopped CI job would leave everything behind."""
    cleaned = []

    def work() -> None:
        with processes.endings_unwind():
            try:
                os.kill(os.getpid(), signal.SIGTERM)
                time.sleep(5)
            finally:
                cleaned.append(True)

    with pytest.raises(SystemExit) as ended:
        work()
    assert ended.value.code == 143
    assert cleaned
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_the_end_of_a_log_is_shown(tmp_path: Path) -> None:
    """Else a start that failed would not say why."""
    child = _start(tmp_path, "print('a'); print('b'); raise SystemExit(3)")
    assert child.process.wait(timeout=10) == 3
    assert child.log_tail(1) == "    b"
    child.kill()
    silent = _start(tmp_path, "")
    silent.process.wait(timeout=10)
    assert silent.log_tail() == "    (it wrote nothing)"
    silent.kill()
