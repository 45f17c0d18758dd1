"""However a demo or a playground ends, nothing of it goes on and nothing is left on disk."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from local.waiting import eventually
from tools.places import REPOSITORY

_LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only on Linux")
_DEMO, _PLAYGROUND = "local.demo", "local.playground"
_APPLYING = "lifecycle_configuration.image[0]: Creating"


def _running_with(mark: str) -> list[str]:
    """Command lines of all processes that have the mark in their environment or arguments."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            command = " ".join(process.cmdline())
            if mark in command or any(mark in value for value in process.environ().values()):
                found.append(command)
    return found


@pytest.mark.parametrize(
    ("program", "ending", "code"),
    [
        (_DEMO, signal.SIGINT, 130),
        (_PLAYGROUND, signal.SIGTERM, 143),
        # Nothing can clean up after this one, but on Linux the kernel ends the processes.
        pytest.param(_DEMO, signal.SIGKILL, -signal.SIGKILL, marks=_LINUX),
    ],
)
def test_what_is_interrupted_leaves_no_server_listening_and_no_photo_in_the_temporary_folder(
    tmp_path: Path, program: str, ending: signal.Signals, code: int
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    log = tmp_path / "log"
    environment = {
        **os.environ,
        "PYTHONPATH": str(REPOSITORY),
        "PYTHONUNBUFFERED": "1",
        "TMPDIR": str(scratch),
    }
    with log.open("wb") as out:
        demo = subprocess.Popen(
            [sys.executable, "-m", program],
            cwd=tmp_path,
            env=environment,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_for(_APPLYING, log, demo)
        at_work = _running_with(str(scratch))
        assert len(at_work) > 1, "there was nothing to leave behind"
        demo.send_signal(ending)
        assert demo.wait(timeout=120) == code, log.read_text()
    finally:
        demo.kill()
        demo.wait()
    eventually(
        lambda: not _running_with(str(scratch)),
        60,
        "the end of",
        why=lambda: _running_with(str(scratch)),
    )
    assert ending is signal.SIGKILL or list(scratch.iterdir()) == []
    assert "Traceback" not in log.read_text()


def test_a_playground_that_cannot_be_applied_leaves_nothing(tmp_path: Path) -> None:
    environment = {**os.environ, "PATH": "/usr/bin:/bin", "PYTHONPATH": str(REPOSITORY)}
    failed = subprocess.run(
        [sys.executable, "-m", _PLAYGROUND],
        cwd=tmp_path,
        env={**environment, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert failed.returncode == 1, failed.stdout
    assert "terraform is not on PATH" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert list(tmp_path.iterdir()) == []
    assert _running_with(str(tmp_path)) == []


def _wait_for(text: str, log: Path, demo: subprocess.Popen[bytes]) -> None:
    def written() -> str:
        return log.read_text(encoding="utf-8")

    def runs() -> None:
        assert demo.poll() is None, written()

    eventually(lambda: text in written(), 120, repr(text), every=0.05, check=runs, why=written)
    # The step has been announced; let it get going.
    time.sleep(0.3)
