"""Answers: results as the JSON objects that docs/api.md describes."""

from collections.abc import Sequence
from typing import Any

from face_compare.model.comparison import (
    ComparedFaces,
    ComparisonRequest,
    Face,
    PairResult,
    TargetResult,
    Verdict,
)
from face_compare.model.errors import FaceCompareError
from face_compare.model.image import Image, InlineImage
from face_compare.model.rule import Decision, Rule


def answer_to(request: ComparisonRequest, results: Sequence[TargetResult]) -> dict[str, Any]:
    """Return the answer to a request. It holds a list if the request had a list of targets."""
    answers = [target_answer(result, list_sources=request.listed_sources) for result in results]
    if not request.listed_targets:
        return answers[0]
    return {**_rule_members(request.rule), "results": answers}


def target_answer(result: TargetResult, *, list_sources: bool) -> dict[str, Any]:
    """Return the answer about one target, and about each source if ``list_sources``."""
    outcome = result.outcome
    if isinstance(outcome, Verdict):
        answer = _decided(result, outcome)
    else:
        answer = _undecided(result, outcome)
    if list_sources:
        answer["sources"] = [_source_members(result, pair) for pair in result.pairs]
    return answer


def error_members(error: FaceCompareError) -> dict[str, Any]:
    """Return an error as the JSON members of ``error``."""
    return {
        "type": type(error).__name__,
        "message": str(error),
        "retryable": error.retryable,
    }


def _decided(result: TargetResult, verdict: Verdict) -> dict[str, Any]:
    pair, faces = verdict.pair, verdict.faces
    return {
        "match": verdict.decision is Decision.MATCH,
        "decision": verdict.decision.value,
        "similarity": faces.similarity,
        **_rule_members(result.rule),
        **_explanation(verdict),
        "source": {
            **_image_members(result.bucket, pair.source),
            "face_count": faces.source_face_count,
            "face": _face_members(faces.source_face),
        },
        "target": {
            **_image_members(result.bucket, pair.target),
            "face_count": len(faces.target_faces),
            "faces": [
                {"similarity": face.similarity, **_face_members(face)}
                for face in faces.target_faces
            ],
        },
    }


def _explanation(verdict: Verdict) -> dict[str, Any]:
    quality = verdict.faces.target_faces[0].quality
    if quality is None:
        return {}
    # Imported here because most environments never explain anything.
    from face_compare.contract.explanation import explanation  # noqa: PLC0415

    return {"explanation": explanation(quality, verdict.decision)}


def _undecided(result: TargetResult, error: FaceCompareError) -> dict[str, Any]:
    pair = next(pair for pair in result.pairs if pair.outcome is error)
    return {
        "error": error_members(error),
        "source": _image_members(result.bucket, pair.source),
        "target": _image_members(result.bucket, pair.target),
    }


def _source_members(result: TargetResult, pair: PairResult) -> dict[str, Any]:
    image = _image_members(result.bucket, pair.source)
    if isinstance(pair.outcome, ComparedFaces):
        return {**image, "similarity": pair.outcome.similarity}
    return {**image, "error": error_members(pair.outcome)}


def _image_members(bucket: str, image: Image) -> dict[str, Any]:
    if isinstance(image, InlineImage):
        return {"sha256": image.sha256}
    return {"bucket": bucket, "key": image.key, "version_id": image.version_id}


def _face_members(face: Face) -> dict[str, Any]:
    box = face.bounding_box
    return {
        "confidence": face.confidence,
        "bounding_box": {
            "left": box.left,
            "top": box.top,
            "width": box.width,
            "height": box.height,
        },
    }


def _rule_members(rule: Rule) -> dict[str, Any]:
    return {
        "similarity_threshold": rule.similarity_threshold,
        "review_threshold": rule.review_threshold,
        "quality_filter": rule.quality_filter,
    }
