"""The audit trail: one log record a decision and one a failure.

Lambda's native JSON logging adds timestamp, level, logger and requestId, and puts these
members beside them. Nothing biometric is ever among them: no image, landmark or box.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from typing import Any

from face_compare.comparison import Comparison
from face_compare.faults import FaceCompareError
from face_compare.request import Request

DECIDED = "face comparison decided"
FAILED = "face comparison failed"

_log = logging.getLogger("face_compare")
# Decisions are records, not noise: they are kept whatever the level of the root logger is.
_log.setLevel(logging.INFO)


@dataclass(frozen=True, slots=True)
class Invocation:
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


def record_decision(invocation: Invocation, comparison: Comparison, duration_ms: float) -> None:
    """Record who was compared with whom, by which rule, and what was decided."""
    _log.info(
        DECIDED,
        extra={
            **invocation.members(),
            "duration_ms": round(duration_ms, 1),
            "bucket": comparison.bucket,
            "source_key": comparison.source.key,
            "source_version_id": comparison.source.version_id,
            "target_key": comparison.target.key,
            "target_version_id": comparison.target.version_id,
            "similarity": comparison.sighting.similarity,
            "similarity_threshold": comparison.rule.similarity_threshold,
            "decision": comparison.decision.value,
            "target_face_count": len(comparison.sighting.target_faces),
            "rekognition_request_id": comparison.sighting.rekognition_request_id,
        },
    )


def record_failure(
    invocation: Invocation, request: Request | None, error: Exception, duration_ms: float
) -> None:
    """Record what failed and why; ``request`` is None when the event could not be read."""
    compared = (
        {}
        if request is None
        else {
            "source_key": request.source.key,
            "source_version_id": request.source.version_id,
            "target_key": request.target.key,
            "target_version_id": request.target.version_id,
            "similarity_threshold": request.similarity_threshold,
        }
    )
    _log.error(
        FAILED,
        extra={
            **invocation.members(),
            "duration_ms": round(duration_ms, 1),
            **compared,
            "error_type": type(error).__name__,
            "error_message": str(error),
            "retryable": isinstance(error, FaceCompareError) and error.retryable,
        },
    )
