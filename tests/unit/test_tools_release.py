"""`make release-check`: what was forgotten is found before the tag is pushed, not after."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tools import package, release

CHANGELOG = "# Changelog\n\n## [0.2.0] - 2027-01-31\n\n- New.\n\n## [0.1.0] - Unreleased\n\n"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout that is ready for version 0.2.0."""
    monkeypatch.setattr(release, "REPOSITORY", tmp_path)
    monkeypatch.setattr(release, "listed", lambda *_: [tmp_path / "CHANGELOG.md"])
    monkeypatch.setattr(package, "problems", lambda _: [])
    monkeypatch.setattr(release, "docs_problems", lambda: iter(()))
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG, encoding="utf-8")
    git(tmp_path, "init", "--quiet")
    commit(tmp_path)
    return tmp_path


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=x", "-c", "user.email=x@example.com")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def commit(folder: Path) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message=x")


def test_a_checkout_that_is_ready_passes_before_and_after_its_tag(repository: Path) -> None:
    assert list(release.problems("0.2.0")) == []
    git(repository, "tag", "v0.2.0")
    assert list(release.problems("0.2.0")) == []
    commit(repository)
    (problem,) = release.problems("0.2.0")
    assert "the tag v0.2.0 is at another commit" in problem


def test_what_is_not_committed_would_not_be_released(repository: Path) -> None:
    (repository / "new.tf").touch()
    (problem,) = release.problems("0.2.0")
    assert "commit or stash" in problem


@pytest.mark.parametrize(
    ("version", "problem"),
    [
        ("v0.2.0", "not a version: write it as 0.1.0, without a v"),
        ("0.2", "not a version"),
        ("0.3.0", r"CHANGELOG\.md has no section '## \[0\.3\.0\] - DATE'"),
        ("0.1.0", "gives version 0.1.0 the date 'Unreleased': write it as YYYY-MM-DD"),
    ],
)
def test_a_version_without_its_changes_is_not_released(
    repository: Path, version: str, problem: str
) -> None:
    assert repository
    assert any(re.search(problem, found) for found in release.problems(version))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('source = "a/face-compare/aws" # x\n  version = "~> 0.1"\n', 'write "~> 0.2".'),
        ('source = "a/face-compare/aws//modules/batch"\n version = "0.2.1"\n', 'write "~> 0.2".'),
        ("git::https://x/a/terraform-aws-face-compare.git?ref=v0.1.0", "write ?ref=v0.2.0."),
        ('source = "OWNER/face-compare/aws"\n  version = "~> 0.2"\n', "write who publishes it."),
    ],
)
def test_a_source_address_that_readers_copy_leads_to_this_version(text: str, problem: str) -> None:
    (found,) = release.address_problems("0.2.0", {"README.md": text})
    assert found.endswith(problem)
    good = text.replace("0.1.0", "0.2.0").replace("~> 0.1", "~> 0.2").replace("0.2.1", "0.2.0")
    good = good.replace("OWNER", "a")
    assert list(release.address_problems("0.2.0", {"README.md": good})) == []
