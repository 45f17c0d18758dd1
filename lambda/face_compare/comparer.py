"""Comparing the images of one request, as many at once as the module allows."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NoReturn, TypeVar

from face_compare.aws_errors import AWS_ERRORS
from face_compare.clients import Clients
from face_compare.comparison import PairResult, Sighting, TargetResult
from face_compare.decision import Rule
from face_compare.faults import (
    FaceCompareError,
    OutOfTimeError,
    SeveralFacesInSourceError,
    SeveralFacesInTargetError,
)
from face_compare.images import Image, Side
from face_compare.rekognition import compare_faces, count_faces
from face_compare.request import Request
from face_compare.settings import RESERVE_SECONDS, Settings

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient

SecondsLeft = Callable[[], float]
"""A clock that tells how many seconds the function has left before Lambda stops it."""

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class Comparer:
    """Turns a request into results; a pair that fails has its fault as its outcome."""

    def __init__(
        self, settings: Settings, clients: Clients, rekognition: RekognitionClient
    ) -> None:
        """Take the settings, the client that compares, and those that find out why it failed."""
        self._settings = settings
        self._clients = clients
        self._rekognition = rekognition

    def compare(self, request: Request, seconds_left: SecondsLeft) -> list[TargetResult]:
        """Compare every source with every target; the results are in the targets' order."""
        refused = self._refused_sources(request, seconds_left)
        pairs = [
            _Pair(source, target, refusal)
            for target in request.targets
            for source, refusal in zip(request.sources, refused, strict=True)
        ]
        outcomes = self._each(
            pairs,
            lambda pair: self._compare_pair(pair, request.rule, seconds_left),
            seconds_left,
            # Counting the source's faces took time that the limits of the comparison count on.
            guarded=request.rule.require_single_face,
        )
        results = [
            outcome if isinstance(outcome, PairResult) else pair.result(outcome, time.monotonic())
            for pair, outcome in zip(pairs, outcomes, strict=True)
        ]
        per_target = len(request.sources)
        return [
            TargetResult(
                self._settings.bucket, request.rule, tuple(results[first : first + per_target])
            )
            for first in range(0, len(results), per_target)
        ]

    def _refused_sources(
        self, request: Request, seconds_left: SecondsLeft
    ) -> Sequence[FaceCompareError | None]:
        """Return for each source the fault for which the rule refuses it, or None.

        CompareFaces counts the faces of the target only, so this costs a DetectFaces call for
        each source.
        """
        if not request.rule.require_single_face:
            return [None] * len(request.sources)
        return self._each(
            request.sources, lambda source: self._check_source(source, seconds_left), seconds_left
        )

    def _check_source(self, source: Image, seconds_left: SecondsLeft) -> FaceCompareError | None:
        try:
            count = self._count(source, seconds_left)
        except FaceCompareError as fault:
            return fault
        if count == 0:
            from face_compare.diagnosis import no_face  # noqa: PLC0415 - see _explain

            return no_face(Side.SOURCE, source)
        if count > 1:
            return SeveralFacesInSourceError(_several(Side.SOURCE, source, count), Side.SOURCE)
        return None

    def _count(self, source: Image, seconds_left: SecondsLeft) -> int:
        try:
            return count_faces(self._rekognition, self._settings.bucket, source)
        except AWS_ERRORS as error:
            self._explain({Side.SOURCE: source}, seconds_left, error)

    def _compare_pair(self, pair: _Pair, rule: Rule, seconds_left: SecondsLeft) -> PairResult:
        started = time.monotonic()
        if pair.refusal is not None:
            return pair.result(pair.refusal, started)
        try:
            sighting = self._sight(pair, seconds_left)
        except FaceCompareError as fault:
            return pair.result(fault, started)
        count = len(sighting.target_faces)
        if rule.require_single_face and count > 1:
            message = _several(Side.TARGET, pair.target, count)
            return pair.result(SeveralFacesInTargetError(message, Side.TARGET), started)
        return pair.result(sighting, started)

    def _sight(self, pair: _Pair, seconds_left: SecondsLeft) -> Sighting:
        client, bucket = self._rekognition, self._settings.bucket
        try:
            return compare_faces(client, bucket, pair.source, pair.target)
        except AWS_ERRORS as error:
            # The target first: it is the new photo, and more often the one that is no good.
            images = {Side.TARGET: pair.target, Side.SOURCE: pair.source}
            self._explain(images, seconds_left, error)

    def _explain(
        self, images: Mapping[Side, Image], seconds_left: SecondsLeft, error: Exception
    ) -> NoReturn:
        # Imported here because most environments never see a failure: 2 ms of CPU a start.
        from face_compare.diagnosis import Diagnosis  # noqa: PLC0415

        Diagnosis(self._clients, self._settings, images, seconds_left).explain(error)

    def _each(
        self,
        items: Sequence[_Item],
        work: Callable[[_Item], _Result],
        seconds_left: SecondsLeft,
        *,
        guarded: bool = False,
    ) -> list[_Result | OutOfTimeError]:
        """Do the work for each item, as many at once as the module allows.

        What is not done shortly before the function's end is given up, so that the caller
        still gets the rest.
        """
        if len(items) == 1 and not guarded:
            return [work(items[0])]
        # Imported here because a single comparison, the usual case, does without it.
        from concurrent.futures import ThreadPoolExecutor, wait  # noqa: PLC0415

        executor = ThreadPoolExecutor(min(self._settings.concurrency, len(items)))
        futures = [executor.submit(work, item) for item in items]
        wait(futures, timeout=max(0.0, seconds_left() - RESERVE_SECONDS))
        executor.shutdown(wait=False, cancel_futures=True)
        return [
            future.result()
            if future.done() and not future.cancelled()
            else OutOfTimeError(
                "The function's timeout left no time for this comparison. Send fewer images at "
                "once, or raise function.timeout or comparison.concurrency."
            )
            for future in futures
        ]


class _Pair:
    """One source and one target, and the fault for which the source is refused, if any."""

    def __init__(self, source: Image, target: Image, refusal: FaceCompareError | None) -> None:
        self.source = source
        self.target = target
        self.refusal = refusal

    def result(self, outcome: Sighting | FaceCompareError, started: float) -> PairResult:
        duration_ms = (time.monotonic() - started) * 1000
        return PairResult(self.source, self.target, outcome, duration_ms)


def _several(side: Side, image: Image, count: int) -> str:
    return (
        f"The {side} image {image} shows {count} faces, and a single one is required. Crop the "
        "photo to the person who is meant."
    )
