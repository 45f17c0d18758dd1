"""Every fault of the payload is counted by one metric, and on purpose."""

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
    bases = {"FaceCompareError", "PermanentError", "PassingError", "SetupError"}
    known = {name for name in vars(faults) if name.endswith("Error")} - bases
    assert len(listed()) == len(set(listed()))
    assert set(listed()) | OURS == known
    assert not set(listed()) & OURS


def test_what_passes_by_itself_is_no_fault() -> None:
    """Else somebody would be woken for what is over before they look."""
    passing = {
        name
        for name, found in vars(faults).items()
        if isinstance(found, type) and issubclass(found, faults.PassingError)
    } - {"PassingError"}
    assert group("passing") | group("throttled") == passing
