"""Queue and event source: no message is lost, and a place that ended is noticed."""

from __future__ import annotations

import subprocess
import time
from typing import Self

import pytest

from benchmarks.throughput import drain
from local.event_source import EventSource
from local.memory_queue import MemoryQueue


class Environment:
    """Fails at each batch."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(["true"])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.wait()

    def invoke(self, _event: object) -> None:
        raise ZeroDivisionError("inside the thread")


@pytest.mark.timeout(30)
def test_a_benchmark_does_not_wait_forever_for_a_place_that_has_ended() -> None:
    queue = MemoryQueue(visibility_seconds=60)
    queue.send(["a"])
    source = EventSource(
        queue=queue,
        new_environment=Environment,  # type: ignore[arg-type]
        places=1,
        batch_size=1,
    )

    def serve() -> None:
        with source:
            source.begin()
            drain(queue, source)

    with pytest.raises(ZeroDivisionError, match="inside the thread"):
        serve()


def test_a_failed_message_is_delivered_again_before_newer_ones_and_then_set_aside() -> None:
    queue = MemoryQueue(visibility_seconds=0.02, max_attempts=2)
    queue.send(["a", "b", "c"])
    assert [message.body for message in queue.receive(2)] == ["a", "b"]
    time.sleep(0.03)
    again = queue.receive(10)
    assert [message.body for message in again] == ["a", "b", "c"]
    queue.delete(again[1:2])
    time.sleep(0.03)
    assert queue.held() == 1
    assert queue.dead == ["a"]
