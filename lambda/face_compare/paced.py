"""Bulk work: a photo is compared with one source after another, each call at its turn."""

from __future__ import annotations

from face_compare.comparer import Comparer, SecondsLeft
from face_compare.comparison import PairResult, Sighting, TargetResult
from face_compare.faults import FaceCompareError, OutOfTimeError, ThrottledError
from face_compare.images import Image, Side
from face_compare.pacing import Pacer
from face_compare.request import Request
from face_compare.settings import Settings


class PacedComparer:
    """Compares the photos of one invocation at the module's pace."""

    def __init__(
        self,
        settings: Settings,
        comparer: Comparer,
        seconds_left: SecondsLeft,
        expected_photos: int,
    ) -> None:
        """Take the settings, what compares, the invocation's clock, and how many photos wait."""
        self._settings = settings
        self._comparer = comparer
        self._seconds_left = seconds_left
        self._pacer = Pacer(settings.calls_per_second, expected_photos)

    def compare(self, request: Request) -> TargetResult:
        """Compare the one target of ``request`` with its sources, a call at a time.

        No call starts that might not end in time. The pairs end early where more calls would
        only cost: when the quota is used up, time is over, or the target itself is no good.
        """
        (target,) = request.targets
        left = self._seconds_left() - self._settings.seconds_after_turn
        # All turns at once: photos whose calls took turns would run out of time together, each
        # paid for in part.
        turns = self._pacer.reserve(len(request.sources), left)
        if not turns:
            return self._result(request, [_not_begun(request.sources[0], target)])
        pairs = []
        for source, turn in zip(request.sources, turns, strict=True):
            self._pacer.until(turn)
            pairs.append(self._compare(Request((source,), (target,), request.rule)))
            if _is_enough(pairs):
                break
        return self._result(request, pairs)

    def finish(self) -> None:
        """Wait until the time of all calls is over, so that the next invocation may call."""
        self._pacer.finish()

    def has_time(self) -> bool:
        """Tell whether one more comparison and storing what it gives would end in time."""
        return self._seconds_left() >= self._settings.seconds_after_turn

    def _compare(self, single: Request) -> PairResult:
        # Earlier answers may have come late.
        if not self.has_time():
            return _not_begun(single.sources[0], single.targets[0])
        (result,) = self._comparer.compare(single, self._seconds_left)
        return result.pairs[0]

    def _result(self, request: Request, pairs: list[PairResult]) -> TargetResult:
        return TargetResult(
            self._settings.bucket, request.rule, tuple(pairs), needs_every_source=True
        )


def out_of_time() -> OutOfTimeError:
    """Return the fault of a photo that finds no time left."""
    return OutOfTimeError(
        "The function's timeout left no time for this photo. It comes again with its message or "
        "batch; if that does not help, raise function.timeout, or tell the module how many "
        "reference photos a person has."
    )


def _not_begun(source: Image, target: Image) -> PairResult:
    return PairResult(source, target, out_of_time(), duration_ms=0.0)


def _is_enough(pairs: list[PairResult]) -> bool:
    last = pairs[-1].outcome
    if isinstance(last, ThrottledError | OutOfTimeError):
        return True
    # A target that was seen before can be read, whatever Rekognition says of it now.
    seen = any(isinstance(pair.outcome, Sighting) for pair in pairs)
    return not seen and isinstance(last, FaceCompareError) and last.side is Side.TARGET
