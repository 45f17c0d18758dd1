"""The function's settings and the time limits that follow from them.

They are read once, from the environment variables that the module sets.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple, Self

from face_compare.model.rule import QUALITY_FILTERS, Rule

type SecondsLeft = Callable[[], float]
"""A clock: the seconds until Lambda stops the invocation."""

RESERVE_SECONDS = 1.0
"""The part of the function's timeout that is kept for parsing, logging and answering."""

# botocore's retry mode "standard" waits at most 1 s before the second attempt, 2 s before the
# third. (It adds up to 5 s if a service sends x-amz-retry-after. None of the services used here
# is known to.)
_LONGEST_WAIT_BEFORE_RETRY = (1.0, 2.0)


class CallLimits(NamedTuple):
    """How often one API call is tried, and how many seconds each attempt may take."""

    attempts: int
    connect_timeout: float
    read_timeout: float

    @property
    def worst_case(self) -> float:
        """The longest that one call can take, with every retry and wait, in seconds."""
        waits = sum(_LONGEST_WAIT_BEFORE_RETRY[: self.attempts - 1])
        return self.attempts * (self.connect_timeout + self.read_timeout) + waits

    @classmethod
    def within(cls, seconds: float, attempts: int) -> Self:
        """Return limits with a worst case of at most ``seconds``.

        ``seconds`` must be longer than the waits: 4 are enough for three attempts. Connecting
        gets an eighth of an attempt, and at most one second. The name of a service has up to
        eight addresses, and each is tried for that long. So an attempt ends in time even if no
        address answers. Within a region, connecting takes milliseconds.
        """
        waits = sum(_LONGEST_WAIT_BEFORE_RETRY[: attempts - 1])
        attempt = (seconds - waits) / attempts
        connect = min(1.0, attempt / 8)
        return cls(attempts, connect, min(20.0, attempt - connect))


class Settings(NamedTuple):
    """The function's settings.

    ``explain`` is for events that do not say whether they want an explanation, and for uploads.
    ``concurrency`` is how many comparisons of one request run at once. In bulk work each
    invocation starts ``calls_per_second`` and has at most ``workers`` under way.
    ``timeout_seconds`` is the function's own timeout. The limits of every call follow from it.
    ``reference_wait_minutes`` is how long an uploaded image waits for its first reference.
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
    reference_wait_minutes: float
    explain: bool = False

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings.

        Raises:
            KeyError, ValueError: A variable is missing or wrong. The function does not start.
        """
        review = environment.get("FACE_COMPARE_REVIEW_THRESHOLD")
        quality_filter = environment["FACE_COMPARE_QUALITY_FILTER"]
        return cls(
            bucket=environment["FACE_COMPARE_BUCKET"],
            reference_prefix=environment["FACE_COMPARE_REFERENCE_PREFIX"],
            challenge_prefix=environment["FACE_COMPARE_CHALLENGE_PREFIX"],
            results_prefix=environment["FACE_COMPARE_RESULTS_PREFIX"],
            rule=Rule(
                similarity_threshold=float(environment["FACE_COMPARE_SIMILARITY_THRESHOLD"]),
                review_threshold=None if review is None else float(review),
                require_single_face=environment["FACE_COMPARE_REQUIRE_SINGLE_FACE"] == "true",
                quality_filter=QUALITY_FILTERS[QUALITY_FILTERS.index(quality_filter)],
            ),
            concurrency=int(environment["FACE_COMPARE_CONCURRENCY"]),
            calls_per_second=float(environment["FACE_COMPARE_CALLS_PER_SECOND"]),
            workers=int(environment["FACE_COMPARE_WORKERS"]),
            timeout_seconds=float(environment["FACE_COMPARE_TIMEOUT_SECONDS"]),
            reference_wait_minutes=float(environment["FACE_COMPARE_REFERENCE_WAIT_MINUTES"]),
            explain=environment["FACE_COMPARE_EXPLAIN"] == "true",
        )

    @property
    def comparison_limits(self) -> CallLimits:
        """Limits of CompareFaces: all its attempts end before the function's timeout."""
        return CallLimits.within(self.timeout_seconds - RESERVE_SECONDS, attempts=3)

    @property
    def diagnosis_limits(self) -> CallLimits:
        """Limits of each call that finds out why CompareFaces failed."""
        return CallLimits.within((self.timeout_seconds - RESERVE_SECONDS) / 3, attempts=2)
