"""The queue in memory: a benchmark's messages come in the order in which they were sent."""

from __future__ import annotations

import time

from local.memory_queue import MemoryQueue


def received(queue: MemoryQueue, most: int = 10) -> list[str]:
    messages = queue.receive_message(MaxNumberOfMessages=most).get("Messages", [])
    return [message["Body"] for message in messages]


def test_messages_come_in_the_order_in_which_they_were_sent() -> None:
    """Else what was sent last would overtake what waits, and some would wait for ever."""
    queue = MemoryQueue(visibility_seconds=60)
    queue.send(["a", "b", "c"])
    queue.send(["d"])
    assert received(queue, 2) == ["a", "b"]
    assert received(queue) == ["c", "d"]


def test_what_was_not_deleted_comes_again_before_what_is_newer() -> None:
    """Else a failed upload would wait behind the whole backlog."""
    queue = MemoryQueue(visibility_seconds=0.02)
    queue.send(["a", "b", "c"])
    assert received(queue, 2) == ["a", "b"]
    time.sleep(0.03)
    assert received(queue) == ["a", "b", "c"]
