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


@pytest.mark.parametrize("wanted", [5.0, 79.5, 85.0, 99.0])
def test_a_test_of_the_review_band_gets_the_similarity_it_asks_for(wanted: float) -> None:
    assert score(f"challenge/alice-1~{wanted}.jpg") == pytest.approx(wanted, abs=0.001)


def test_nobody_and_crowds_are_found_at_full_speed() -> None:
    assert analyze(ImageFile(b"", "challenge/noface-1.jpg")) == []
    assert len(analyze(ImageFile(b"", "challenge/crowd7-x.jpg"))) == 7
    with pytest.raises(ServiceError):
        score("challenge/noface.jpg")


def test_inline_images_match_themselves_only() -> None:
    one, same, other = (analyze(ImageFile(content)) for content in (b"one", b"one", b"other"))
    assert compare_faces(one, same)["FaceMatches"]
    assert not compare_faces(one, other)["FaceMatches"]
