"""The audit records: one for each decision, one for each failure.

Lambda's JSON logging adds timestamp, level, logger and requestId to these fields. It leaves out
fields that are None: the version id of an image that was compared in its current version. Nothing
biometric is ever recorded: no image, landmark or bounding box, and nothing of an explanation.
"""

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from face_compare.model.comparison import PairResult, TargetResult, Verdict
from face_compare.model.errors import FaceCompareError
from face_compare.model.image import Image, InlineImage, StoredImage
from face_compare.model.rule import Rule

DECIDED = "face comparison decided"
FAILED = "face comparison failed"

_log = logging.getLogger("face_compare")
# Decisions are recorded whatever the level of the root logger is.
_log.setLevel(logging.INFO)


class Invocation(NamedTuple):
    """What is the same in every record of one invocation."""

    request_id: str
    function_version: str
    cold_start: bool

    def members(self) -> dict[str, Any]:
        """Return the fields. The request id is not among them, because Lambda adds it."""
        return {
            "service": "face-compare",
            "function_name": os.environ.get("AWS_LAMBDA_FUNCTION_NAME"),
            "function_version": self.function_version,
            "cold_start": self.cold_start,
        }


def record_result(invocation: Invocation, result: TargetResult) -> None:
    """Record what was decided about a target, by which source and rule.

    Each pair that failed gets a record of its own, even if another pair decided.
    """
    for pair in result.pairs:
        if isinstance(pair.outcome, FaceCompareError):
            _log.error(
                FAILED,
                extra={
                    **invocation.members(),
                    **_pair_members(result, pair),
                    **_error_members(pair.outcome),
                },
            )
    verdict = result.outcome
    if isinstance(verdict, Verdict):
        _log.info(
            DECIDED,
            extra={
                **invocation.members(),
                **_pair_members(result, verdict.pair),
                "similarity": verdict.faces.similarity,
                "decision": verdict.decision.value,
                "source_count": len(result.pairs),
                "target_face_count": len(verdict.faces.target_faces),
                "rekognition_request_id": verdict.faces.rekognition_request_id,
            },
        )


def record_failure(
    invocation: Invocation,
    error: Exception,
    *,
    duration_ms: float | None = None,
    image: StoredImage | None = None,
) -> None:
    """Record a failure that no pair has: of an unreadable event, or of a call to S3.

    ``image`` is the uploaded image that the failure is about, if there is one.
    """
    _log.error(
        FAILED,
        extra={
            **invocation.members(),
            **({} if duration_ms is None else {"duration_ms": round(duration_ms, 1)}),
            **({} if image is None else _image_members("target", image)),
            **_error_members(error),
        },
    )


@contextmanager
def failures_recorded(invocation: Invocation) -> Iterator[None]:
    """Record an exception that leaves the block, with the time that the block took."""
    started = time.monotonic()
    try:
        yield
    except Exception as error:
        record_failure(invocation, error, duration_ms=(time.monotonic() - started) * 1000)
        raise


def record_note(message: str, **members: str) -> None:
    """Record what is neither a decision nor a failure, but helps to follow an image."""
    _log.info(message, extra={"service": "face-compare", **members})


def record_slow_start(error: Exception) -> None:
    """Record why this environment makes plain clients. It works all the same."""
    _log.warning(
        "fast start unavailable",
        extra={"service": "face-compare", "why": f"{type(error).__name__}: {error}"},
    )


def _pair_members(result: TargetResult, pair: PairResult) -> dict[str, Any]:
    return {
        "duration_ms": round(pair.duration_ms, 1),
        "bucket": result.bucket,
        **_image_members("source", pair.source),
        **_image_members("target", pair.target),
        **_rule_members(result.rule),
    }


def _rule_members(rule: Rule) -> dict[str, Any]:
    return {
        "similarity_threshold": rule.similarity_threshold,
        # None would be left out, and a reader could not see that the rule has no review band.
        "review_threshold": "none" if rule.review_threshold is None else rule.review_threshold,
        "require_single_face": rule.require_single_face,
        "quality_filter": rule.quality_filter,
    }


def _image_members(side: str, image: Image) -> dict[str, Any]:
    if isinstance(image, InlineImage):
        return {f"{side}_sha256": image.sha256}
    return {f"{side}_key": image.key, f"{side}_version_id": image.version_id}


def _error_members(error: Exception) -> dict[str, Any]:
    return {
        "error_type": type(error).__name__,
        "error_message": str(error),
        "retryable": isinstance(error, FaceCompareError) and error.retryable,
    }
