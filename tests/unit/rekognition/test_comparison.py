"""What the service says of the faces found: order, threshold, limits."""

from typing import Any

import pytest

from local.rekognition.comparison import QualityFilter, compare_faces, detect_faces
from local.rekognition.faces import Quality
from local.rekognition.faults import ServiceError
from tests.unit.rekognition.model_check import assert_fits
from tests.unit.rekognition.people import face

NEAR, FAR = 0.1, 0.9


def test_matches_come_most_similar_first() -> None:
    """Else the first face in the answer would not be the best one."""
    target = [face(0.5), face(0.0), face(0.45)]
    answer = compare_faces([face()], target, threshold=0)
    scores = [match["Similarity"] for match in answer["FaceMatches"]]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) == 3


def test_a_face_under_the_threshold_comes_without_a_score() -> None:
    """Else code that works locally would miss the score in the account."""
    answer = compare_faces([face()], [face(NEAR), face(FAR)])
    assert [match["Similarity"] > 80 for match in answer["FaceMatches"]] == [True]
    assert len(answer["UnmatchedFaces"]) == 1
    assert "Similarity" not in answer["UnmatchedFaces"][0]


def test_a_score_equal_to_the_threshold_matches() -> None:
    """Else a threshold taken from a score would not accept that score."""
    exact = compare_faces([face()], [face(0.5)], threshold=0)["FaceMatches"][0]["Similarity"]
    assert compare_faces([face()], [face(0.5)], threshold=exact)["FaceMatches"]
    assert not compare_faces([face()], [face(0.5)], threshold=exact + 0.001)["FaceMatches"]


def test_threshold_zero_scores_every_face() -> None:
    """The payload depends on it: it decides on the scores itself."""
    answer = compare_faces([face()], [face(FAR), face(1.4)], threshold=0)
    assert len(answer["FaceMatches"]) == 2
    assert answer["UnmatchedFaces"] == []


def test_the_largest_face_of_the_source_is_compared() -> None:
    """Else a passer-by in the background of the reference photo would decide."""
    source = [face(FAR, width=0.05), face(0.0, width=0.4), face(FAR, width=0.1)]
    answer = compare_faces(source, [face(0.0)])
    assert answer["SourceImageFace"]["BoundingBox"]["Width"] == 0.4
    assert answer["FaceMatches"]


def test_only_the_hundred_largest_faces_of_the_target_are_compared() -> None:
    """Else a small face in a crowd would be found locally and never in the account."""
    crowd = [face(FAR, width=0.05) for _ in range(100)]
    answer = compare_faces([face()], [face(0.0, width=0.01), *crowd], threshold=0)
    assert len(answer["FaceMatches"]) == 100
    assert all(match["Similarity"] < 1 for match in answer["FaceMatches"])


@pytest.mark.parametrize(("source", "target"), [([], [face()]), ([face()], []), ([], [])])
def test_no_face_is_an_invalid_parameter(source: list, target: list) -> None:  # type: ignore[type-arg]
    """Else the payload's question which photo has no face would never be asked."""
    with pytest.raises(ServiceError, match="Request has invalid parameters") as caught:
        compare_faces(source, target)
    assert caught.value.code == "InvalidParameterException"


def test_the_quality_filter_drops_blurred_and_dark_faces() -> None:
    """Else QualityFilter would be accepted and do nothing."""
    blurred = face(quality=Quality(brightness=60.0, sharpness=20.0))
    dark = face(quality=Quality(brightness=8.0, sharpness=90.0))
    everyone = [face(), blurred, dark]
    counts = {
        level: len(
            compare_faces([face()], everyone, threshold=0, quality_filter=level)["FaceMatches"]
        )
        for level in QualityFilter
    }
    assert counts == {"NONE": 3, "AUTO": 3, "LOW": 3, "MEDIUM": 1, "HIGH": 1}


def test_a_source_that_fails_the_filter_is_no_source() -> None:
    """Else a face would be compared that the caller asked to leave out."""
    blurred = face(quality=Quality(brightness=60.0, sharpness=1.0))
    with pytest.raises(ServiceError):
        compare_faces([blurred], [face()], quality_filter=QualityFilter.HIGH)


def test_detection_lists_the_largest_first_and_may_be_empty() -> None:
    """Else the payload could not tell which photo has no face."""
    found = detect_faces([face(width=0.1), face(width=0.3)])["FaceDetails"]
    assert [one["BoundingBox"]["Width"] for one in found] == [0.3, 0.1]
    assert detect_faces([]) == {"FaceDetails": []}


def test_every_answer_fits_the_service_model() -> None:
    """Else a member's name or type would differ from the real answer's."""
    answer = compare_faces([face()], [face(NEAR), face(FAR)])
    assert answer["FaceMatches"]
    assert answer["UnmatchedFaces"]
    assert_fits(answer, "CompareFaces")
    assert_fits(detect_faces([face()]), "DetectFaces")


def test_the_model_check_would_notice() -> None:
    """Else the test above could not fail."""
    wrong: list[dict[str, Any]] = [
        {"FaceMatches": [{"Similarity": 100.1}]},
        {"FaceMatches": [{"Similarity": "99"}]},
        {"FaceMatches": {}},
        {"Faces": []},
        {"UnmatchedFaces": [{"Landmarks": [{"Type": "ear"}]}]},
    ]
    for broken in wrong:
        with pytest.raises(AssertionError):
            assert_fits(broken, "CompareFaces")
