"""The engine for benchmarks: who is on a photo follows from its key."""

import pytest

from local.rekognition.comparison import compare_faces
from local.rekognition.faces import Photo
from local.rekognition.faults import ServiceError
from local.rekognition.scripted import ScriptedEngine
from tests.unit.rekognition.model_check import assert_fits


def score(source: str | None, target: str | None) -> float:
    engine = ScriptedEngine()
    answer = compare_faces(
        engine.analyse(Photo(b"same bytes", source)),
        engine.analyse(Photo(b"same bytes", target)),
        threshold=0,
    )
    assert_fits(answer, "CompareFaces")
    return float(answer["FaceMatches"][0]["Similarity"])


@pytest.mark.parametrize(
    "target",
    ["challenge/alice-1.jpg", "challenge/alice.jpg", "challenge/alice/2026/a.jpg", "alice.png"],
)
def test_the_same_person_matches(target: str) -> None:
    """Else a benchmark's decisions would all be wrong."""
    assert score("reference/alice.jpg", target) > 99.9


@pytest.mark.parametrize("number", range(20))
def test_two_people_never_match(number: int) -> None:
    """Else a doubled or mixed-up pair would not show as a wrong decision."""
    assert score("reference/alice.jpg", f"challenge/person{number}-1.jpg") < 0.001


@pytest.mark.parametrize("wanted", [5.0, 79.5, 85.0, 99.0])
def test_a_similarity_can_be_asked_for(wanted: float) -> None:
    """Else the review band could not be tested without fitting photos."""
    assert score("reference/alice.jpg", f"challenge/alice-1~{wanted}.jpg") == pytest.approx(
        wanted, abs=0.001
    )


def test_nobody_and_crowds() -> None:
    """Else "no face" and "several faces" could not be met at full speed."""
    engine = ScriptedEngine()
    assert engine.analyse(Photo(b"", "challenge/noface-1.jpg")) == ()
    assert len(engine.analyse(Photo(b"", "challenge/crowd7-x.jpg"))) == 7
    with pytest.raises(ServiceError):
        score("reference/alice.jpg", "challenge/noface.jpg")


def test_inline_bytes_match_themselves() -> None:
    """Else inline photos could not be used with this engine."""
    assert score(None, None) > 99.9
    engine = ScriptedEngine()
    one, other = (engine.analyse(Photo(content)) for content in (b"one", b"other"))
    assert not compare_faces(one, other)["FaceMatches"]
