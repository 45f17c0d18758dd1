"""`make package`: nothing is written by mistake, and zip and README never part."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import package
from tools.failure import ToolError

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


@pytest.mark.parametrize("argument", ["--chekc", "--ch", "check"])
def test_a_misspelt_check_writes_nothing(
    readme: Path, argument: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else a check in CI would make what it should find wrong, and pass."""
    with pytest.raises(SystemExit) as ended:
        package.main([argument])
    assert ended.value.code == 2
    assert argument in capsys.readouterr().err
    assert readme.read_text(encoding="utf-8") == README
    assert not package.ZIP.exists()


def test_what_is_written_passes_the_check(readme: Path) -> None:
    """Else `make package` would not mend what the check complains about."""
    assert package.main(["--check"]) == 1
    assert package.main([]) == 0
    assert package.digest(package.ZIP.read_bytes()) in readme.read_text(encoding="utf-8")
    assert package.main(["--check"]) == 0


def test_a_readme_without_a_place_for_the_digest_is_told_and_nothing_is_written(
    readme: Path,
) -> None:
    """Else the digest would stay an old one whatever `make package` said."""
    readme.write_text("# Nothing of the kind\n", encoding="utf-8")
    with pytest.raises(ToolError, match="no place for the zip's digest"):
        package.readme_with("00", readme.read_text(encoding="utf-8"))
    with pytest.raises(SystemExit, match=r"^tools: README\.md has no place"):
        package.main([])
    assert not package.ZIP.exists()
