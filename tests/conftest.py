"""Order of the tests, and which of them one process runs where several share the work."""

import signal
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

_TESTS = Path(__file__).resolve().parent
_FAST_FIRST = ("unit", "native", "integration")
_LONG_FIRST = ("integration", "unit", "native")
_STACKS = {
    "test_batch_runs.py": "the bulk stack",
    "test_bulk.py": "the bulk stack",
    "test_failures.py": "the bulk stack",
    "test_threshold.py": "the bulk stack",
    "test_endings.py": "demos",
}
"""Which local stack an integration test uses; the others share one."""


class Scheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Hands out files, but integration tests by their stack and native tests one by one."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        room, name = path.split("/")[-2:]
        if room == "integration":
            return _STACKS.get(name, "the stack with everything")
        return nodeid if room == "native" else path


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Scheduling:
    config.option.loadscopereorder = False
    return Scheduling(config, log)


def pytest_configure() -> None:
    # A shell that runs the tests in the background has them ignore Ctrl-C, and every program that
    # they start inherits it: tests of what Ctrl-C leaves behind would then test nothing.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In one process what is fast comes first; in several, what takes long and mostly waits."""
    rooms = _LONG_FIRST if hasattr(config, "workerinput") else _FAST_FIRST
    items.sort(key=lambda item: rooms.index(item.path.relative_to(_TESTS).parts[0]))
