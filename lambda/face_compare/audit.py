"""The audit trail: one log record a decision and one a failure.

Lambda's native JSON logging adds timestamp, level, logger and requestId, and puts these
members beside them. Nothing biometric is ever among them: no image, landmark or box.
"""

from __future__ import annotations

import logging
import os
from typing import Any, NamedTuple

from face_compare.comparison import PairResult, TargetResult, Verdict, rule_members
from face_compare.decision import Rule
from face_compare.faults import FaceCompareError
from face_compare.images import Image, InlineImage, StoredImage

DECIDED = "face comparison decided"
FAILED = "face comparison failed"

_log = logging.getLogger("face_compare")
# Decisions are records, not noise: they are kept whatever the level of the root logger is.
_log.setLevel(logging.INFO)


class Invocation(NamedTuple):
    """What is the same for every record of one invocation."""

    request_id: str
    function_version: str
    cold_start: bool

    def members(self) -> dict[str, Any]:
        """Return the members; the request id is Lambda's own to add, as requestId."""
        return {
            "service": "face-compare",
            "function_name": os.environ.get("AWS_LAMBDA_FUNCTION_NAME"),
            "function_version": self.function_version,
            "cold_start": self.cold_start,
        }


def record_result(invocation: Invocation, result: TargetResult) -> None:
    """Record who was compared with whom, by which rule, and what was decided.

    Every pair that failed leaves a record of its own, whether others decided or not.
    """
    for pair in result.pairs:
        if isinstance(pair.outcome, FaceCompareError):
            _record_failed_pair(invocation, result, pair, pair.outcome)
    verdict = result.outcome
    if isinstance(verdict, Verdict):
        _log.info(
            DECIDED,
            extra={
                **invocation.members(),
                **_pair_members(result, verdict.pair),
                "similarity": verdict.sighting.similarity,
                "decision": verdict.decision.value,
                "source_count": len(result.pairs),
                "target_face_count": len(verdict.sighting.target_faces),
                "rekognition_request_id": verdict.sighting.rekognition_request_id,
            },
        )


def record_failure(
    invocation: Invocation,
    error: Exception,
    *,
    duration_ms: float | None = None,
    photo: StoredImage | None = None,
) -> None:
    """Record what failed beside the pairs: reading an event, or S3 for an uploaded photo.

    ``duration_ms`` and ``photo`` are told where they are known.
    """
    _log.error(
        FAILED,
        extra={
            **invocation.members(),
            **({} if duration_ms is None else {"duration_ms": round(duration_ms, 1)}),
            **({} if photo is None else _image_members("target", photo)),
            **_error_members(error),
        },
    )


def record_note(message: str, **members: str) -> None:
    """Record what is no decision and no failure of one, for whoever follows a photo's way."""
    _log.info(message, extra={"service": "face-compare", **members})


def _record_failed_pair(
    invocation: Invocation, result: TargetResult, pair: PairResult, fault: FaceCompareError
) -> None:
    _log.error(
        FAILED,
        extra={
            **invocation.members(),
            **_pair_members(result, pair),
            **_error_members(fault),
        },
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
    return {**rule_members(rule), "require_single_face": rule.require_single_face}


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
