"""What a consumer downloads: the archive of a release, or a clone."""

from __future__ import annotations

import gzip
import io
import re
import subprocess
import tarfile

import pytest

from tools.places import REPOSITORY, listed

SIZES = re.compile(r"this repository, about (\d+) MB.*archive of a release has about (\d+) KB")


def git(*words: str) -> bytes:
    return subprocess.run(["git", *words], cwd=REPOSITORY, capture_output=True, check=True).stdout


def archive(*settings: str) -> bytes:
    # Changes that are not committed yet are part of it.
    commit = git("stash", "create").decode().strip() or "HEAD"
    return git(*settings, "archive", "--worktree-attributes", commit)


def test_an_archive_has_what_a_consumer_runs_and_reads_and_nothing_else() -> None:
    with tarfile.open(fileobj=io.BytesIO(archive())) as files:
        names = {name for name in files.getnames() if "/" not in name}
        assert "modules/batch/tests" not in files.getnames()
    configuration = {path.name for path in REPOSITORY.glob("*.tf")}
    documents = {path.name for path in REPOSITORY.glob("*.md")}
    assert names == configuration | documents | {"LICENSE", "docs", "examples", "lambda", "modules"}


def test_git_on_windows_writes_the_same_files() -> None:
    windows = archive("-c", "core.autocrlf=true", "-c", "core.eol=crlf")
    assert windows == archive()


def test_every_example_shows_the_address_that_is_used_outside_this_repository() -> None:
    for path in listed("examples/*/main.tf"):
        for module in re.findall(r'source = "\.\./\.\.(.*)"', path.read_text(encoding="utf-8")):
            folder = f"/{module}" if module else ""
            address = (
                "  # Outside this repository:\n"
                f'  # source  = "OWNER/face-compare/aws{folder}"\n'
                '  # version = "~> 0.1"\n'
                f'  source = "../..{module}"\n'
            )
            assert address in path.read_text(encoding="utf-8"), path


def test_the_readme_tells_how_much_init_downloads() -> None:
    told = SIZES.search((REPOSITORY / "README.md").read_text(encoding="utf-8"))
    assert told
    assert int(told[2]) == pytest.approx(len(gzip.compress(archive())) / 1000, rel=0.25)
    # A shallow clone has less.
    assert len(git("bundle", "create", "-", "HEAD")) / 1e6 < int(told[1]) + 1
