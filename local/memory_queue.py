"""A queue with a visibility timeout and a dead-letter queue, in memory.

Benchmarks and error tests use it instead of the emulator's SQS: it takes no processor time from
what is measured, and a test can look at every message.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it is received."""

    identity: str
    body: str


@dataclass(slots=True)
class MemoryQueue:
    """Messages, the oldest first; a received one is invisible for ``visibility_seconds``."""

    visibility_seconds: float
    max_attempts: int = 1_000_000
    """After so many receives a message moves to the dead-letter queue."""
    dead: list[str] = field(init=False, default_factory=list)
    """Bodies in the dead-letter queue."""
    _waiting: deque[Message] = field(init=False, default_factory=deque)
    _invisible: dict[Message, float] = field(init=False, default_factory=dict)
    _attempts: Counter[Message] = field(init=False, default_factory=Counter)
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)

    def send(self, bodies: Iterable[str]) -> None:
        """Put messages in."""
        with self._lock:
            self._waiting += (Message(str(uuid.uuid4()), body) for body in bodies)

    def held(self) -> int:
        """Return how many messages wait or are being served."""
        with self._lock:
            self._return_due()
            return len(self._waiting) + len(self._invisible)

    def receive(self, most: int) -> list[Message]:
        """Hand out messages and make them invisible."""
        with self._lock:
            self._return_due()
            taken = [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]
            until = time.monotonic() + self.visibility_seconds
            self._invisible.update(dict.fromkeys(taken, until))
            self._attempts.update(taken)
            return taken

    def delete(self, messages: Sequence[Message]) -> None:
        """Delete messages that were received."""
        with self._lock:
            for message in messages:
                self._invisible.pop(message, None)

    def redrive(self) -> None:
        """Move everything from the dead-letter queue back into the queue."""
        self.send(self.dead)
        self.dead.clear()

    def _return_due(self) -> None:
        now = time.monotonic()
        due = [message for message, until in self._invisible.items() if until <= now]
        # They are older than all that nobody has received yet.
        for message in reversed(due):
            del self._invisible[message]
            if self._attempts[message] >= self.max_attempts:
                self.dead.append(message.body)
            else:
                self._waiting.appendleft(message)
