"""Starting the stack: a part that fails says so, and nothing of it stays."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from local import stack
from local.stack import RekognitionOptions, Stack, StackError


def test_a_part_that_does_not_start_is_named_with_the_end_of_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho no emulator here\nexit 1\n")
    python.chmod(0o755)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    monkeypatch.setattr(stack, "venv_python", lambda _name: python)
    with pytest.raises(StackError) as failed, Stack(RekognitionOptions(scripted=True)):
        pytest.fail("it started")
    assert "the emulated AWS ended with code 1" in str(failed.value)
    assert "no emulator here" in str(failed.value)
    assert list(scratch.iterdir()) == []
