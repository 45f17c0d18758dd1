"""IAM's decision on one access, from the text of policies alone.

The pinned emulator's policy simulator finds no role that has a path and ignores conditions and
permissions boundaries, so policies are evaluated here. The operators are those of the module's
policies, and their opposites.
"""

from __future__ import annotations

import re
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


def denies(bucket_policy: Policy, arn: str, access: Access) -> bool:
    """Tell whether a policy of a bucket denies an access to the principal with this ARN.

    Its other statements do not count: the module gives no rights by a policy of a bucket.
    """
    return any(
        statement["Effect"] == "Deny" and _names(statement, arn) and _applies(statement, access)
        for statement in _listed(bucket_policy["Statement"])
    )


def _names(statement: Mapping[str, Any], arn: str) -> bool:
    """Tell whether a statement is about a principal. A session is the principal and its role."""
    _, _, service, _, account, name = arn.split(":", 5)
    known = {"*", arn, account, f"arn:aws:iam::{account}:root"}
    role = name.split("/")[1] if service == "sts" else ""

    of_role = re.compile(f"arn:aws:iam::{account}:role/(.*/)?{re.escape(role)}")

    def is_named(principals: Any) -> bool:
        listed = principals.get("AWS", []) if isinstance(principals, Mapping) else principals
        return any(each in known or (role and of_role.fullmatch(each)) for each in _listed(listed))

    return _has(statement, "Principal", is_named)


def _applies(statement: Mapping[str, Any], access: Access) -> bool:
    if not _has(statement, "Action", lambda patterns: _any(_like, access.action, patterns)):
        return False
    if not _has(statement, "Resource", lambda patterns: _any(_like, access.resource, patterns)):
        return False
    context = {key.lower(): value for key, value in access.context.items()}
    for operator, wanted in statement.get("Condition", {}).items():
        if operator != "Null" and operator.replace("Not", "") not in _OPERATORS:
            # In doubt, no: a Deny applies and an Allow does not.
            return bool(statement["Effect"] == "Deny")
        for key, patterns in wanted.items():
            if not _holds(operator, context.get(key.lower()), patterns):
                return False
    return True


def _has(statement: Mapping[str, Any], element: str, test: Callable[[Any], bool]) -> bool:
    """Test an element of a statement, or its opposite, such as NotAction."""
    if element in statement:
        return test(statement[element])
    return not test(statement[f"Not{element}"])


def _holds(operator: str, value: str | None, patterns: Any) -> bool:
    if operator == "Null":
        return _any(_OPERATORS["Bool"], str(value is None).lower(), patterns)
    if "Not" in operator:
        return value is None or not _holds(operator.replace("Not", ""), value, patterns)
    return value is not None and _any(_OPERATORS[operator], value, patterns)


def _any(test: Callable[[str, Any], bool], value: str, patterns: Any) -> bool:
    return any(test(value, pattern) for pattern in _listed(patterns))


def _listed(one_or_more: Any) -> list[Any]:
    return one_or_more if isinstance(one_or_more, list) else [one_or_more]


def _like(value: str, pattern: str) -> bool:
    # Policies have no character sets, which fnmatch would read into a bracket.
    return fnmatchcase(value, pattern.replace("[", "[[]"))


_OPERATORS: dict[str, Callable[[str, Any], bool]] = {
    "ArnEquals": _like,
    "ArnLike": _like,
    "Bool": lambda value, wanted: value == str(wanted).lower(),
    "NumericLessThan": lambda value, limit: float(value) < float(limit),
    "StringEquals": str.__eq__,
    "StringLike": _like,
}
