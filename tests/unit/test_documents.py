"""What the documents claim and where they point: a page that misleads is worse than none."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tools.places import REPOSITORY

_LISTED = subprocess.run(
    ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
    cwd=REPOSITORY,
    capture_output=True,
    text=True,
    check=False,
).stdout.split()
# An export without git has no other Markdown than ours.
PAGES = sorted(REPOSITORY / name for name in _LISTED) or sorted(REPOSITORY.rglob("*.md"))
_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)


def prose(page: Path) -> str:
    return _FENCED.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes of a page's headings."""
    found = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in _HEADING.findall(prose(page)))
    return {heading.replace(" ", "-") for heading in found}


def section(page: Path, heading: str) -> str:
    """The text below a heading, up to the next of its rank."""
    return prose(page).partition(f"\n## {heading}\n")[2].partition("\n## ")[0].strip()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_every_link_within_the_repository_leads_somewhere(page: Path) -> None:
    """Else a reader ends at a page that does not exist."""
    for link in _LINK.findall(prose(page)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{link} in {page.name}"
        if anchor:
            assert anchor in anchors(target), f"{link} in {page.name}"


SECURITY = REPOSITORY / "docs" / "security.md"
OPERATIONS = REPOSITORY / "docs" / "operations.md"
_CONFIGURATION = sorted([*REPOSITORY.glob("*.tf"), *REPOSITORY.glob("modules/*/*.tf")])


def test_the_security_page_explains_every_statement_of_every_policy() -> None:
    """Else a right could be granted that no auditor is told of."""
    sids = {
        sid
        for path in _CONFIGURATION
        for sid in re.findall(r'Sid\s*=\s*"(\w+)"', path.read_text(encoding="utf-8"))
    }
    named = set(re.findall(r"`(\w+)`", prose(SECURITY)))
    assert sids
    assert sids <= named, sids - named
    statements = section(SECURITY, "Each statement")
    capitals = set(re.findall(r"`([A-Z][a-z]+(?:[A-Z][A-Za-z]*)+)`", statements))
    assert capitals <= sids, f"explained, but not there: {capitals - sids}"


def test_every_test_that_a_document_names_exists() -> None:
    """Else a claim would rest on a proof that nobody can look up."""
    named = set(re.findall(r"`((?!modules/)\w+)/(\w+)`", prose(SECURITY)))
    assert len(named) > 15
    for file, name in named:
        if file.startswith("test_"):
            path = REPOSITORY / "tests" / "integration" / f"{file}.py"
            wanted = f"def {name}("
        else:
            folder = Path("modules/batch/tests" if file == "batch" else "tests")
            path = REPOSITORY / folder / f"{file}.tftest.hcl"
            wanted = f'run "{name}" {{'
        assert path.is_file(), f"{file}/{name}"
        assert wanted in path.read_text(encoding="utf-8"), f"{file}/{name}"


def alarms() -> set[str]:
    """The alarms of the module, as the variable's own check lists them."""
    text = (REPOSITORY / "variables.tf").read_text(encoding="utf-8")
    found = re.search(r"contains\(\[([^]]+)\], name\)\]\)\n\s*error_message = \"alarms\.", text)
    assert found, "the validation of alarms.disabled has moved"
    return set(re.findall(r'"(\w+)"', found[1]))


def test_every_alarm_has_its_paragraph() -> None:
    """Else whoever is woken is left alone with a name."""
    assert len(alarms()) == 10
    for alarm in alarms():
        text = section(OPERATIONS, alarm.replace("_", "-"))
        for part in ("*Look at*", "*Do*"):
            assert part in text, f"{alarm}: {part}"
        assert "\n\n" not in text, f"{alarm} has more than a paragraph"


def test_every_saved_query_is_explained() -> None:
    """Else a query would lie in the console that nobody knows to use."""
    text = (REPOSITORY / "queries.tf").read_text(encoding="utf-8")
    names = set(re.findall(r'^ {4}"([a-z-]+)" += <<-EOT', text, re.MULTILINE))
    assert len(names) == 5
    table = section(OPERATIONS, "Questions that are no alarm")
    for name in names:
        assert f"`{name}`" in table
