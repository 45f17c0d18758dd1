"""Which of Lambda's Python runtimes the module accepts.

Not a native test: the oldest providers that these run with refuse python3.14.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def accepted(runtime: str) -> bool:
    text = (ROOT / "variables.tf").read_text(encoding="utf-8")
    found = re.search(r'regex\("([^"]+)", var\.function\.runtime\)', text)
    assert found is not None, "variables.tf no longer checks the runtime by a regular expression"
    return re.search(found.group(1).replace("\\\\", "\\"), runtime) is not None


@pytest.mark.parametrize("runtime", ["python3.12", "python3.13", "python3.14"])
def test_every_runtime_that_the_function_runs_on_can_be_chosen(runtime: str) -> None:
    assert accepted(runtime)


@pytest.mark.parametrize(
    "runtime", ["python3.9", "python3.11", "python3", "python3.140", "nodejs24.x"]
)
def test_a_runtime_that_the_function_does_not_run_on_is_refused_at_plan(runtime: str) -> None:
    assert not accepted(runtime)
