"""Every fault of the payload is counted by one metric, and on purpose."""

from __future__ import annotations

import re

from face_compare import faults
from tools.places import REPOSITORY

OURS = {
    "ImageInOtherRegionError",
    "ImageUnreadableError",
    "OutOfTimeError",
    "RekognitionRefusedError",
    "ServiceUnavailableError",
}
"""What alarms.tf counts as Faults: no caller can mend it."""


def listed() -> list[str]:
    """Every name in local.error_types of alarms.tf."""
    text = (REPOSITORY / "alarms.tf").read_text(encoding="utf-8")
    block = text.partition("  error_types = {\n")[2].partition("\n  }\n")[0]
    return re.findall(r'"(\w+Error)"', block)


def test_every_fault_is_in_one_group() -> None:
    """Else a new fault would wake people, or a misspelt one nobody, without anybody's decision."""
    bases = {"FaceCompareError", "PermanentError", "PassingError", "SetupError"}
    known = {name for name in vars(faults) if name.endswith("Error")} - bases
    assert len(listed()) == len(set(listed()))
    assert set(listed()) | OURS == known
    assert not set(listed()) & OURS
