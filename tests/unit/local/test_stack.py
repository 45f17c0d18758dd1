"""Starting the stack: a part that fails says so, and nothing of it stays."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from local.stack import RekognitionOptions, Stack, StackError


class Broken(Stack):
    """A stack whose stand-in ends at once."""

    def _run(self, name: str, command: list[str | Path], environment: Mapping[str, str]) -> None:
        assert command
        code = "import time; time.sleep(60)"
        if name == "rekognition":
            code = "raise SystemExit('no models here')"
        super()._run(name, [sys.executable, "-c", code], environment)

    def _wait(self, name: str, url: str, what: str) -> None:
        # The emulator of this test never answers.
        if name == "rekognition":
            super()._wait(name, url, what)


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("FACE_COMPARE_EMULATOR_PYTHON", sys.executable)
    return tmp_path


def test_a_part_that_does_not_start_is_named_with_the_end_of_its_log(scratch: Path) -> None:
    """Else a newcomer would wait a minute and see a time-out."""
    with pytest.raises(StackError) as failed, Broken():
        pytest.fail("it started")
    assert "the Rekognition stand-in ended with code 1" in str(failed.value)
    assert "no models here" in str(failed.value)
    assert list(scratch.iterdir()) == []


def test_the_stand_ins_options_become_its_command_line() -> None:
    """Else a benchmark would measure without the quota it asked for."""
    assert RekognitionOptions().arguments() == ["--preload"]
    options = RekognitionOptions(latency_ms=300, tps=5, scripted=True)
    words = ["--engine", "scripted", "--latency-ms", "300", "--tps", "5"]
    assert options.arguments() == words
