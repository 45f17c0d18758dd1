"""A queue in memory with the part of an SQS client's interface that an event source needs.

For benchmarks: an emulated SQS would take processor time from what is measured, which Lambda's
pollers do not.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class MemoryQueue:
    """Messages, the oldest first; one that was received is invisible for ``visibility_seconds``."""

    visibility_seconds: float
    _waiting: deque[str] = field(init=False, default_factory=deque)
    _bodies: dict[str, str] = field(init=False, default_factory=dict)
    _invisible: dict[str, float] = field(init=False, default_factory=dict)
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)

    def send(self, bodies: Sequence[str]) -> None:
        """Put messages in."""
        with self._lock:
            for body in bodies:
                identity = str(uuid.uuid4())
                self._bodies[identity] = body
                self._waiting.append(identity)

    def held(self) -> int:
        """Return how many messages are not deleted."""
        with self._lock:
            return len(self._bodies)

    def receive_message(self, *, MaxNumberOfMessages: int, **_: object) -> dict[str, Any]:  # noqa: N803
        """Hand out messages, as the client does."""
        now = time.monotonic()
        with self._lock:
            due = [each for each, moment in self._invisible.items() if moment <= now]
            for identity in due:
                del self._invisible[identity]
            # They are older than all that nobody has received yet.
            self._waiting.extendleft(reversed(due))
            count = min(MaxNumberOfMessages, len(self._waiting))
            taken = [self._waiting.popleft() for _ in range(count)]
            self._invisible.update(dict.fromkeys(taken, now + self.visibility_seconds))
            messages = [
                {"MessageId": each, "ReceiptHandle": each, "Body": self._bodies[each]}
                for each in taken
            ]
        return {"Messages": messages} if messages else {}

    def delete_message_batch(self, *, Entries: Sequence[dict[str, str]], **_: object) -> None:  # noqa: N803
        """Delete messages, as the client does."""
        with self._lock:
            for entry in Entries:
                self._bodies.pop(entry["ReceiptHandle"], None)
                self._invisible.pop(entry["ReceiptHandle"], None)
