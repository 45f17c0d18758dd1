"""Every fault of the payload is counted by one metric, and on purpose, and told to its users."""

from __future__ import annotations

import re

from face_compare import faults
from tools.places import REPOSITORY

OURS = {
    "ImageInOtherRegionError",
    "ImageUnreadableError",
    "RekognitionRefusedError",
}
"""What alarms.tf counts as Faults: no caller can mend it, and it does not pass by itself."""

_BASES = {"FaceCompareError", "PermanentError", "PassingError", "SetupError"}
FAULTS: dict[str, type[faults.FaceCompareError]] = {
    name: found
    for name, found in vars(faults).items()
    if name.endswith("Error") and name not in _BASES
}
PASSING = {name for name, fault in FAULTS.items() if issubclass(fault, faults.PassingError)}


def error_types() -> str:
    """The text of local.error_types in alarms.tf."""
    text = (REPOSITORY / "alarms.tf").read_text(encoding="utf-8")
    return text.partition("  error_types = {\n")[2].partition("\n  }\n")[0]


def listed() -> list[str]:
    """Every name in it."""
    return re.findall(r'"(\w+Error)"', error_types())


def group(name: str) -> set[str]:
    """The names of one of its groups that stands on one line."""
    found = re.search(rf"^ +{name} += \[(.+)\]$", error_types(), re.MULTILINE)
    assert found, f"the group {name} has moved"
    return set(re.findall(r'"(\w+)"', found[1]))


def test_every_fault_is_in_one_group() -> None:
    """Else a new fault would wake people, or a misspelt one nobody, without anybody's decision."""
    assert len(listed()) == len(set(listed()))
    assert set(listed()) | OURS == set(FAULTS)
    assert not set(listed()) & OURS


def test_what_passes_by_itself_is_no_fault() -> None:
    """Else somebody would be woken for what is over before they look."""
    assert group("passing") | group("throttled") == PASSING


def test_the_state_machine_tries_again_for_every_passing_fault_and_for_no_other() -> None:
    """Else a batch would be given up for what is over in a second, or paid for nine times."""
    text = (REPOSITORY / "modules" / "batch" / "machine.tf").read_text(encoding="utf-8")
    found = re.search(r"^  retried = \[\n(.+?)^  \]$", text, re.MULTILINE | re.DOTALL)
    assert found, "the list of what is retried has moved"
    assert set(re.findall(r'"(\w+Error)"', found[1])) == PASSING


def rows() -> dict[str, tuple[str, str]]:
    """The README's table of errors: whether to try again and the HTTP status of each name."""
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    table = text.partition("\n## Errors\n")[2].partition("\n## ")[0]
    found: dict[str, tuple[str, str]] = {}
    for line in re.findall(r"^\| `.+", table, re.MULTILINE):
        names, _, again, status = (cell.strip() for cell in line.strip("|").split("|"))
        for name in re.findall(r"`(\w+)`", names):
            assert name not in found, f"{name} stands in the table twice"
            found[name] = again, status
    return found


def test_the_readme_tells_of_every_fault_what_its_caller_gets() -> None:
    """Else somebody would wait for a status that never comes, or try again in vain."""
    expected = {
        name: ("yes" if fault.retryable else "no", str(fault.http_status))
        for name, fault in FAULTS.items()
    }
    # No caller gets it: only an upload has nobody who names the reference.
    expected["ReferenceNotFoundError"] = ("no", "in its result")
    assert rows() == expected
