"""The function's settings and Lambda's context, for the tests. Tests of the SDK use them too."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Event

from face_compare.model.rule import Rule
from face_compare.runtime.settings import Settings

SETTINGS = Settings(
    bucket="photos",
    reference_prefix="reference/",
    challenge_prefix="challenge/",
    results_prefix="results/",
    rule=Rule(80.0),
    concurrency=5,
    calls_per_second=1000.0,
    workers=4,
    timeout_seconds=30.0,
    reference_wait_minutes=5.0,
)


@dataclass
class Context:
    """The part of Lambda's context object that the function uses."""

    aws_request_id: str = "request-1"
    function_version: str = "7"
    remaining_ms: int = 29_000

    def get_remaining_time_in_millis(self) -> int:
        """Return the time that a test chose."""
        return self.remaining_ms


@dataclass
class OverOnce(Context):
    """A clock on which time is over when an event has happened. Before that it waits."""

    happened: Event = field(default_factory=Event)

    def get_remaining_time_in_millis(self) -> int:
        """Wait for the event, and return the reserve."""
        assert self.happened.wait(60)
        return 1_000
