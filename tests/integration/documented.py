"""Commands that a document prints and says to be run, so that a test can run them."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

_COMMAND = re.compile(
    r"^ *<!-- run: (?P<name>[a-z-]+); needs: (?P<needs>[a-z_, ]+) -->\n"
    r" *```sh\n(?P<text>.*?)^ *```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Command:
    """A command as it is printed, and the variables it takes."""

    text: str
    needs: frozenset[str]


def commands(page: Path) -> dict[str, Command]:
    """Every command of the page that is said to be run, by name."""
    return {
        found["name"]: Command(
            textwrap.dedent(found["text"]), frozenset(found["needs"].split(", "))
        )
        for found in _COMMAND.finditer(page.read_text(encoding="utf-8"))
    }
