"""Compares the images of one request, as many at once as the module allows."""

import time
from collections.abc import Mapping, Sequence
from itertools import batched
from typing import TYPE_CHECKING, NamedTuple

from face_compare.engine.rekognition import compare_faces
from face_compare.model.comparison import (
    ComparedFaces,
    ComparisonRequest,
    PairResult,
    TargetResult,
)
from face_compare.model.errors import FaceCompareError, OutOfTimeError
from face_compare.model.image import Image, Side
from face_compare.model.rule import QualityFilter
from face_compare.runtime.clients import AWS_ERRORS, Clients
from face_compare.runtime.settings import SecondsLeft, Settings

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient

    from face_compare.engine.diagnosis import Diagnosis
    from face_compare.engine.single_face import SingleFace


class _Pair(NamedTuple):
    """One source and one target. ``refusal`` is the error for which the rule refuses the source."""

    source: Image
    target: Image
    refusal: FaceCompareError | None


class Comparer:
    """Turns a request into results. The result of a pair that fails holds the error."""

    def __init__(
        self, settings: Settings, clients: Clients, rekognition: "RekognitionClient"
    ) -> None:
        """Take the client that compares, and the clients that find out why it failed."""
        self._settings = settings
        self._clients = clients
        self._rekognition = rekognition

    def compare(self, request: ComparisonRequest, seconds_left: SecondsLeft) -> list[TargetResult]:
        """Compare every source with every target. The results are in the targets' order."""
        rule = request.rule
        refusals: Sequence[FaceCompareError | None] = [None] * len(request.sources)
        if rule.require_single_face:
            refusals = self._single_face(seconds_left).source_refusals(request.sources)
        pairs = [
            _Pair(source, target, refusal)
            for target in request.targets
            for source, refusal in zip(request.sources, refusals, strict=True)
        ]

        def compare_pair(pair: _Pair) -> PairResult:
            started = time.monotonic()
            outcome = self._outcome(pair, request, seconds_left)
            duration_ms = (time.monotonic() - started) * 1000
            return PairResult(pair.source, pair.target, outcome, duration_ms)

        if len(pairs) == 1 and not rule.require_single_face:
            # The limits of its one call end it in time: counting faces has not used up any.
            results = [compare_pair(pairs[0])]
        else:
            # Imported here because a single comparison, the usual case, does not need it.
            from face_compare.engine.concurrency import each  # noqa: PLC0415

            concurrency = self._settings.concurrency
            finished = each(pairs, compare_pair, concurrency=concurrency, seconds_left=seconds_left)
            results = [
                PairResult(pair.source, pair.target, result, duration_ms=0.0)
                if isinstance(result, OutOfTimeError)
                else result
                for pair, result in zip(pairs, finished, strict=True)
            ]
        return [
            TargetResult(self._settings.bucket, rule, pairs_of_target)
            for pairs_of_target in batched(results, len(request.sources))
        ]

    def _outcome(
        self, pair: _Pair, request: ComparisonRequest, seconds_left: SecondsLeft
    ) -> ComparedFaces | FaceCompareError:
        """Compare one pair, and return the faces or why they could not be compared."""
        if pair.refusal is not None:
            return pair.refusal
        rule = request.rule
        # The target comes first: it is the newer image, and more often the bad one.
        images = {Side.TARGET: pair.target, Side.SOURCE: pair.source}
        try:
            faces = compare_faces(
                self._rekognition,
                self._settings.bucket,
                pair.source,
                pair.target,
                rule.quality_filter,
                explain=request.explain,
            )
        except AWS_ERRORS as error:
            return self._diagnosis(images, seconds_left, rule.quality_filter).explain(error)
        if not faces.target_faces:
            # The API reference names InvalidParameterException for this, but does not exclude an
            # answer. Such an answer does not show that the target is a stranger.
            diagnosis = self._diagnosis(images, seconds_left, rule.quality_filter)
            return diagnosis.explain_empty_answer()
        if rule.require_single_face:
            # The source's faces were counted before: it has one, or the pair has a refusal.
            faces = faces._replace(source_face_count=1)
            single_face = self._single_face(seconds_left)
            return single_face.target_refusal(pair.target, faces, rule.quality_filter) or faces
        return faces

    def _single_face(self, seconds_left: SecondsLeft) -> "SingleFace":
        # Imported here because few modules require a single face.
        from face_compare.engine.single_face import SingleFace  # noqa: PLC0415

        def diagnosis_of(images: Mapping[Side, Image]) -> "Diagnosis":
            return self._diagnosis(images, seconds_left)

        return SingleFace(self._rekognition, self._settings, diagnosis_of, seconds_left)

    def _diagnosis(
        self,
        images: Mapping[Side, Image],
        seconds_left: SecondsLeft,
        quality_filter: QualityFilter = "NONE",
    ) -> "Diagnosis":
        """Return the diagnosis of a call with these images and this filter."""
        # Imported here because most environments never see a failure. It takes 2 ms of CPU.
        from face_compare.engine.diagnosis import Diagnosis  # noqa: PLC0415

        return Diagnosis(self._clients, self._settings, images, seconds_left, quality_filter)
