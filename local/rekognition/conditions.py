"""Policy conditions, decided for a request whose context is known.

The pinned emulator's policy simulator takes no context entries: a statement that is conditional on
``kms:ViaService``, say, never counts there. So conditions are decided here, and what is left for
the simulator are statements without any.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

Context = Mapping[str, str]
"""Condition keys in lower case, with their values, as far as the request has them."""

_NEGATED = re.compile(r"Not(?=Equals|Like|IpAddress)")
_VARIABLE = re.compile(r"\$\{([^}]*)\}")


def resolve(document: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Return the policy with the statements that apply to the context, without their conditions.

    An operator that is not known keeps a Deny and drops an Allow: in doubt, no.
    """
    statements = document.get("Statement", [])
    if isinstance(statements, Mapping):
        statements = [statements]
    kept = []
    for statement in statements:
        conditions = statement.get("Condition", {})
        known = all(_base(operator) in _TESTS for operator in conditions)
        holds = known and all(
            _holds(operator, key, wanted, context)
            for operator, pairs in conditions.items()
            for key, wanted in pairs.items()
        )
        if holds or (not known and statement.get("Effect") == "Deny"):
            kept.append({name: part for name, part in statement.items() if name != "Condition"})
    return {**document, "Statement": kept}


def conditional(document: Mapping[str, Any]) -> bool:
    """Whether any statement of the policy has a condition."""
    statements = document.get("Statement", [])
    if isinstance(statements, Mapping):
        statements = [statements]
    return any(statement.get("Condition") for statement in statements)


def _base(operator: str) -> str:
    plain = operator.partition(":")[2] or operator
    return _NEGATED.sub("", plain.removesuffix("IfExists"))


def _holds(operator: str, key: str, wanted: Any, context: Context) -> bool:
    quantifier, _, plain = operator.rpartition(":")
    base = _base(operator)
    actual = context.get(key.lower())
    values = [str(value) for value in (wanted if isinstance(wanted, list) else [wanted])]
    if base == "Null":
        return (actual is None) == (values[0].lower() == "true")
    negated = _NEGATED.search(plain) is not None
    if actual is None:
        return negated or plain.endswith("IfExists") or quantifier == "ForAllValues"
    found = any(_TESTS[base](actual, _substitute(value, context)) for value in values)
    return found != negated


def _substitute(text: str, context: Context) -> str:
    return _VARIABLE.sub(lambda found: context.get(found[1].lower(), found[0]), text)


def _like(actual: str, pattern: str) -> bool:
    regex = "".join({"*": ".*", "?": "."}.get(part, re.escape(part)) for part in pattern)
    return re.fullmatch(regex, actual, re.DOTALL) is not None


def _never(actual: str, wanted: str) -> bool:
    raise AssertionError(f"Null is decided before: {actual}, {wanted}")


_TESTS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda actual, wanted: actual == wanted,
    "StringEqualsIgnoreCase": lambda actual, wanted: actual.lower() == wanted.lower(),
    "StringLike": _like,
    "ArnEquals": _like,
    "ArnLike": _like,
    "Bool": lambda actual, wanted: actual.lower() == wanted.lower(),
    "Null": _never,
}
