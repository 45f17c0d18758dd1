"""The actions that docs/deploying.md lists, by part of a configuration and by example."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from tools.places import REPOSITORY

# The section after the tables names condition keys.
_TABLES = (REPOSITORY / "docs" / "deploying.md").read_text("utf-8").partition("\n## ")[0]
_ALWAYS = "every configuration"
TAGS = "`tags`, or `default_tags` of the provider"


def _rows(table: str) -> Mapping[str, str]:
    """The rows of a table by their first column."""
    return dict(re.findall(r"(?m)^\| (.+?) \| (.+) \|$", table))


_PARTS, _EXAMPLES = map(_rows, _TABLES.split("| example |"))


def _actions(text: str) -> set[str]:
    return set(re.findall(r"`([a-z0-9]+:[A-Z]\w+)`", text))


def examples() -> list[str]:
    """The examples that have a row."""
    return [name.strip("`") for name in _EXAMPLES if name.startswith("`")]


def listed() -> set[str]:
    """All actions."""
    return _actions(_TABLES)


def of_parts(names: Iterable[str]) -> set[str]:
    """What a configuration with these parts needs."""
    return set().union(*(_actions(_PARTS[name]) for name in (_ALWAYS, *names)))


def of_example(name: str) -> set[str]:
    """What an example needs."""
    needs = _EXAMPLES[f"`{name}`"]
    return _actions(needs) | of_parts(part for part in _PARTS if part in needs)
