"""The environment variables that the module gives its function (function.tf)."""

from __future__ import annotations


def function_variables(
    *, bucket: str, calls_per_second: float, workers: int, timeout_seconds: int
) -> dict[str, str]:
    """Return the variables of a function with the module's default inputs.

    Args:
        bucket: name of the bucket with the photos.
        calls_per_second: one instance's share of the quota, above 0.
        workers: calls that one instance has under way at most.
        timeout_seconds: the function's timeout.
    """
    return {
        "FACE_COMPARE_BUCKET": bucket,
        "FACE_COMPARE_CALLS_PER_SECOND": str(calls_per_second),
        "FACE_COMPARE_CHALLENGE_PREFIX": "challenge/",
        "FACE_COMPARE_CONCURRENCY": "5",
        "FACE_COMPARE_EXPLAIN": "false",
        "FACE_COMPARE_QUALITY_FILTER": "NONE",
        "FACE_COMPARE_REFERENCE_PREFIX": "reference/",
        "FACE_COMPARE_REFERENCE_WAIT_MINUTES": "5",
        "FACE_COMPARE_REQUIRE_SINGLE_FACE": "false",
        "FACE_COMPARE_RESULTS_PREFIX": "results/",
        "FACE_COMPARE_SIMILARITY_THRESHOLD": "80",
        "FACE_COMPARE_TIMEOUT_SECONDS": str(timeout_seconds),
        "FACE_COMPARE_WORKERS": str(workers),
    }
