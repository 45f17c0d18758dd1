"""The demo's findings: what counts as a problem, and what the page and the data say."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from local.demo import __main__ as entry
from local.demo import report
from local.demo import run as demo_run
from local.demo.model import Comparison, Run
from local.pages.parts import Box, score
from local.photos import Album, Pair, Person, Photo
from local.use import Invoked

FACE = {"confidence": 99.9, "bounding_box": {"left": 0.1, "top": 0.2, "width": 0.3, "height": 0.4}}


def _photo(name: str, people: tuple[Person, ...] | None) -> Photo:
    out = io.BytesIO()
    Image.new("RGB", (120, 100), "grey").save(out, "JPEG")
    return Photo(name, f"caption of {name}", people, out.getvalue())


REFERENCE = _photo("eileen.jpg", (Person.EILEEN_COLLINS,))
SAME = _photo("same.jpg", (Person.EILEEN_COLLINS,))
NOBODY = _photo("nobody.jpg", ())
UNKNOWN = _photo("<img src=x onerror=alert(1)>.jpg", None)


def _answer(similarity: float, decision: str) -> dict[str, Any]:
    return {
        "request_id": f"id-{similarity}",
        "match": decision == "match",
        "decision": decision,
        "similarity": similarity,
        "similarity_threshold": 80.0,
        "source": {"key": "reference/eileen.jpg", "version_id": None, "face": FACE},
        "target": {
            "key": "challenge/same.jpg",
            "version_id": None,
            "face_count": 1,
            "faces": [{**FACE, "similarity": similarity}],
        },
    }


def _compared(photo: Photo, similarity: float, decision: str) -> Comparison:
    answer = _answer(similarity, decision)
    outcome = Invoked(str(answer["request_id"]), 0.25, answer, None, None, answer)
    return Comparison(Pair(REFERENCE, photo), outcome)


def _failed(photo: Photo, error: str) -> Comparison:
    outcome = Invoked("id-f", 0.1, None, error, "Use another photo.", {})
    return Comparison(Pair(REFERENCE, photo), outcome)


def _audit(message: str) -> dict[str, Any]:
    records = [{"message": message, "timestamp": "now"}]
    return {"request_id": "id-1", "log_group": "/aws/lambda/fc", "records": records}


@pytest.mark.parametrize(
    ("run", "sentence"),
    [
        (Run(comparisons=[_compared(SAME, 20.0, "no_match")]), "came to no_match, not match"),
        (Run(comparisons=[_compared(NOBODY, 99.0, "match")]), "not NoFaceInTargetError"),
        (
            Run(comparisons=[_failed(SAME, "ThrottledError")]),
            "came to ThrottledError (Use another photo.), not match",
        ),
        (Run(comparisons=[_failed(NOBODY, "NoFaceInSourceError")]), "not NoFaceInTargetError"),
        (Run(audit=_audit("something else")), "is not on record"),
        (Run(left_behind=["S3 bucket: b"]), "Left behind after destroy: S3 bucket: b."),
    ],
)
def test_a_run_with_anything_wrong_fails_and_says_what(run: Run, sentence: str) -> None:
    (problem,) = run.problems()
    assert sentence in problem


def test_the_users_own_photos_cannot_make_the_demo_fail() -> None:
    run = Run(
        comparisons=[_compared(UNKNOWN, 20.0, "no_match"), _failed(UNKNOWN, "NoFaceInTargetError")],
    )
    assert run.problems() == []
    assert run.asserted() == 0


def test_scripts_find_the_promised_fields_in_the_data() -> None:
    run = Run(
        comparisons=[_compared(SAME, 99.0, "match"), _failed(NOBODY, "NoFaceInTargetError")],
        left_behind=["x"],
        seconds={"apply": 60.04},
    )
    facts = json.loads(json.dumps(run.facts()))
    (comparison,) = facts["comparisons"]
    assert comparison == {
        "source": "reference/eileen.jpg",
        "target": "challenge/same.jpg",
        "quality_filter": "NONE",
        "similarity": 99.0,
        "threshold": 80.0,
        "decision": "match",
        "explanation": None,
        "expected": "match",
        "as_expected": True,
        "target_face_count": 1,
        "request_id": "id-99.0",
        "seconds": 0.25,
    }
    assert facts["failures"][0]["error_type"] == "NoFaceInTargetError"
    assert facts["left_behind"] == ["x"]
    assert facts["seconds"] == {"apply": 60.0}


def test_a_face_at_the_edge_is_not_drawn_beside_its_photo() -> None:
    face = {"bounding_box": {"left": -0.1, "top": 0.8, "width": 0.3, "height": 0.4}}
    assert Box.of({**face, "similarity": 80.0}, 80.0) == Box(0.0, 80.0, 20.0, 20.0, 80.0, True)
    assert Box.of(face, 80.0) == Box(0.0, 80.0, 20.0, 20.0, None, False)


@pytest.mark.parametrize(
    ("similarity", "shown"), [(79.96, "79.9"), (99.99998, "99.9"), (100.0, "100.0"), (0.0, "0.0")]
)
def test_a_score_below_the_threshold_does_not_read_as_the_threshold(
    similarity: float, shown: str
) -> None:
    assert score(similarity) == shown


def test_the_page_shows_each_photo_and_a_file_name_cannot_add_markup(tmp_path: Path) -> None:
    album = Album((REFERENCE,), (SAME, UNKNOWN))
    run = Run(
        comparisons=[_compared(SAME, 99.0, "match"), _failed(UNKNOWN, "NoFaceInTargetError")],
        audit=_audit("face comparison decided"),
        seconds={"apply": 60.0},
    )
    page, facts = report.write(run, album, tmp_path)
    text = page.read_text(encoding="utf-8")
    assert len(re.findall(r"<img ", text)) == 3
    assert len(re.findall(r'<span class="box', text)) == 2
    assert "<img src=x" not in text
    assert "&lt;img src=x onerror" in text
    assert "About your own photos" not in text
    assert json.loads(facts.read_text())["comparisons"]


@pytest.mark.parametrize("cut", [slice(0, -70), slice(0, 20)])
def test_an_unreadable_photo_does_not_end_the_demo_in_a_stack_trace(
    tmp_path: Path, cut: slice
) -> None:
    broken = Photo("broken.jpg", "your own photo", None, SAME.data[cut])
    run = Run(comparisons=[_compared(SAME, 99.5, "match"), _failed(broken, "ImageFormatError")])
    page, _ = report.write(run, Album((REFERENCE,), (SAME, broken)), tmp_path)
    assert "cannot be shown" in page.read_text(encoding="utf-8")


def test_a_typo_in_a_file_name_ends_the_demo_before_it_starts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REFERENCE", "none.jpg")
    monkeypatch.setenv("CHALLENGE", "none-either.jpg")
    monkeypatch.setattr(entry, "demonstrate", lambda *_: pytest.fail("something was started"))
    assert entry.main() == 2
    said = capsys.readouterr().err
    assert said == "Cannot read the photo none.jpg: No such file or directory.\n"


@pytest.mark.parametrize("name", [report.PAGE, report.FACTS])
def test_a_report_that_cannot_be_written_does_not_cost_two_minutes_of_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path)
    for variable in ("REFERENCE", "CHALLENGE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(demo_run, "venv_python", lambda _: pytest.fail("something was started"))
    assert entry.main() == 2
    said = capsys.readouterr().err
    assert said.startswith(f"The demo cannot write its report to {tmp_path / name} (Is a directory")
    assert said.count("\n") == 1
