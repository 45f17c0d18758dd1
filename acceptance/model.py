"""Checks, what they look at, and what they come to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from botocore.credentials import Credentials

from acceptance.names import TAG, run_of
from local import use
from local.photos import Album
from local.stack import AwsClient
from local.waiting import eventually


class Result(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


class SkipError(Exception):
    """A check cannot be answered here; the message says why."""


class StopError(Exception):
    """The run was interrupted; nothing new is begun."""


def _not_here() -> Any:
    raise SkipError("this is not part of the run")


@dataclass(slots=True)
class Scene:
    """What a check may use: an account, and one example with photos in its bucket."""

    account: use.Account
    name: str
    """The prefix of everything that belongs to the example, or to the run."""
    album: Album
    outputs: dict[str, Any] = field(default_factory=dict)
    """Of the example, once it is applied."""
    similarities: list[dict[str, Any]] = field(default_factory=list)
    """Of the demo's pairs, by Rekognition and by the stand-in, for the report."""
    endpoint: str | None = None
    """Of the emulator, where there is one."""
    patience: float = 1.0
    """Factor of all waiting."""
    go_on: Callable[[], None] = lambda: None
    """Raises StopError once the run is interrupted."""
    client_as: Callable[[str, Credentials], AwsClient] = field(default=lambda *_: _not_here())
    """Makes a client with other credentials."""
    client_in: Callable[[str, str], AwsClient] = field(default=lambda *_: _not_here())
    """Makes a client of another region."""
    apply: Callable[[], None] = _not_here
    """Applies the example, puts the photos and fills the outputs."""
    drift: Callable[[], list[str]] = _not_here
    """What a plan would change, except for known bugs of the provider."""
    destroy: Callable[[], list[str]] = _not_here
    """Destroys every example of the run; what went wrong."""
    left: Callable[[], list[str]] = _not_here
    """The resources of the run that still exist."""

    @property
    def tags(self) -> dict[str, str]:
        """What a check tags as the run's, if it makes something."""
        return {TAG: run_of(self.name) or self.name}

    def client(self, service: str) -> AwsClient:
        """A boto3 client."""
        return self.account.client(service)

    @property
    def bucket(self) -> str:
        """The example's bucket."""
        return str(self.outputs["bucket_name"])

    @property
    def function(self) -> str:
        """The example's function."""
        return str(self.outputs["function_name"])

    @property
    def log_group(self) -> str:
        """The function's log group."""
        return str(self.outputs["log_group_name"])

    def records(self, request_id: str, within: float) -> list[dict[str, Any]]:
        """The log records of a request; seconds to wait for the last of them."""
        return use.log_records(self.account, self.log_group, request_id, within * self.patience)

    def compare(self, source: object, target: object, **more: object) -> use.Invoked:
        """Invoke the function directly."""
        event = {"source": source, "target": target, **more}
        return use.invoke(self.client("lambda"), self.function, event)

    def wait[Found](self, condition: Callable[[], Found], seconds: float, what: str) -> Found:
        """Wait until the condition is true.

        Raises:
            AssertionError: it did not become true in time.
            StopError: the run was interrupted.
        """
        every = min(2.0, seconds / 50) * self.patience
        return eventually(condition, seconds * self.patience, what, every=every, check=self.go_on)


AT_THE_END = "the end"
"""Instead of an example: the check runs after all others."""

type Verdict = tuple[object, object]
"""Whether it is as expected (by truth), and what was seen."""


@dataclass(frozen=True, slots=True)
class Check:
    """One question to AWS."""

    name: str
    assumption: str
    """What the module rests on."""
    expected: str
    ask: Callable[[Scene], Verdict]
    on: str | None
    """The example that it needs, or AT_THE_END; None for a free one."""
    row: int | None
    """Of the list of open questions."""
    not_local: str | None
    """Why the local stack has no answer; None if it has one."""
    extra: str | None
    """The group of checks that it is in, if it is not in the usual run."""


CHECKS: dict[str, Check] = {}
"""By name, in the order of the run."""


def check(
    name: str,
    assumption: str,
    expected: str,
    *,
    on: str | None = None,
    row: int | None = None,
    not_local: str | None = None,
    extra: str | None = None,
) -> Callable[[Callable[[Scene], Verdict]], Callable[[Scene], Verdict]]:
    """Add a function to the list of checks."""

    def add(ask: Callable[[Scene], Verdict]) -> Callable[[Scene], Verdict]:
        assert name not in CHECKS, name
        CHECKS[name] = Check(name, assumption, expected, ask, on, row, not_local, extra)
        return ask

    return add


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a check ended, and what was seen."""

    name: str
    assumption: str
    expected: str
    seen: str
    result: Result
    seconds: float
