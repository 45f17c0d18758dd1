"""Compares the images of one request, as many at once as the module allows."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from itertools import batched
from typing import TYPE_CHECKING, NamedTuple

from face_compare.engine.rekognition import compare_faces, count_faces
from face_compare.model.comparison import (
    ComparedFaces,
    ComparisonRequest,
    PairResult,
    TargetResult,
)
from face_compare.model.errors import (
    FaceCompareError,
    OutOfTimeError,
    SeveralFacesInSourceError,
    SeveralFacesInTargetError,
)
from face_compare.model.image import Image, Side
from face_compare.model.rule import Rule
from face_compare.runtime.clients import AWS_ERRORS, Clients
from face_compare.runtime.settings import SecondsLeft, Settings

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient


class _Pair(NamedTuple):
    """One source and one target. ``refusal`` is the error for which the rule refuses the source."""

    source: Image
    target: Image
    refusal: FaceCompareError | None


class Comparer:
    """Turns a request into results. The result of a pair that fails holds the error."""

    def __init__(
        self, settings: Settings, clients: Clients, rekognition: RekognitionClient
    ) -> None:
        """Take the client that compares, and the clients that find out why it failed."""
        self._settings = settings
        self._clients = clients
        self._rekognition = rekognition

    def compare(self, request: ComparisonRequest, seconds_left: SecondsLeft) -> list[TargetResult]:
        """Compare every source with every target. The results are in the targets' order."""
        rule = request.rule
        refusals = self._refusals(request, seconds_left)
        pairs = [
            _Pair(source, target, refusal)
            for target in request.targets
            for source, refusal in zip(request.sources, refusals, strict=True)
        ]

        def compare_pair(pair: _Pair) -> PairResult:
            started = time.monotonic()
            outcome = self._outcome(pair, rule, seconds_left)
            duration_ms = (time.monotonic() - started) * 1000
            return PairResult(pair.source, pair.target, outcome, duration_ms)

        # Counting the faces of the sources has used up some of the time.
        started_late = rule.require_single_face
        finished = self._each(pairs, compare_pair, seconds_left, started_late=started_late)
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

    def _refusals(
        self, request: ComparisonRequest, seconds_left: SecondsLeft
    ) -> Sequence[FaceCompareError | None]:
        """Return for each source the error for which the rule refuses it, or None.

        CompareFaces counts only the faces of the target, so this takes a call of DetectFaces
        for each source.
        """
        if not request.rule.require_single_face:
            return [None] * len(request.sources)

        def refusal_of(source: Image) -> FaceCompareError | None:
            return self._refusal(source, seconds_left)

        return self._each(request.sources, refusal_of, seconds_left)

    def _refusal(self, source: Image, seconds_left: SecondsLeft) -> FaceCompareError | None:
        try:
            count = count_faces(self._rekognition, self._settings.bucket, source)
        except AWS_ERRORS as error:
            return self._explain(error, {Side.SOURCE: source}, seconds_left)
        if count == 0:
            return _no_face(Side.SOURCE, source)
        if count > 1:
            return SeveralFacesInSourceError(_several(Side.SOURCE, source, count), Side.SOURCE)
        return None

    def _outcome(
        self, pair: _Pair, rule: Rule, seconds_left: SecondsLeft
    ) -> ComparedFaces | FaceCompareError:
        """Compare one pair, and return the faces or why they could not be compared."""
        if pair.refusal is not None:
            return pair.refusal
        try:
            faces = compare_faces(
                self._rekognition, self._settings.bucket, pair.source, pair.target
            )
        except AWS_ERRORS as error:
            # The target comes first: it is the newer image, and more often the bad one.
            images = {Side.TARGET: pair.target, Side.SOURCE: pair.source}
            return self._explain(error, images, seconds_left)
        count = len(faces.target_faces)
        if count == 0:
            # The API reference announces InvalidParameterException for this, but does not exclude
            # an answer. It would not show that the target is a stranger.
            return _no_face(Side.TARGET, pair.target)
        if rule.require_single_face and count > 1:
            return SeveralFacesInTargetError(_several(Side.TARGET, pair.target, count), Side.TARGET)
        return faces

    def _explain(
        self, error: Exception, images: Mapping[Side, Image], seconds_left: SecondsLeft
    ) -> FaceCompareError:
        """Return the error that ``error``, from a call with these images, stands for."""
        # Imported here because most environments never see a failure. It takes 2 ms of CPU.
        from face_compare.engine.diagnosis import Diagnosis  # noqa: PLC0415

        return Diagnosis(self._clients, self._settings, images, seconds_left).explain(error)

    def _each[Item, Result](
        self,
        items: Sequence[Item],
        work: Callable[[Item], Result],
        seconds_left: SecondsLeft,
        *,
        started_late: bool = False,
    ) -> list[Result | OutOfTimeError]:
        """Do the work for each item, as many at once as the module allows.

        A single item does not need the time limit for all, because its call ends in time by its
        own limits. It does need it if the work is ``started_late``.
        """
        if len(items) == 1 and not started_late:
            return [work(items[0])]
        # Imported here because a single comparison, the usual case, does not need it.
        from face_compare.engine.concurrency import each  # noqa: PLC0415

        concurrency = self._settings.concurrency
        return each(items, work, concurrency=concurrency, seconds_left=seconds_left)


def _no_face(side: Side, image: Image) -> FaceCompareError:
    from face_compare.engine.diagnosis import no_face  # noqa: PLC0415 - see Comparer._explain

    return no_face(side, image)


def _several(side: Side, image: Image, count: int) -> str:
    return (
        f"The {side} image {image} shows {count} faces, and the rule requires a single one. Crop "
        "the image to the person to compare."
    )
