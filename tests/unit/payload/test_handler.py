"""The start of the function: it is cheap, and garbage is collected again after it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from benchmarks.cold_start import VARIABLES
from tools.package import SOURCE

_START = """
import gc, json, sys
import face_compare.handler
print(json.dumps({
    "collecting": gc.isenabled(),
    "set_aside": gc.get_freeze_count(),
    "modules": sorted(sys.modules),
}))
"""


@pytest.fixture(scope="module")
def started() -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-c", _START],
        env={
            **VARIABLES,
            "PYTHONPATH": str(SOURCE),
            "PYTHONDONTWRITEBYTECODE": "1",
            "AWS_DEFAULT_REGION": "eu-west-1",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_garbage_is_collected_again_after_the_start(started: dict[str, object]) -> None:
    """Otherwise an environment would fill its memory within hours."""
    assert started["collecting"] is True


def test_the_objects_of_the_start_are_never_searched_for_garbage(
    started: dict[str, object],
) -> None:
    """Otherwise the first collection would cost some invocation 15 ms."""
    set_aside = started["set_aside"]
    assert isinstance(set_aside, int)
    # botocore alone makes tens of thousands.
    assert set_aside > 10_000


@pytest.mark.parametrize(
    "module",
    [
        "face_compare.engine.concurrency",
        "face_compare.engine.diagnosis",
        "face_compare.engine.error_mapping",
        "face_compare.contract.http",
        "face_compare.bulk",
    ],
)
def test_the_start_imports_nothing_that_one_comparison_does_not_need(
    started: dict[str, object], module: str
) -> None:
    """A module is compiled at every cold start. They take up to a millisecond of CPU each."""
    modules = started["modules"]
    assert isinstance(modules, list)
    assert "face_compare.engine.comparer" in modules
    assert module not in modules
