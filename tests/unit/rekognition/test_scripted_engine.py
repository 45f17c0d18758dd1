"""The engine for benchmarks: the key says who is in an image."""

import pytest

from local.rekognition.comparison import compare_faces
from local.rekognition.errors import ServiceError
from local.rekognition.faces import ImageFile
from local.rekognition.scripted_engine import analyze


def score(target: str) -> float:
    source = analyze(ImageFile(b"same bytes", "reference/alice.jpg"))
    answer = compare_faces(source, analyze(ImageFile(b"same bytes", target)), 0)
    return float(answer["FaceMatches"][0]["Similarity"])


@pytest.mark.parametrize(
    "target",
    ["challenge/alice-1.jpg", "challenge/alice.jpg", "challenge/alice/2026/a.jpg", "alice.png"],
)
def test_a_benchmark_sees_the_same_person_match(target: str) -> None:
    assert score(target) > 99.9


@pytest.mark.parametrize("number", range(20))
def test_a_benchmark_notices_a_mixed_up_pair(number: int) -> None:
    assert score(f"challenge/person{number}-1.jpg") < 0.001


def test_nobody_is_found_where_the_key_says_so() -> None:
    assert analyze(ImageFile(b"", "challenge/noface-1.jpg")) == []
    with pytest.raises(ServiceError):
        score("challenge/noface.jpg")
