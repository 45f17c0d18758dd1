"""IAM's decision on one access, from the text of policies alone.

The pinned emulator's policy simulator finds no role that has a path and ignores conditions and
permissions boundaries, so policies are evaluated here. The operators are those that the module's
roles use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from fnmatch import fnmatchcase
from typing import Any

Policy = Mapping[str, Any]
"""A policy document."""


class Decision(Enum):
    """What IAM says."""

    ALLOWED = "allowed"
    IMPLICIT_DENY = "implicitDeny"
    EXPLICIT_DENY = "explicitDeny"


@dataclass(frozen=True, slots=True)
class Access:
    """One action on one resource, with the condition keys of the request."""

    action: str
    resource: str = "*"
    context: Mapping[str, str] = field(default_factory=dict)


def decide(policies: Iterable[Policy], access: Access) -> Decision:
    """Return what these policies say together."""
    effects = {
        statement["Effect"]
        for policy in policies
        for statement in _listed(policy["Statement"])
        if _applies(statement, access)
    }
    if "Deny" in effects:
        return Decision.EXPLICIT_DENY
    return Decision.ALLOWED if "Allow" in effects else Decision.IMPLICIT_DENY


def _applies(statement: Mapping[str, Any], access: Access) -> bool:
    if not _any(_like, access.action, statement["Action"]):
        return False
    if not _any(_like, access.resource, statement["Resource"]):
        return False
    context = {key.lower(): value for key, value in access.context.items()}
    for operator, wanted in statement.get("Condition", {}).items():
        if operator not in _OPERATORS:
            # In doubt, no: a Deny applies and an Allow does not.
            return bool(statement["Effect"] == "Deny")
        for key, patterns in wanted.items():
            value = context.get(key.lower())
            if value is None or not _any(_OPERATORS[operator], value, patterns):
                return False
    return True


def _any(test: Callable[[str, str], bool], value: str, patterns: Any) -> bool:
    return any(test(value, pattern) for pattern in _listed(patterns))


def _listed(one_or_more: Any) -> list[Any]:
    return one_or_more if isinstance(one_or_more, list) else [one_or_more]


def _like(value: str, pattern: str) -> bool:
    # Policies have no character sets, which fnmatch would read into a bracket.
    return fnmatchcase(value, pattern.replace("[", "[[]"))


_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "ArnEquals": _like,
    "ArnLike": _like,
    "StringEquals": str.__eq__,
    "StringLike": _like,
}
