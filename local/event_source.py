"""Lambda's event source for SQS, on this machine: batches from a queue into environments.

Each place serves one batch after another in an execution environment of its own. A batch is handed
over when it is full or the batching window is over. Messages that the function does not name as
failed are deleted; the others are delivered again after their visibility timeout. An environment
that died is replaced, and its whole batch is delivered again.

It replaces the emulator's event source, which delivers at most 10 messages, and which a test cannot
control.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Self

from local.memory_queue import MemoryQueue, Message
from local.runtime import Outcome, RuntimeEnvironment

_IDLE_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Handed:
    """One batch that was delivered, and how it ended."""

    place: int
    messages: int
    outcome: Outcome
    failed: int
    """Messages that are delivered again."""


@dataclass(slots=True)
class EventSource:
    """A context manager: its environments live as long as the block, it polls from ``begin`` on."""

    queue: MemoryQueue
    new_environment: Callable[[], RuntimeEnvironment]
    places: int
    batch_size: int
    window_seconds: float = 0.0
    handover_seconds: float = 0.0
    """Waited before each invocation, for what Lambda's pollers take and this does not."""
    when_empty: Callable[[], None] = lambda: None
    """Called once, when a poll finds the queue empty for the first time."""
    handed: list[Handed] = field(init=False, default_factory=list)
    environments: dict[int, RuntimeEnvironment] = field(init=False, default_factory=dict)
    """What serves each place now; a test may kill its process."""
    _stop: threading.Event = field(init=False, default_factory=threading.Event)
    _seen_empty: threading.Event = field(init=False, default_factory=threading.Event)
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)
    _served: list[Future[None]] = field(init=False, default_factory=list)
    _exit: contextlib.ExitStack = field(init=False)

    def __enter__(self) -> Self:
        """Start the environments; nothing is polled before ``begin``."""
        with contextlib.ExitStack() as held:
            held.callback(self._end_environments)
            for place in range(self.places):
                self.environments[place] = self.new_environment().__enter__()
            self._exit = held.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """Let invocations end, then the environments; raise what ended a place."""
        self._stop.set()
        self._exit.close()
        self.check()

    def begin(self) -> None:
        """Start to poll."""
        pool = self._exit.enter_context(ThreadPoolExecutor(self.places))
        self._served = [pool.submit(self._serve, place) for place in range(self.places)]

    def check(self) -> None:
        """Raise what ended a place, if anything did.

        Call it wherever the end of the queue is waited for: a place that has ended serves nothing
        any more.
        """
        for each in self._served:
            if each.done():
                each.result()

    def _serve(self, place: int) -> None:
        while not self._stop.is_set():
            if batch := self._gather():
                self._hand_over(place, batch)
            else:
                self._stop.wait(_IDLE_SECONDS)

    def _gather(self) -> list[Message]:
        batch = self.queue.receive(self.batch_size)
        deadline = time.monotonic() + self.window_seconds
        while len(batch) < self.batch_size and not self._stop.is_set():
            self._note_empty()
            if not batch or time.monotonic() >= deadline:
                break
            self._stop.wait(_IDLE_SECONDS)
            batch += self.queue.receive(self.batch_size - len(batch))
        return batch

    def _note_empty(self) -> None:
        with self._lock:
            if not self._seen_empty.is_set():
                self._seen_empty.set()
                self.when_empty()

    def _hand_over(self, place: int, batch: Sequence[Message]) -> None:
        time.sleep(self.handover_seconds)
        environment = self.environments[place]
        outcome = environment.invoke({"Records": [_record(each) for each in batch]})
        if outcome.error is None:
            failed = {each["itemIdentifier"] for each in outcome.answer["batchItemFailures"]}
            self.queue.delete([each for each in batch if each.identity not in failed])
        else:
            failed = {each.identity for each in batch}
            if environment.process.poll() is not None:
                environment.__exit__(None, None, None)
                self.environments[place] = self.new_environment().__enter__()
        self.handed.append(Handed(place, len(batch), outcome, len(failed)))

    def _end_environments(self) -> None:
        for environment in self.environments.values():
            environment.__exit__(None, None, None)


def _record(message: Message) -> dict[str, Any]:
    return {
        "messageId": message.identity,
        "receiptHandle": message.identity,
        "body": message.body,
        "attributes": {},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:000000000000:face-compare-uploads",
        "awsRegion": "eu-west-1",
    }
