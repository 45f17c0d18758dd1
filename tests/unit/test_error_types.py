"""Alarms, state machine and documentation list every error. Otherwise one would be overlooked."""

from __future__ import annotations

import re

from face_compare.contract.http import status_of
from face_compare.model import errors
from tools.places import REPOSITORY

OURS = {
    "CallRejectedError",
    "ImageInOtherRegionError",
    "ImageUnreadableError",
}
"""What counts as a failure of the module: no caller can fix it, and no retry helps."""

_BASES = {"FaceCompareError", "PermanentError", "TransientError", "ConfigurationError"}
ERRORS: dict[str, type[errors.FaceCompareError]] = {
    name: found
    for name, found in vars(errors).items()
    if name.endswith("Error") and name not in _BASES
}
TRANSIENT = {name for name, error in ERRORS.items() if issubclass(error, errors.TransientError)}


def groups() -> dict[str, list[str]]:
    """The groups of names in local.error_types of the root module."""
    files = sorted(REPOSITORY.glob("*.tf"))
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    found = re.search(r"^  error_types = \{\n(.+?)^  \}$", text, re.MULTILINE | re.DOTALL)
    assert found, "the groups of errors have moved"
    lists = re.findall(r"^ +(\w+) += \[(.*?)\]", found[1], re.MULTILINE | re.DOTALL)
    return {group: re.findall(r'"(\w+)"', names) for group, names in lists}


def test_every_error_is_in_one_group() -> None:
    """Otherwise a new error would wake people, or a misspelled one nobody, by accident."""
    listed = [name for names in groups().values() for name in names]
    assert len(listed) == len(set(listed))
    assert set(listed) | OURS == set(ERRORS)
    assert not set(listed) & OURS


def test_transient_errors_have_groups_of_their_own() -> None:
    """Otherwise somebody would be woken for what is over before they look."""
    with_transient = [set(names) for names in groups().values() if TRANSIENT & set(names)]
    assert set().union(*with_transient) == TRANSIENT


def test_the_state_machine_retries_every_transient_error_and_no_other() -> None:
    """Otherwise a batch would be given up too early, or paid for in vain."""
    text = (REPOSITORY / "modules" / "batch" / "machine.tf").read_text(encoding="utf-8")
    found = re.search(r"^  retried\w* = \[\n(.+?)^  \]$", text, re.MULTILINE | re.DOTALL)
    assert found, "the list of what is retried has moved"
    assert set(re.findall(r'"(\w+Error)"', found[1])) == TRANSIENT
    # Other state machines need the same list. With the function's names only, a throttle of Lambda
    # or an idle VPC ends them.
    retry = re.search(r'"ErrorEquals": \[(.+?)\]', api(), re.DOTALL)
    assert retry, "the Retry for other state machines has moved"
    names = re.compile(r'"([\w.]+)"')
    assert sorted(names.findall(retry[1])) == sorted(names.findall(found[1]))


def api() -> str:
    """The description of events, answers and errors."""
    return (REPOSITORY / "docs" / "api.md").read_text(encoding="utf-8")


def rows() -> dict[str, tuple[str, str]]:
    """Whether to retry, and the HTTP status, for each name in the table of errors."""
    table = api().partition("\n## Errors\n")[2].partition("\n## ")[0]
    found: dict[str, tuple[str, str]] = {}
    for line in re.findall(r"^\| `.+", table, re.MULTILINE):
        names, _, again, status = (cell.strip() for cell in line.strip("|").split("|"))
        for name in re.findall(r"`(\w+)`", names):
            assert name not in found, f"{name} is in the table twice"
            found[name] = again, status
    return found


def test_the_documentation_says_of_every_error_what_its_caller_gets() -> None:
    """Otherwise somebody would wait for a status that is never sent, or retry in vain."""
    expected = {
        name: ("yes" if error.retryable else "no", str(status_of(error("why")).value))
        for name, error in ERRORS.items()
    }
    # It has no caller: it is only in the results of uploads.
    expected["ReferenceNotFoundError"] = ("no", "in its result")
    assert rows() == expected
