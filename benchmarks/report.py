"""How every benchmark tells its figures: a table for people, then one line of JSON."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.figures import Estimate


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table; the first column is text, the others are figures."""
    table = Table(title=title, title_justify="left")
    for place, column in enumerate(columns):
        table.add_column(column, justify="right" if place else "left", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    # A pipe has no width; without one rich would cut the table at 80 columns.
    console = Console(highlight=False)
    console.print(table) if console.is_terminal else Console(width=120).print(table)


def last_line(benchmark: str, figures: Mapping[str, float | str | bool | Estimate]) -> str:
    """Return the figures as one line of JSON.

    An estimate becomes two members: NAME with its median and NAME_spread with [low, high].
    """
    members: dict[str, object] = {"benchmark": benchmark}
    for name, figure in figures.items():
        if isinstance(figure, Estimate):
            members[name] = _short(figure.value)
            members[f"{name}_spread"] = [_short(figure.low), _short(figure.high)]
        else:
            members[name] = _short(figure) if isinstance(figure, float) else figure
    return json.dumps(members, allow_nan=False)


def machine() -> str:
    """Return what the figures were taken on: processor, its count, Python."""
    model = platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = (line.partition(":") for line in cpuinfo.read_text().splitlines())
        model = next((value.strip() for name, _, value in lines if "model name" in name), model)
    return f"{os.cpu_count()} x {model}, Python {platform.python_version()}"


def memory(process: int, figure: str) -> int:
    """Return the bytes of a process: resident now (VmRSS), or at most (VmHWM)."""
    status = Path(f"/proc/{process}/status")
    for line in status.read_text().splitlines() if status.exists() else ():
        if line.startswith(f"{figure}:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("This benchmark reads memory from /proc: run it on Linux.")


def _short(value: float) -> float:
    return round(value, 4)
