"""The documents: links lead somewhere, claims have proofs, and nothing is left unexplained."""

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
# An export without git has no Markdown from elsewhere.
PAGES = sorted(REPOSITORY / name for name in _LISTED) or sorted(REPOSITORY.rglob("*.md"))
BATCH = REPOSITORY / "modules" / "batch"
OPERATIONS = REPOSITORY / "docs" / "operations.md"
REFERENCE = REPOSITORY / "docs" / "reference.md"
SECURITY = REPOSITORY / "docs" / "security.md"
_CONFIGURATION = sorted([*REPOSITORY.glob("*.tf"), *REPOSITORY.glob("modules/*/*.tf")])
_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)


def prose(page: Path) -> str:
    """A page without its blocks of code."""
    return _FENCED.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes from a page's headings."""
    found = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in _HEADING.findall(prose(page)))
    return {heading.replace(" ", "-") for heading in found}


def section(page: Path, heading: str) -> str:
    """The text below a heading, up to the next heading of the same level."""
    return prose(page).partition(f"\n## {heading}\n")[2].partition("\n## ")[0].strip()


def inputs(folder: Path) -> dict[str, set[str]]:
    """Each input of a module, with the members of its type."""
    text = (folder / "variables.tf").read_text(encoding="utf-8")
    blocks = re.findall(r'(?ms)^variable "(\w+)" \{\n  type +=(.+?)\n  [a-z]', text)
    kinds = "optional|object|list|set|map|string|number|bool"
    return {name: set(re.findall(rf"(\w+) *= (?:{kinds})\b", kind)) for name, kind in blocks}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_every_link_within_the_repository_leads_somewhere(page: Path) -> None:
    """Otherwise a reader ends at a page or a section that does not exist."""
    for link in _LINK.findall(prose(page)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{link} in {page.name}"
        if anchor:
            assert anchor in anchors(target), f"{link} in {page.name}"


def test_every_section_that_a_message_names_exists() -> None:
    """Otherwise a refused plan sends its reader to a section that is not there."""
    named = {
        link
        for path in _CONFIGURATION
        for link in re.findall(r"(docs/\w+\.md)#([a-z-]+) says", path.read_text(encoding="utf-8"))
    }
    assert len(named) > 1
    for path, anchor in named:
        assert anchor in anchors(REPOSITORY / path), f"{path}#{anchor}"


def test_every_input_and_member_is_explained() -> None:
    """Otherwise a user has to read the code to learn what a setting does."""
    assert "bucket" in inputs(REPOSITORY)
    for name, members in inputs(REPOSITORY).items():
        text = section(REFERENCE, name)
        assert text, f"docs/reference.md has no section {name}"
        explained = set(re.findall(r"`(?:\w+\.)*(\w+)`", text))
        assert members <= explained, f"{name}: {members - explained}"
        assert f"reference.md#{name})" in prose(REPOSITORY / "README.md"), name


def test_every_input_of_the_batch_module_is_explained() -> None:
    """Otherwise a user has to read the code to learn what a setting does."""
    explained = set(re.findall(r"(?m)^\| `(\w+)` \|", section(BATCH / "README.md", "Reference")))
    assert explained == set(inputs(BATCH))


def test_the_security_page_explains_every_statement_of_every_policy() -> None:
    """Otherwise the module grants a permission that no auditor is told about."""
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


def test_every_case_has_its_test() -> None:
    """Otherwise the log of reports would claim what nothing shows."""
    tests = REPOSITORY / "tests"
    named = re.findall(r"`([\w/.]+)::(\w+)`", prose(tests / "cases.md"))
    assert len(named) > 20
    for file, name in named:
        wanted = f'run "{name}" {{' if file.endswith(".hcl") else f"def {name}("
        assert wanted in (tests / file).read_text(encoding="utf-8"), f"{file}::{name}"


def test_every_test_that_a_document_names_exists() -> None:
    """Otherwise a claim rests on a proof that nobody can look up."""
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
    """The alarms of the module, by the names in their definitions."""
    text = (REPOSITORY / "alarms.tf").read_text(encoding="utf-8")
    definitions = text.partition("  alarm_definitions = {\n")[2].partition("\n  }\n")[0]
    return set(re.findall(r"(?m)^ {4}(\w+) = \{$", definitions))


def test_every_alarm_has_its_section_in_the_runbook() -> None:
    """Otherwise somebody who is woken up has only a name."""
    assert len(alarms()) == 11
    for alarm in alarms():
        text = section(OPERATIONS, alarm.replace("_", "-"))
        parts = re.findall(r"(?m)^- \*\*(.+?)\*\*: .", text)
        assert parts == ["Meaning", "Look at", "Do"], alarm


def test_every_saved_query_is_explained() -> None:
    """Otherwise there is a query in the console that nobody knows how to use."""
    text = (REPOSITORY / "queries.tf").read_text(encoding="utf-8")
    names = set(re.findall(r'^ {4}"([a-z-]+)" += <<-EOT', text, re.MULTILINE))
    assert len(names) == 6
    table = section(OPERATIONS, "Questions without an alarm")
    for name in names:
        assert f"`{name}`" in table
