"""Order of the tests, and which of them may run at the same time."""

import signal
from pathlib import Path

import pytest

_TESTS = Path(__file__).resolve().parent
_FAST_FIRST = ("unit", "native", "integration")
_LONG_FIRST = ("integration", "unit", "native")


def pytest_configure() -> None:
    # A shell that runs the tests in the background has them ignore Ctrl-C, and every program that
    # they start inherits it: tests of what Ctrl-C leaves behind would then test nothing.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In one process what is fast comes first; in several, what would otherwise be left alone."""
    rooms = _LONG_FIRST if hasattr(config, "workerinput") else _FAST_FIRST
    items.sort(key=lambda item: rooms.index(_room(item)))
    for item in items:
        # The tests of a file share what they need. Native tests share nothing.
        if _room(item) != "native" and item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.path.name))


def _room(item: pytest.Item) -> str:
    return item.path.relative_to(_TESTS).parts[0]
