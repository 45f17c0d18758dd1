"""The zip with AWS's own runtime client: what Lambda, Step Functions and CloudWatch see."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.function_variables import function_variables
from local.runtime import Outcome, RuntimeEnvironment
from local.waiting import eventually
from tests.unit.payload.canned_aws import (
    BOX,
    LANDMARKS,
    CannedAnswer,
    CannedAws,
    canned_aws,
    compared,
    error,
)
from tools.package import ZIP

EVENT = {"source": "reference/a.jpg", "target": "challenge/b.jpg"}


@pytest.fixture(scope="module")
def canned() -> Iterator[CannedAws]:
    with canned_aws() as aws:
        yield aws


@pytest.fixture(scope="module")
def environment(
    canned: CannedAws, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RuntimeEnvironment]:
    code = tmp_path_factory.mktemp("code")
    zipfile.ZipFile(ZIP).extractall(code)
    with start(code, canned) as started:
        yield started


def start(code: Path, canned: CannedAws, timeout: int = 30) -> RuntimeEnvironment:
    variables = function_variables(
        bucket="photos", calls_per_second=1000, workers=4, timeout_seconds=timeout
    )
    return RuntimeEnvironment(
        code,
        "face_compare.handler.handler",
        {"AWS_ENDPOINT_URL": canned.endpoint, **variables},
        timeout_seconds=timeout,
    )


def records_of(environment: RuntimeEnvironment, outcome: Outcome) -> list[dict[str, object]]:
    def written() -> list[dict[str, object]]:
        return [
            record
            for record in environment.log_records()
            if record.get("requestId") == outcome.request_id
            and record.get("logger") == "face_compare"
        ]

    # The runtime may post its answer before its last line has come through the pipe.
    return eventually(written, 30.0, "a record of the comparison", every=0.005)


def assert_nothing_biometric_is_in_the_log(environment: RuntimeEnvironment) -> None:
    written = json.dumps(environment.log_records())
    for number in (*BOX.values(), *(mark[axis] for mark in LANDMARKS for axis in "XY")):
        assert str(number) not in written


def test_a_decision_is_answered_and_recorded_under_the_request_id(
    environment: RuntimeEnvironment, canned: CannedAws
) -> None:
    canned.answers["CompareFaces"] = compared(97.5)
    outcome = environment.invoke(EVENT)
    assert outcome.answer["request_id"] == outcome.request_id
    assert outcome.answer["match"] is True
    (record,) = records_of(environment, outcome)
    assert record["level"] == "INFO"
    assert record["logger"] == "face_compare"
    assert record["decision"] == "match"
    assert record["similarity"] == 97.5
    assert isinstance(record["duration_ms"], float)
    # Lambda leaves out members that are None. This one must say that there is no review band.
    assert record["review_threshold"] == "none"
    assert "target_version_id" not in record
    assert_nothing_biometric_is_in_the_log(environment)


def test_an_error_has_the_bare_class_name_that_step_functions_matches_and_one_record(
    environment: RuntimeEnvironment, canned: CannedAws
) -> None:
    canned.answers["CompareFaces"] = error("InvalidParameterException")
    canned.answers["DetectFaces"] = CannedAnswer(body={"FaceDetails": []})
    outcome = environment.invoke(EVENT)
    assert outcome.error is not None
    assert outcome.error["errorType"] == "NoFaceInTargetError"
    assert "challenge/b.jpg" in outcome.error["errorMessage"]
    (record,) = records_of(environment, outcome)
    assert (record["error_type"], record["level"]) == ("NoFaceInTargetError", "ERROR")
    assert_nothing_biometric_is_in_the_log(environment)


@pytest.mark.parametrize(
    "event", [b"[]", b"null", b'"x"', b"7", b"{}", b'{"source": 1e999, "target": {}}']
)
def test_any_json_is_answered_with_a_typed_error(
    environment: RuntimeEnvironment, event: bytes
) -> None:
    outcome = environment.invoke_raw(event)
    assert outcome.error is not None
    assert outcome.error["errorType"] == "InvalidRequestError"


def test_no_value_in_a_batch_can_end_the_environment_or_spoil_its_answer(
    environment: RuntimeEnvironment, canned: CannedAws
) -> None:
    """From Python 3.12 on, the runtime ends if an answer has half a character in it.

    It sends a number without end as ``Infinity``, which is not JSON.
    """
    canned.answers["CompareFaces"] = compared(97.5)
    outcome = environment.invoke_raw(
        rb'{"pairs": [{"source": "\ud83d", "target": "b"}, {"source": "a", "target": "b"}, '
        rb'{"source": "a", "target": "b", "note \ud83d": ["\ud83d", 1e999]}]}'
    )
    assert outcome.error is None
    unreadable, *decided = outcome.answer["results"]
    assert unreadable["error"]["type"] == "InvalidRequestError"
    assert [entry["decision"] for entry in decided] == ["match", "match"]
    assert decided[1]["columns"] == {"note ?": ["?", "Infinity"]}


def test_an_api_that_hangs_ends_in_a_typed_error_before_the_functions_timeout(
    canned: CannedAws, tmp_path: Path
) -> None:
    zipfile.ZipFile(ZIP).extractall(tmp_path)
    canned.answers["CompareFaces"] = CannedAnswer(seconds=60.0)
    with start(tmp_path, canned, timeout=15) as environment:
        outcome = environment.invoke(EVENT)
    assert outcome.error is not None
    assert outcome.error["errorType"] == "ServiceUnavailableError"
    assert outcome.seconds < 15.0
