"""The time limits of calls in bulk work, where a call must not use up the time of others."""

from face_compare.runtime.settings import RESERVE_SECONDS, CallLimits, Settings


def paced_limits(settings: Settings) -> CallLimits:
    """Return the limits of a comparison."""
    return CallLimits.within((settings.timeout_seconds - RESERVE_SECONDS) / 3, attempts=2)


def storage_limits(settings: Settings) -> CallLimits:
    """Return the limits of a call to S3."""
    seconds = max(3.0, (settings.timeout_seconds - RESERVE_SECONDS) / 6)
    return CallLimits.within(seconds, attempts=2)


def seconds_for_paced_call(settings: Settings) -> float:
    """Return the time that a comparison needs, with storing its result."""
    calls = paced_limits(settings).worst_case + storage_limits(settings).worst_case
    return calls + RESERVE_SECONDS
