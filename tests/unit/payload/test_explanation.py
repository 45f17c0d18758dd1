"""Explanations: otherwise a bad image would look like a stranger."""

from __future__ import annotations

import json
from typing import Any

import pytest

from face_compare.model.explanation import FaceQuality, likely_reasons
from tests.unit.payload.bulk_work import BulkWork, uploaded
from tests.unit.payload.direct import DECIDED, Direct, Records
from tests.unit.payload.invocation import SETTINGS

GOOD = FaceQuality(brightness=80.0, sharpness=90.0, pitch=3.0, roll=1.0, yaw=2.0)
EVENT: dict[str, Any] = {"source": "s", "target": "t"}

# Numbers that nothing else in an answer or a record can be.
TURNED = {
    "Quality": {"Brightness": 61.3127, "Sharpness": 92.2138},
    "Pose": {"Roll": -3.1729, "Yaw": -48.4216, "Pitch": 12.5234},
}
EXPLANATION = {
    "brightness": 61.3127,
    "sharpness": 92.2138,
    "pose": {"pitch": 12.5234, "roll": -3.1729, "yaw": -48.4216},
    "likely_reasons": ["turned away by 48 degrees"],
}


@pytest.mark.parametrize(
    ("changed", "reasons"),
    [
        ({}, []),
        ({"brightness": 24.4}, ["very dark: brightness 24 of 100"]),
        ({"brightness": 25.0}, []),
        ({"sharpness": 9.9}, ["very blurred: sharpness 10 of 100"]),
        ({"sharpness": 10.0}, []),
        # AWS: less than 45 degrees in either direction.
        ({"yaw": 45.0}, ["turned away by 45 degrees"]),
        ({"yaw": -48.4}, ["turned away by 48 degrees"]),
        ({"yaw": 44.9}, []),
        # AWS: less than 30 degrees down, 45 up, and nobody knows which of them is positive.
        ({"pitch": 30.0}, ["tilted up or down by 30 degrees"]),
        ({"pitch": -33.0}, ["tilted up or down by 33 degrees"]),
        ({"pitch": 29.9}, []),
        # AWS: no restriction.
        ({"roll": 180.0}, []),
        (dict.fromkeys(FaceQuality._fields), []),
        (
            {"brightness": 3.0, "yaw": 60.0},
            ["very dark: brightness 3 of 100", "turned away by 60 degrees"],
        ),
    ],
)
def test_a_reason_is_given_where_the_image_is_beyond_a_limit(
    changed: dict[str, Any], reasons: list[str]
) -> None:
    assert likely_reasons(GOOD._replace(**changed)) == reasons


@pytest.fixture
def stranger(direct: Direct) -> Direct:
    """A face that is turned away, and scores as a stranger's does."""
    direct.rekognition.measured = TURNED
    direct.rekognition.scores["t"] = 12.0
    return direct


def test_a_no_match_is_explained_by_the_decisive_face(stranger: Direct) -> None:
    stranger.rekognition.unmatched_faces = 1
    assert stranger.serve(**EVENT, explain=True)["explanation"] == EXPLANATION


def test_without_the_wish_the_answer_lacks_the_explanation_and_nothing_else(
    stranger: Direct,
) -> None:
    explained = stranger.serve(**EVENT, explain=True)
    del explained["explanation"]
    assert json.dumps(stranger.serve(**EVENT)) == json.dumps(explained)
    assert json.dumps(stranger.serve(**EVENT, explain=False)) == json.dumps(explained)


def test_a_match_is_measured_and_nothing_is_held_against_it(stranger: Direct) -> None:
    stranger.rekognition.scores["t"] = 99.0
    answer = stranger.serve(**EVENT, explain=True)
    assert answer["explanation"] == {**EXPLANATION, "likely_reasons": []}


def test_an_answer_of_rekognition_without_measurements_is_no_failure(direct: Direct) -> None:
    direct.rekognition.measured = {"Quality": {}, "Pose": {}}
    explanation = direct.serve(**EVENT, explain=True)["explanation"]
    assert explanation["pose"] == {"pitch": None, "roll": None, "yaw": None}


def test_each_target_has_its_own_explanation_and_a_failed_one_has_none(stranger: Direct) -> None:
    stranger.rekognition.scores["busy"] = "ThrottlingException"
    bad, good, busy = stranger.results(source="s", targets=["t", "good", "busy"], explain=True)
    assert bad["explanation"]["likely_reasons"] == EXPLANATION["likely_reasons"]
    assert good["explanation"]["likely_reasons"] == []
    assert "explanation" not in busy


def test_the_modules_setting_is_for_events_that_do_not_choose(stranger: Direct) -> None:
    stranger.settings = SETTINGS._replace(explain=True)
    assert "explanation" in stranger.serve(**EVENT)
    assert "explanation" not in stranger.serve(**EVENT, explain=False)


def test_a_batch_explains_the_items_that_ask_for_it(bulk: BulkWork) -> None:
    bulk.rekognition.measured = TURNED
    bulk.rekognition.scores["t"] = 12.0
    asked, silent = bulk.serve_batch([{**EVENT, "explain": True}, EVENT])
    assert asked["explanation"] == EXPLANATION
    assert "explanation" not in silent


def test_the_result_of_an_upload_is_explained_if_the_module_says_so(bulk: BulkWork) -> None:
    bulk.put("reference/alice/1.jpg")
    bulk.rekognition.measured = TURNED
    bulk.rekognition.scores["reference/alice/1.jpg"] = 12.0
    assert bulk.with_settings(explain=True).deliver([uploaded(bulk)]) == []
    assert bulk.only_result()["explanation"] == EXPLANATION


@pytest.mark.parametrize("score", [12.0, 99.0, None])
def test_nothing_of_an_explanation_is_logged(
    stranger: Direct, bulk: BulkWork, records: Records, score: float | None
) -> None:
    """It is biometric. Only who may see the answer may see it."""
    bulk.put("reference/alice/1.jpg")
    bulk.rekognition.measured = TURNED
    for rekognition in (stranger.rekognition, bulk.rekognition):
        rekognition.scores.update(t=score, s=score)
    stranger.serve(**EVENT, explain=True)
    bulk.serve_batch([{**EVENT, "explain": True}])
    bulk.with_settings(explain=True).deliver([uploaded(bulk)])
    assert len(records.of(DECIDED)) == 3
    text = str(records.all())
    numbers = [str(number) for part in TURNED.values() for number in part.values()]
    for word in (*numbers, "turned", "degrees", "brightness", "sharpness", "yaw", "explanation"):
        assert word not in text
