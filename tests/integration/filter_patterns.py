"""CloudWatch's filter patterns for JSON records, as far as the module uses them.

No emulator evaluates them: without this, a metric filter with a wrong field would look just as
good. Grammar: "Filter pattern syntax for metric filters" in the CloudWatch Logs user guide.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_COMPARISON = re.compile(r'\$\.([\w.]+)\s*(!?=)\s*"([^"]*)"')
_WORDS = {"&&": "and", "||": "or"}


def matches(pattern: str, record: Mapping[str, Any]) -> bool:
    """Whether the record matches ``{ EXPRESSION }``.

    Raises:
        AssertionError: the pattern has a form that CloudWatch, or this, does not support.
    """
    braced = re.fullmatch(r"\{(.*)\}", pattern.strip())
    assert braced, pattern
    decided = _COMPARISON.sub(lambda found: str(_holds(record, *found.groups())), braced[1])
    words = [_WORDS.get(word, word) for word in re.findall(r"[()]|[^()\s]+", decided)]
    assert {*words} <= {"(", ")", "and", "or", "True", "False"}, f"not understood: {decided}"
    return bool(eval(" ".join(words)))  # noqa: S307 - nothing but the words above


def _holds(record: Mapping[str, Any], path: str, operator: str, wanted: str) -> bool:
    """One comparison. With a missing member none holds; "*" stands for any text."""
    found: Any = record
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    if found is None:
        return False
    text = ".*".join(re.escape(part) for part in wanted.split("*"))
    return (re.fullmatch(text, str(found), re.DOTALL) is not None) is (operator == "=")
