"""Queue and event source: no message is lost or overtaken, and a place that ended is noticed."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from typing import Self

import pytest

from benchmarks.throughput import drain
from local.event_source import EventSource
from local.memory_queue import MemoryQueue
from local.runtime import Outcome
from local.waiting import eventually


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


def broken() -> Outcome:
    raise ZeroDivisionError("inside the thread")


def fine() -> Outcome:
    return Outcome("1", {"batchItemFailures": []}, None, 0.1)


def source(queue: MemoryQueue, invoke: Callable[[], Outcome]) -> EventSource:
    queue.send(["a"])
    return EventSource(
        queue=queue,
        new_environment=lambda: Environment(invoke),  # type: ignore[arg-type, return-value]
        places=1,
        batch_size=1,
    )


def received(queue: MemoryQueue, most: int = 10) -> list[str]:
    return [message.body for message in queue.receive(most)]


def serve(queue: MemoryQueue, invoke: Callable[[], Outcome]) -> EventSource:
    with source(queue, invoke) as served:
        served.begin()
        drain(queue, served)
    return served


@pytest.mark.timeout(30)
def test_a_benchmark_does_not_wait_forever_for_a_place_that_has_ended() -> None:
    with pytest.raises(ZeroDivisionError, match="inside the thread"):
        serve(MemoryQueue(visibility_seconds=60), broken)


def test_a_failed_test_also_shows_what_ended_a_place() -> None:
    def wait_in_vain() -> None:
        with source(MemoryQueue(visibility_seconds=60), broken) as served:
            served.begin()
            eventually(served._served[0].done, 10, "the end of the place")
            raise AssertionError("nothing came")

    with pytest.raises(ZeroDivisionError) as failed:
        wait_in_vain()
    assert str(failed.value.__context__) == "nothing came"


def test_messages_come_in_the_order_in_which_they_were_sent() -> None:
    queue = MemoryQueue(visibility_seconds=60)
    queue.send(["a", "b", "c"])
    queue.send(["d"])
    assert received(queue, 2) == ["a", "b"]
    assert received(queue) == ["c", "d"]
    assert received(queue) == []
    assert queue.held() == 4


def test_a_failed_message_is_delivered_again_before_newer_ones_and_then_set_aside() -> None:
    queue = MemoryQueue(visibility_seconds=0.02, max_attempts=2)
    queue.send(["a", "b", "c"])
    assert received(queue, 2) == ["a", "b"]
    time.sleep(0.03)
    again = queue.receive(10)
    assert [message.body for message in again] == ["a", "b", "c"]
    queue.delete(again[1:2])
    time.sleep(0.03)
    assert queue.held() == 1
    assert (received(queue), queue.dead) == (["c"], ["a"])
