"""Finds words that this repository does not use (english.txt): python3 -m tools.english [PATH…].

Without paths it reads everything that git lists.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.failure import reported
from tools.places import REPOSITORY, TOOLS, listed

WORDS = TOOLS / "english.txt"
_READ = ("*.md", "*.tf", "*.hcl", "*.py")
# Between two words: a space, or a line break and what a comment starts with.
_GAP = r"(?:[ ]|\s*\n\s*(?:#\s*)?)"


@dataclass(frozen=True, slots=True)
class Word:
    """A word or phrase, what to write instead, and the paths that it is looked for in."""

    pattern: re.Pattern[str]
    instead: str
    paths: re.Pattern[str]


def words(text: str) -> list[Word]:
    """Read the list."""
    found = []
    paths = re.compile(r".*")
    for line in text.splitlines():
        if line.startswith("["):
            paths = re.compile(line[1:-1])
        elif line and not line.startswith("#"):
            phrase, _, instead = line.partition(" -> ")
            flags = re.NOFLAG if phrase[0].isupper() else re.IGNORECASE
            pattern = re.compile(rf"\b{phrase.replace(' ', _GAP)}\b", flags)
            found.append(Word(pattern, instead, paths))
    return found


def problems(path: str, text: str, banned: Sequence[Word]) -> Iterator[str]:
    """One line for each place where a text has such a word, as path:line."""
    for word in banned:
        if word.paths.fullmatch(path):
            for found in word.pattern.finditer(text):
                if _is_name(text[found.start() - 1 : found.start()], text[found.end() :][:1]):
                    continue
                line = text.count("\n", 0, found.start()) + 1
                phrase = " ".join(found[0].replace("#", " ").split())
                yield f"{path}:{line}: {phrase!r}: write {word.instead}"


def _is_name(before: str, after: str) -> bool:
    """Whether the characters around a word make it a part of a name, or a quoted name."""
    return before in tuple("./-") or (before in tuple("\"`'") and after == before)


def main(arguments: Sequence[str]) -> int:
    """Print every place; the status is 1 if there is one."""
    with reported():
        paths = [Path(name).resolve() for name in arguments] or listed(*_READ)
    banned = words(WORDS.read_text(encoding="utf-8"))
    count = 0
    for path in paths:
        name = path.relative_to(REPOSITORY).as_posix()
        for problem in problems(name, path.read_text(encoding="utf-8"), banned):
            print(problem)
            count += 1
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
