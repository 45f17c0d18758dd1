"""`make package`: nothing is written by mistake, and the README names the zip that is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import package

README = "The SHA-256 of `lambda/face_compare.zip`: `0123abc`.\n"


@pytest.fixture
def readme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of which only the zip and the README are others."""
    path = tmp_path / "README.md"
    path.write_text(README, encoding="utf-8")
    monkeypatch.setattr(package, "REPOSITORY", tmp_path)
    monkeypatch.setattr(package, "README", path)
    monkeypatch.setattr(package, "ZIP", tmp_path / "face_compare.zip")
    return path


def test_what_is_written_passes_the_check(readme: Path) -> None:
    """Otherwise `make package` would not fix what the check complains about."""
    assert len(package.problems(package.build())) == 2
    package.main()
    assert package.digest(package.ZIP.read_bytes()) in readme.read_text(encoding="utf-8")
    assert package.problems(package.build()) == []
