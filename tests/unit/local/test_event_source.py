"""The event source: what ends one of its threads is told to whoever waits for the queue."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from typing import Any, Self

import pytest

from benchmarks.throughput import drain
from local.event_source import EventSource
from local.memory_queue import MemoryQueue
from local.runtime import Outcome
from tests.waiting import eventually


class Environment:
    """Answers each batch with what a test gave it."""

    def __init__(self, invoke: Callable[[], Outcome]) -> None:
        self._invoke = invoke
        self.process = subprocess.Popen(["true"])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.wait()

    def invoke(self, _event: object) -> Outcome:
        return self._invoke()


class Stubborn(MemoryQueue):
    """A queue that deletes nothing."""

    def delete_message_batch(self, **_: Any) -> None:
        raise ConnectionError("no answer")


def broken() -> Outcome:
    raise ZeroDivisionError("inside the thread")


def fine() -> Outcome:
    return Outcome("1", {"batchItemFailures": []}, None, 0.1)


def source(queue: MemoryQueue, invoke: Callable[[], Outcome]) -> EventSource:
    queue.send(["a"])
    return EventSource(
        sqs=queue,
        queue_url="",
        new_environment=lambda: Environment(invoke),  # type: ignore[arg-type, return-value]
        places=1,
        batch_size=1,
    )


def serve(queue: MemoryQueue, invoke: Callable[[], Outcome]) -> None:
    with source(queue, invoke) as served:
        served.begin()
        drain(queue, served)


@pytest.mark.timeout(30)
def test_waiting_for_the_queue_ends_with_what_ended_the_thread() -> None:
    """Else a benchmark would wait for ever for what nobody serves any more."""
    with pytest.raises(ZeroDivisionError, match="inside the thread"):
        serve(MemoryQueue(visibility_seconds=60), broken)


@pytest.mark.timeout(30)
def test_a_deletion_that_failed_is_told_too() -> None:
    """Else messages that come again and again would look like a slow function."""
    began = time.monotonic()
    with pytest.raises(ConnectionError, match="no answer"):
        serve(Stubborn(visibility_seconds=60), fine)
    # At once, and not because the test's own time was over.
    assert time.monotonic() - began < 20


def test_a_block_that_failed_on_its_own_tells_the_threads_problem_beside() -> None:
    """Else a test would show that something did not come, and hide why."""

    def wait_in_vain() -> None:
        with source(MemoryQueue(visibility_seconds=60), broken) as served:
            served.begin()
            eventually(lambda: served._problems, 10, "the thread's end")
            raise AssertionError("nothing came")

    with pytest.raises(AssertionError) as failed:
        wait_in_vain()
    assert failed.value.__notes__ == [
        "The event source had failed: ZeroDivisionError('inside the thread')"
    ]


def test_what_is_served_in_order_raises_nothing() -> None:
    """Else every wait would fail."""
    queue = MemoryQueue(visibility_seconds=60)
    with source(queue, fine) as served:
        served.begin()
        drain(queue, served)
        served.check()
    assert [each.failed for each in served.handed] == [0]
