"""Order of the tests, and which of them one process runs where several share the work."""

import signal
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

_TESTS = Path(__file__).resolve().parent
_FAST_FIRST = ("unit", "native", "integration")
_LONG_FIRST = ("integration", "unit/payload", "native", "unit")
"""What takes long and mostly waits, and beside it what finds most mistakes."""
_STACKS = {
    "test_batch_runs.py": "the bulk stack",
    "test_bulk.py": "the bulk stack",
    "test_failures.py": "the bulk stack",
    "test_threshold.py": "the bulk stack",
    "test_endings.py": "demos",
}
"""Which local stack an integration test uses; the others share one."""


class Scheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Hands out files, but integration tests by their stack and native tests by their engine."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        room, name = path.split("/")[-2:]
        if room == "integration":
            return _STACKS.get(name, "the stack with everything")
        if room == "native":
            return "OpenTofu" if nodeid.endswith("tofu]") else "Terraform"
        return path


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Scheduling:
    config.option.loadscopereorder = False
    return Scheduling(config, log)


def pytest_configure() -> None:
    # A shell that runs the tests in the background has them ignore Ctrl-C, and every program that
    # they start inherits it: tests of what Ctrl-C leaves behind would then test nothing.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In one process what is fast comes first; in several, what takes long."""
    rooms = _LONG_FIRST if hasattr(config, "workerinput") else _FAST_FIRST

    def place(item: pytest.Item) -> int:
        path = item.path.relative_to(_TESTS).as_posix()
        return next(place for place, room in enumerate(rooms) if path.startswith(room))

    items.sort(key=place)
