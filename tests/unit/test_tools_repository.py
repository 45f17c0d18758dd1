"""What must hold for every file of the repository."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools import workspace
from tools.failure import ToolError
from tools.places import REPOSITORY, TOOLS, listed
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


def texts() -> Iterator[tuple[str, str]]:
    """Every text file that is committed or could be; skips the test where git cannot list them."""
    try:
        paths = listed()
    except ToolError as error:
        pytest.skip(f"an export without git: {error}")
    for path in paths:
        content = path.read_bytes()
        if b"\0" not in content:
            yield str(path.relative_to(REPOSITORY)), content.decode()


def test_no_file_names_a_registry() -> None:
    """A clone behind a mirror must not be sent elsewhere by an address in a file."""
    found = {name: text.lower() for name, text in texts()}
    assert {"tools/requirements/dev.txt", "tools/go/tofu/go.mod", "Makefile"} <= found.keys()
    named = [f"{name}: {host}" for name in found for host in REGISTRY_HOSTS if host in found[name]]
    assert named == []


@pytest.mark.parametrize("name", NAMES)
def test_every_python_package_is_pinned_with_hashes(name: str) -> None:
    lines = (TOOLS / "requirements" / f"{name}.txt").read_text().splitlines()
    packages = [at for at, line in enumerate(lines) if re.match(r"[a-z0-9]", line)]
    assert packages
    for at in packages:
        assert re.match(r"[a-z0-9._-]+==\S+ ", lines[at]), lines[at]
        assert lines[at + 1].startswith("    --hash=sha256:"), lines[at]
    assert not [line for line in lines if "://" in line], "an address"


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
