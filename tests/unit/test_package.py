"""Otherwise reviewers would read one code, and users would run another."""

from __future__ import annotations

import io
import os
import shutil
import zipfile
from pathlib import Path

from tools import package


def test_the_committed_zip_and_its_digest_fit_the_source() -> None:
    assert package.problems(package.build()) == []


def test_a_changed_source_is_noticed(tmp_path: Path) -> None:
    shutil.copytree(package.SOURCE / "face_compare", tmp_path / "face_compare")
    changed = tmp_path / "face_compare" / "model" / "rule.py"
    changed.write_text(changed.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
    assert len(package.problems(package.build(tmp_path))) == 2


def test_every_machine_builds_the_same_bytes(tmp_path: Path) -> None:
    """Times, permissions, the order of the files and other files beside them must not matter."""
    for source in sorted((package.SOURCE / "face_compare").rglob("*.py"), reverse=True):
        copy = tmp_path / source.relative_to(package.SOURCE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(source.read_bytes())
        copy.chmod(0o600)
        os.utime(copy, (1_700_000_000, 1_700_000_000))
    (tmp_path / "face_compare" / "__pycache__").mkdir()
    (tmp_path / "face_compare" / "__pycache__" / "x.pyc").write_bytes(b"x")
    assert package.build(tmp_path) == package.ZIP.read_bytes()


def test_the_zip_holds_readable_source_and_nothing_else() -> None:
    with zipfile.ZipFile(io.BytesIO(package.build())) as archive:
        for entry in archive.infolist():
            assert entry.filename.startswith("face_compare/")
            assert entry.filename.endswith(".py")
            assert entry.compress_type == zipfile.ZIP_STORED
            assert entry.external_attr >> 16 == 0o100644
