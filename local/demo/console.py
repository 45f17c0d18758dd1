"""Progress: a live line in a terminal, plain lines in a file or a CI log."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.markup import escape
from rich.text import Text

_TELLING = re.compile(
    r"(: (Creating|Creation|Still|Destroying|Destruction|Modif|Reading)|^Plan:|complete!|Install)"
)


class Steps:
    """Numbers the steps of a run, shows their progress and keeps how long each took."""

    def __init__(self, console: Console, total: int) -> None:
        self.console = console
        self.seconds: dict[str, float] = {}
        self._total = total

    @contextlib.contextmanager
    def step(self, name: str, title: str) -> Iterator[Callable[[str], None]]:
        """Run one step; yields a function that shows a note about its progress.

        Args:
            name: the step's name in the report.
            title: what the user reads.
        """
        number = f"{len(self.seconds) + 1:>2}/{self._total}"
        began = time.monotonic()
        if self.console.is_terminal:
            with self.console.status(f"{number}  {title}") as status:
                yield lambda note: status.update(f"{number}  {title}  [dim]{escape(_short(note))}")
        else:
            self.console.print(f"{number}  {title} …", highlight=False, soft_wrap=True)
            yield lambda note: self.console.print(
                Text(f"         {_short(note)}", style="dim"), soft_wrap=True
            )
        took = self.seconds[name] = time.monotonic() - began
        line = Text.assemble((f"{number}  ", "bold"), title, (f"  {took:.1f} s", "dim"))
        self.console.print(line, soft_wrap=True)


def telling(note: Callable[[str], None]) -> Callable[[str], None]:
    """Pass on only those lines of Terraform's output that show progress."""

    def pass_on(line: str) -> None:
        if _TELLING.search(line):
            note(line.replace("module.face_compare.", ""))

    return pass_on


def _short(note: str) -> str:
    return note if len(note) <= 90 else f"{note[:89]}…"
