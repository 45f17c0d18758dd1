"""Lambda's event source for SQS, on this machine: batches from a queue into environments.

As many invocations run at once as there are places, each in an execution environment of its own
(maximum concurrency). A batch is handed over when it is full or the batching window is over; what
the function did not name as failed is deleted, the rest comes back when its visibility timeout is
over. An environment that died is replaced by a new one, and its batch comes back whole.

Used in place of the emulator's event source where that differs from Lambda's (it hands over 10
messages at most) or cannot be interfered with.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from local.runtime import Outcome, RuntimeEnvironment
from local.stack import AwsClient

_MOST_A_CALL = 10
_IDLE_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Handed:
    """One batch that was handed over, and what came of it."""

    place: int
    messages: int
    outcome: Outcome
    failed: int
    """Messages that have to come again."""


@dataclass(slots=True)
class EventSource:
    """A context manager: polls from its beginning to its end."""

    sqs: AwsClient
    queue_url: str
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
    _begin: threading.Event = field(init=False, default_factory=threading.Event)
    _seen_empty: bool = field(init=False, default=False)
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)
    _threads: list[threading.Thread] = field(init=False, default_factory=list)
    _problems: list[BaseException] = field(init=False, default_factory=list)
    _deleter: ThreadPoolExecutor = field(
        init=False, default_factory=lambda: ThreadPoolExecutor(max_workers=1)
    )
    _deletions: list[Future[None]] = field(init=False, default_factory=list)

    def __enter__(self) -> Self:
        """Start the environments; nothing is polled before ``begin``."""
        try:
            for place in range(self.places):
                self.environments[place] = self.new_environment().__enter__()
        except BaseException:
            self._end_environments()
            raise
        self._threads = [
            threading.Thread(target=self._serve, args=(place,), daemon=True)
            for place in range(self.places)
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let invocations end, then the environments."""
        self._stop.set()
        self._begin.set()
        for thread in self._threads:
            thread.join()
        self._end_environments()
        self._deleter.shutdown()
        problem = self._problem()
        if problem is None or problem is error:
            return
        if error is None:
            raise problem
        # Often the cause: what the block waited for cannot come from a thread that has ended.
        error.add_note(f"The event source had failed: {problem!r}")

    def check(self) -> None:
        """Raise the first problem of a thread or a deletion, if there is one.

        To be called wherever the end of the queue is waited for: a thread that has died serves
        nothing any more, and what it held never goes.
        """
        problem = self._problem()
        if problem is not None:
            raise problem

    def begin(self) -> None:
        """Start to poll."""
        self._begin.set()

    def invoke_each(self, event: object) -> None:
        """Send one event to every environment, before ``begin``."""
        for environment in self.environments.values():
            environment.invoke(event)

    def log_records(self) -> list[dict[str, Any]]:
        """Return the records of the environments that live."""
        return [
            record
            for environment in list(self.environments.values())
            for record in environment.log_records()
        ]

    def _problem(self) -> BaseException | None:
        deletions = (each.exception() for each in list(self._deletions) if each.done())
        return next((each for each in (*self._problems, *deletions) if each is not None), None)

    def _serve(self, place: int) -> None:
        self._begin.wait()
        try:
            while not self._stop.is_set():
                batch = self._gather()
                if batch:
                    self._hand_over(place, batch)
                else:
                    self._stop.wait(_IDLE_SECONDS)
        except BaseException as problem:  # noqa: BLE001 - told by check and __exit__
            self._problems.append(problem)

    def _gather(self) -> list[Mapping[str, Any]]:
        batch: list[Mapping[str, Any]] = []
        deadline = 0.0
        while len(batch) < self.batch_size and not self._stop.is_set():
            found = self.sqs.receive_message(
                QueueUrl=self.queue_url,
                MaxNumberOfMessages=min(_MOST_A_CALL, self.batch_size - len(batch)),
                AttributeNames=["All"],
            ).get("Messages", [])
            if not batch and not found:
                self._note_empty()
                return []
            if not batch:
                deadline = time.monotonic() + self.window_seconds
            batch += found
            if not found:
                self._note_empty()
                if time.monotonic() >= deadline:
                    break
                self._stop.wait(_IDLE_SECONDS)
        return batch

    def _note_empty(self) -> None:
        with self._lock:
            if self._seen_empty:
                return
            self._seen_empty = True
        self.when_empty()

    def _hand_over(self, place: int, batch: Sequence[Mapping[str, Any]]) -> None:
        time.sleep(self.handover_seconds)
        outcome = self.environments[place].invoke({"Records": [_record(each) for each in batch]})
        if outcome.error is not None:
            self.handed.append(Handed(place, len(batch), outcome, len(batch)))
            if self.environments[place].process.poll() is not None:
                self._replace(place)
            return
        failed = {each["itemIdentifier"] for each in outcome.answer["batchItemFailures"]}
        self.handed.append(Handed(place, len(batch), outcome, len(failed)))
        done = [each for each in batch if each["MessageId"] not in failed]
        # Beside the next batch, for which the place is free already.
        self._deletions.append(self._deleter.submit(self._delete, done))

    def _delete(self, done: Sequence[Mapping[str, Any]]) -> None:
        for first in range(0, len(done), _MOST_A_CALL):
            self.sqs.delete_message_batch(
                QueueUrl=self.queue_url,
                Entries=[
                    {"Id": str(number), "ReceiptHandle": each["ReceiptHandle"]}
                    for number, each in enumerate(done[first : first + _MOST_A_CALL])
                ],
            )

    def _replace(self, place: int) -> None:
        self.environments[place].__exit__(None, None, None)
        self.environments[place] = self.new_environment().__enter__()

    def _end_environments(self) -> None:
        for environment in self.environments.values():
            environment.__exit__(None, None, None)


def _record(message: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": {},
        "md5OfBody": message.get("MD5OfBody", ""),
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:000000000000:face-compare-uploads",
        "awsRegion": "eu-west-1",
    }
