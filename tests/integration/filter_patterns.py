"""CloudWatch's filter patterns for JSON records, as far as the module uses them.

Neither emulator evaluates them: without this, a metric filter that names a field wrongly would
look just as good. Grammar: "Filter pattern syntax for metric filters" in the CloudWatch Logs user
guide. A comparison with a member that the record lacks does not hold, whichever way it goes; "*"
in what is compared with stands for any text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_TOKEN = re.compile(r'\s*(\(|\)|&&|\|\||!=|=|\$[\w.]+|"[^"]*")')


def matches(pattern: str, record: Mapping[str, Any]) -> bool:
    """Whether the record matches ``{ EXPRESSION }``.

    Raises:
        AssertionError: the pattern has a form that CloudWatch, or this, does not know.
    """
    text = pattern.strip()
    assert text.startswith("{"), pattern
    assert text.endswith("}"), pattern
    tokens = list(_tokens(text[1:-1].rstrip()))
    value = _either(tokens, record)
    assert not tokens, f"left over: {tokens}"
    return value


def _tokens(text: str) -> Iterator[str]:
    position = 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        assert found, f"not understood from here: {text[position:]}"
        yield found[1]
        position = found.end()


def _either(tokens: list[str], record: Mapping[str, Any]) -> bool:
    value = _both(tokens, record)
    while tokens[:1] == ["||"]:
        tokens.pop(0)
        value = _both(tokens, record) or value
    return value


def _both(tokens: list[str], record: Mapping[str, Any]) -> bool:
    value = _one(tokens, record)
    while tokens[:1] == ["&&"]:
        tokens.pop(0)
        value = _one(tokens, record) and value
    return value


def _one(tokens: list[str], record: Mapping[str, Any]) -> bool:
    first = tokens.pop(0)
    if first == "(":
        value = _either(tokens, record)
        assert tokens.pop(0) == ")"
        return value
    operator, wanted = tokens.pop(0), tokens.pop(0)
    found: Any = record
    for name in first.removeprefix("$.").split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    if found is None:
        return False
    text = ".*".join(re.escape(part) for part in wanted.strip('"').split("*"))
    return (re.fullmatch(text, str(found), re.DOTALL) is not None) is (operator == "=")
