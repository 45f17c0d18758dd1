"""A run of four pairs that is whole; each test breaks it in its own way."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.threshold.a_run import ARun


@pytest.fixture
def run(tmp_path: Path) -> ARun:
    run = ARun(tmp_path)
    for label, score in (("genuine", 99.1), ("impostor", 3.5), ("genuine", 97.0), ("impostor", 60)):
        run.add(label, score)
    return run.write()
