"""Compares one image after another with its sources, and starts each call at its time."""

from face_compare.bulk.limits import seconds_for_paced_call
from face_compare.bulk.pacer import Pacer
from face_compare.engine.comparer import Comparer
from face_compare.model.comparison import (
    ComparedFaces,
    ComparisonRequest,
    PairResult,
    TargetResult,
)
from face_compare.model.errors import FaceCompareError, OutOfTimeError, ThrottledError
from face_compare.model.image import Image, Side
from face_compare.runtime.settings import SecondsLeft, Settings


class PacedComparer:
    """Compares the images of one invocation at the module's pace."""

    def __init__(
        self,
        settings: Settings,
        comparer: Comparer,
        seconds_left: SecondsLeft,
        expected_images: int,
    ) -> None:
        self._settings = settings
        self._comparer = comparer
        self._seconds_left = seconds_left
        self._seconds_needed = seconds_for_paced_call(settings)
        self._pacer = Pacer(settings.calls_per_second, expected_images)

    def compare(self, request: ComparisonRequest) -> TargetResult:
        """Compare the one target of ``request`` with its sources, a call at a time.

        No call starts that might not end in time. The comparison ends early where more calls
        would be of no use: the quota is used up, the time is over, or the target is a bad image.
        """
        (target,) = request.targets
        left = self._seconds_left() - self._seconds_needed
        # All calls are reserved at once. Otherwise the images would take turns, run out of time
        # together, and each be paid for in part.
        starts = self._pacer.reserve(len(request.sources), left)
        if not starts:
            return self._result(request, [_not_begun(request.sources[0], target)])
        pairs = []
        for source, start in zip(request.sources, starts, strict=True):
            self._pacer.wait_until(start)
            pairs.append(self._compare_pair(source, target, request))
            if _is_enough(pairs):
                break
        return self._result(request, pairs)

    def finish(self) -> None:
        """Wait until the intervals of all calls are over: then the next invocation may call."""
        self._pacer.finish()

    def has_time(self) -> bool:
        """Tell whether one more comparison would end in time, with storing its result."""
        return self._seconds_left() >= self._seconds_needed

    def _compare_pair(self, source: Image, target: Image, request: ComparisonRequest) -> PairResult:
        # There was time when the call was reserved, but earlier answers may have come late.
        if not self.has_time():
            return _not_begun(source, target)
        single = request._replace(sources=(source,), targets=(target,))
        (result,) = self._comparer.compare(single, self._seconds_left)
        return result.pairs[0]

    def _result(self, request: ComparisonRequest, pairs: list[PairResult]) -> TargetResult:
        return TargetResult(
            self._settings.bucket, request.rule, tuple(pairs), needs_every_source=True
        )


def out_of_time() -> OutOfTimeError:
    """Return the error for an image that there is no time left for."""
    return OutOfTimeError(
        "The function's timeout left no time for this image. It is retried "
        "automatically. If it fails again and again, raise function.timeout, or set "
        "on_upload.references_per_subject or the batch's sources_per_pair to the real number."
    )


def _not_begun(source: Image, target: Image) -> PairResult:
    return PairResult(source, target, out_of_time(), duration_ms=0.0)


def _is_enough(pairs: list[PairResult]) -> bool:
    last = pairs[-1].outcome
    if isinstance(last, ThrottledError | OutOfTimeError):
        return True
    # If the target was compared before, it can be read, whatever Rekognition says of it now.
    was_compared = any(isinstance(pair.outcome, ComparedFaces) for pair in pairs)
    return not was_compared and isinstance(last, FaceCompareError) and last.side is Side.TARGET
