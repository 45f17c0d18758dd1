"""What the service says of the faces it found: order, threshold, limits."""

from dataclasses import replace

import numpy as np
import pytest

from local.rekognition.comparison import compare_faces
from local.rekognition.errors import ServiceError
from local.rekognition.faces import Box, Face, Pose, Quality

NEAR, FAR = 0.1, 0.9


def face(distance: float = 0.0, *, width: float = 0.1) -> Face:
    """A face that is this far from ``face()``."""
    box = Box(left=0.2, top=0.2, width=width, height=width)
    return Face(box, confidence=99.5, embedding=np.array([distance]))


def test_a_face_below_the_threshold_has_no_score_as_in_the_account() -> None:
    answer = compare_faces([face()], [face(NEAR), face(FAR)])
    assert [match["Similarity"] > 80 for match in answer["FaceMatches"]] == [True]
    assert len(answer["UnmatchedFaces"]) == 1
    assert "Similarity" not in answer["UnmatchedFaces"][0]


def test_a_passer_by_in_the_background_of_the_source_does_not_decide() -> None:
    source = [face(FAR, width=0.05), face(0.0, width=0.4), face(FAR, width=0.1)]
    answer = compare_faces(source, [face(0.0)])
    assert answer["SourceImageFace"]["BoundingBox"]["Width"] == 0.4
    assert answer["FaceMatches"]


@pytest.mark.parametrize(("source", "target"), [([], [face()]), ([face()], []), ([], [])])
def test_an_image_without_a_face_is_the_error_that_starts_the_diagnosis(
    source: list[Face], target: list[Face]
) -> None:
    with pytest.raises(ServiceError, match="Request has invalid parameters") as caught:
        compare_faces(source, target)
    assert caught.value.code == "InvalidParameterException"


BLURRED = replace(face(), quality=Quality(brightness=50.0, sharpness=10.0))
DARK = replace(face(), quality=Quality(brightness=10.0, sharpness=80.0))
TURNED = replace(face(), pose=Pose(pitch=0.0, roll=0.0, yaw=-50.0))
TILTED = replace(face(), pose=Pose(pitch=50.0, roll=0.0, yaw=0.0))


@pytest.mark.parametrize("bad", [BLURRED, DARK, TURNED, TILTED])
def test_a_filtered_face_is_in_neither_list_and_alone_it_is_an_error(bad: Face) -> None:
    """AWS: filtered faces are not compared."""
    answer = compare_faces([face()], [face(NEAR), bad], 0, "MEDIUM")
    assert len(answer["FaceMatches"]) == 1
    assert answer["UnmatchedFaces"] == []
    for source, target in (([face()], [bad]), ([bad], [face()])):
        assert compare_faces(source, target, 0, "LOW")["FaceMatches"]
        with pytest.raises(ServiceError, match="Request has invalid parameters"):
            compare_faces(source, target, 0, "MEDIUM")
