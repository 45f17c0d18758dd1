"""Order of the tests: what is fast and small first, so that a fault shows early."""

import signal
from pathlib import Path

import pytest

_ROOMS = ("unit", "native", "integration")
_TESTS = Path(__file__).resolve().parent


def pytest_configure() -> None:
    # A shell that runs the tests in the background has them ignore Ctrl-C, and every program that
    # they start inherits it: tests of what Ctrl-C leaves behind would then test nothing.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_rank)


def _rank(item: pytest.Item) -> int:
    parts = item.path.relative_to(_TESTS).parts if item.path.is_relative_to(_TESTS) else ()
    return _ROOMS.index(parts[0]) if parts and parts[0] in _ROOMS else len(_ROOMS)
