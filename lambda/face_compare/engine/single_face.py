"""The rule that an image must show a single face.

CompareFaces counts only the faces of the target. So this takes a call of DetectFaces for each
source, and another for a target if a quality filter may have left out some of its faces.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from face_compare.engine.concurrency import each
from face_compare.engine.face_count import count_faces
from face_compare.model.comparison import ComparedFaces
from face_compare.model.errors import (
    FaceCompareError,
    SeveralFacesInSourceError,
    SeveralFacesInTargetError,
)
from face_compare.model.image import Image, Side
from face_compare.model.rule import QualityFilter
from face_compare.runtime.clients import AWS_ERRORS
from face_compare.runtime.settings import SecondsLeft, Settings

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient

    from face_compare.engine.diagnosis import Diagnosis

_SEVERAL_FACES = {
    Side.SOURCE: SeveralFacesInSourceError,
    Side.TARGET: SeveralFacesInTargetError,
}


class SingleFace:
    """Finds the error for which the rule refuses an image, None if it shows a single face."""

    def __init__(
        self,
        rekognition: RekognitionClient,
        settings: Settings,
        diagnosis_of: Callable[[Mapping[Side, Image]], Diagnosis],
        seconds_left: SecondsLeft,
    ) -> None:
        """Take the client that counts, and what finds out why a call about images failed."""
        self._rekognition = rekognition
        self._settings = settings
        self._diagnosis_of = diagnosis_of
        self._seconds_left = seconds_left

    def source_refusals(self, sources: Sequence[Image]) -> Sequence[FaceCompareError | None]:
        """Count the faces of each source, of as many at once as the module allows."""
        if len(sources) == 1:
            # The limits of its one call end it in time.
            return [self._source_refusal(sources[0])]
        return each(
            sources,
            self._source_refusal,
            concurrency=self._settings.concurrency,
            seconds_left=self._seconds_left,
        )

    def target_refusal(
        self, target: Image, faces: ComparedFaces, quality_filter: QualityFilter
    ) -> FaceCompareError | None:
        """Look at the faces of a target that was compared."""
        count = len(faces.target_faces)
        if count == 1 and quality_filter != "NONE":
            # A face that the filter left out is in the image all the same.
            try:
                count = count_faces(self._rekognition, self._settings.bucket, target)
            except AWS_ERRORS as error:
                return self._diagnosis_of({Side.TARGET: target}).explain(error)
        return _several(Side.TARGET, target, count)

    def _source_refusal(self, source: Image) -> FaceCompareError | None:
        try:
            count = count_faces(self._rekognition, self._settings.bucket, source)
        except AWS_ERRORS as error:
            return self._diagnosis_of({Side.SOURCE: source}).explain(error)
        if count == 0:
            # Imported here because most environments never see such an image.
            from face_compare.engine.diagnosis import no_face  # noqa: PLC0415

            return no_face(Side.SOURCE, source)
        return _several(Side.SOURCE, source, count)


def _several(side: Side, image: Image, count: int) -> FaceCompareError | None:
    if count <= 1:
        return None
    return _SEVERAL_FACES[side](
        f"The {side} image {image} shows {count} faces, and the rule requires a single one "
        "(require_single_face). Crop the image to the person to compare.",
        side,
    )
