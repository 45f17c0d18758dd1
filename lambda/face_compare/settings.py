"""What the module's inputs tell the function, read once from its environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Self

from face_compare.decision import Rule

RESERVE_SECONDS = 1.0
"""Kept back from the function's timeout for parsing, logging and answering."""

# botocore's "standard" mode waits at most 1 s, 2 s, 4 s ... before attempt 2, 3, 4 ... (Where a
# service asks for more by x-amz-retry-after, up to 5 s are added; none of these is known to.)
_LONGEST_WAIT_BEFORE_RETRY = (1.0, 2.0)


class CallLimits(NamedTuple):
    """How often one API call is tried and how long each attempt may take, in seconds."""

    attempts: int
    connect_timeout: float
    read_timeout: float

    @property
    def worst_case(self) -> float:
        """The longest one call can take with every retry and wait, in seconds."""
        waits = sum(_LONGEST_WAIT_BEFORE_RETRY[: self.attempts - 1])
        return self.attempts * (self.connect_timeout + self.read_timeout) + waits

    @classmethod
    def within(cls, seconds: float, attempts: int) -> Self:
        """Return limits whose worst case is ``seconds``, or less where that is generous.

        ``seconds`` has to leave something beside the waits: 4 do for three attempts. Connecting
        gets an eighth of an attempt, at most one second, because that long is given to each
        address of a service in turn, and a name has up to eight: in a network that leads
        nowhere, an attempt still ends in its time. Inside a region connecting takes milliseconds.
        """
        waits = sum(_LONGEST_WAIT_BEFORE_RETRY[: attempts - 1])
        attempt = (seconds - waits) / attempts
        connect = min(1.0, attempt / 8)
        return cls(attempts, connect, min(20.0, attempt - connect))


class Settings(NamedTuple):
    """The function's configuration.

    ``concurrency`` is how many comparisons one request runs at once, 1 or more. In bulk work
    each invocation starts ``calls_per_second`` and has at most ``workers`` under way.
    ``timeout_seconds`` is the function's own timeout, from which the limits of every call are
    derived.
    """

    bucket: str
    reference_prefix: str
    challenge_prefix: str
    results_prefix: str
    rule: Rule
    concurrency: int
    calls_per_second: float
    workers: int
    timeout_seconds: float

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings. Raises KeyError or ValueError, which fails the function's start."""
        review = environment.get("FACE_COMPARE_REVIEW_THRESHOLD")
        return cls(
            bucket=environment["FACE_COMPARE_BUCKET"],
            reference_prefix=environment["FACE_COMPARE_REFERENCE_PREFIX"],
            challenge_prefix=environment["FACE_COMPARE_CHALLENGE_PREFIX"],
            results_prefix=environment["FACE_COMPARE_RESULTS_PREFIX"],
            rule=Rule(
                similarity_threshold=float(environment["FACE_COMPARE_SIMILARITY_THRESHOLD"]),
                review_threshold=None if review is None else float(review),
                require_single_face=environment["FACE_COMPARE_REQUIRE_SINGLE_FACE"] == "true",
            ),
            concurrency=int(environment["FACE_COMPARE_CONCURRENCY"]),
            calls_per_second=float(environment["FACE_COMPARE_CALLS_PER_SECOND"]),
            workers=int(environment["FACE_COMPARE_WORKERS"]),
            timeout_seconds=float(environment["FACE_COMPARE_TIMEOUT_SECONDS"]),
        )

    @property
    def comparison_limits(self) -> CallLimits:
        """Limits of CompareFaces: all its attempts end before the function's timeout."""
        return CallLimits.within(self.timeout_seconds - RESERVE_SECONDS, attempts=3)

    @property
    def paced_limits(self) -> CallLimits:
        """Limits of a call in bulk work, where one call of many must not use up the time."""
        return CallLimits.within((self.timeout_seconds - RESERVE_SECONDS) / 3, attempts=2)

    @property
    def storage_limits(self) -> CallLimits:
        """Limits of a call to S3 in bulk work."""
        seconds = max(3.0, (self.timeout_seconds - RESERVE_SECONDS) / 6)
        return CallLimits.within(seconds, attempts=2)

    @property
    def seconds_after_turn(self) -> float:
        """What must be left of an invocation when the turn of a call in bulk work comes.

        It has to be enough for the call, and for storing what it gave.
        """
        calls = self.paced_limits.worst_case + self.storage_limits.worst_case
        return calls + RESERVE_SECONDS

    @property
    def diagnosis_limits(self) -> CallLimits:
        """Limits of each call that finds out why CompareFaces failed."""
        return CallLimits.within((self.timeout_seconds - RESERVE_SECONDS) / 3, attempts=2)
