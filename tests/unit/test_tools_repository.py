"""What must hold for every file of the repository."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools import workspace
from tools.places import REPOSITORY, TOOLS
from tools.venv import NAMES

# In pieces, so that this file names none itself.
REGISTRY_HOSTS = tuple(
    ".".join(pieces)
    for pieces in (
        ("registry", "terraform", "io"),
        ("registry", "opentofu", "org"),
        ("proxy", "golang", "org"),
        ("sum", "golang", "org"),
        ("pypi", "org"),
        ("files", "pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("deb", "debian", "org"),
        ("releases", "hashicorp", "com"),
    )
)


def texts(repository: Path = REPOSITORY) -> Iterator[tuple[Path, str]]:
    """Every text file that is committed or could be; skips the test where git cannot list them."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip(f"an export without git: {listed.stderr.strip()}")
    for name in filter(None, listed.stdout.split("\0")):
        path = repository / name
        if path.is_file():
            content = path.read_bytes()
            if b"\0" not in content:
                yield path.relative_to(repository), content.decode()


def test_no_file_names_a_registry() -> None:
    """A clone behind a mirror must not be sent elsewhere by an address in a file."""
    found = [
        f"{path}: {host}"
        for path, text in texts()
        for host in REGISTRY_HOSTS
        if host in text.lower()
    ]
    assert found == []


def test_the_search_sees_the_files_that_pin() -> None:
    """A listing that came back empty would make the test above pass."""
    names = {str(path) for path, _ in texts()}
    assert {"tools/requirements/dev.txt", "tools/go/tofu/go.mod", "Makefile"} <= names


def test_an_export_without_git_skips_with_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else whoever unpacks an archive of the source would see tests fail that cannot pass."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(pytest.skip.Exception, match="an export without git"):
        list(texts(tmp_path))


@pytest.mark.parametrize("name", NAMES)
def test_every_python_package_is_pinned_with_hashes(name: str) -> None:
    lines = (TOOLS / "requirements" / f"{name}.txt").read_text().splitlines()
    packages = [at for at, line in enumerate(lines) if re.match(r"[a-z0-9]", line)]
    assert packages
    for at in packages:
        assert re.match(r"[a-z0-9._-]+==\S+ ", lines[at]), lines[at]
        assert lines[at + 1].startswith("    --hash=sha256:"), lines[at]


def test_a_copy_of_the_module_takes_no_state_along(tmp_path: Path) -> None:
    """State or a lock file of the developer's would make native tests pass only there."""
    repository = tmp_path / "repository"
    example = repository / "examples" / "minimal"
    (example / ".terraform").mkdir(parents=True)
    for name in (
        "main.tf",
        "dev_override.tf",
        "terraform.tfstate",
        "terraform.tfstate.backup",
        ".terraform.lock.hcl",
        "mine.tfvars",
    ):
        (example / name).touch()
        (repository / name).touch()
    copy = workspace.copy_to(tmp_path / "copy", repository)
    copied = sorted(str(path.relative_to(copy)) for path in copy.rglob("*") if path.is_file())
    assert copied == ["examples/minimal/main.tf", "main.tf"]
    assert workspace.modules(copy) == [copy, copy / "examples" / "minimal"]
