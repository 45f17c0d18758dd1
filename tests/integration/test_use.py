"""The deployed function, used as its consumers use it."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from tests.integration.conftest import Deployed

EILEEN = "reference/eileen-collins.jpg"
GRACE = "reference/grace-hopper.jpg"
DARK = "challenge/eileen-dark.jpg"
BOTH = "challenge/both.jpg"


def test_the_same_person_matches_and_the_answer_says_why(deployed: Deployed) -> None:
    """Else a right person would be turned away, or nobody could tell on what grounds."""
    outcome = deployed.compare(EILEEN, BOTH)
    assert outcome.answer is not None, outcome.error_message
    answer = outcome.answer
    assert (answer["match"], answer["decision"]) == (True, "match")
    assert answer["similarity"] >= 95
    assert answer["similarity_threshold"] == 80.0
    assert (answer["source"]["key"], answer["source"]["version_id"]) == (EILEEN, None)
    assert answer["target"]["face_count"] == len(answer["target"]["faces"]) == 2
    scores = [face["similarity"] for face in answer["target"]["faces"]]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] == answer["similarity"]
    assert scores[1] <= 30
    for face in [answer["source"]["face"], *answer["target"]["faces"]]:
        assert set(face["bounding_box"]) == {"left", "top", "width", "height"}
        assert 90 <= face["confidence"] <= 100


def test_another_person_does_not_match_but_still_has_a_score(deployed: Deployed) -> None:
    """Else a stranger would pass, or a near miss could not be seen."""
    outcome = deployed.compare(GRACE, DARK)
    assert outcome.answer is not None, outcome.error_message
    assert (outcome.answer["match"], outcome.answer["decision"]) == (False, "no_match")
    assert 0 <= outcome.answer["similarity"] <= 30


def test_a_version_is_compared_as_it_was(deployed: Deployed) -> None:
    """Else a photo replaced after the upload would decide about its predecessor."""
    s3 = deployed.stack.client("s3")
    body = s3.get_object(Bucket=deployed.bucket, Key=DARK)["Body"].read()
    first = s3.put_object(Bucket=deployed.bucket, Key="challenge/changed.jpg", Body=body)
    s3.put_object(Bucket=deployed.bucket, Key="challenge/changed.jpg", Body=b"replaced")
    target = {"key": "challenge/changed.jpg", "version_id": first["VersionId"]}
    outcome = deployed.compare(EILEEN, target)
    assert outcome.answer is not None, outcome.error_message
    assert outcome.answer["match"] is True
    assert outcome.answer["target"]["version_id"] == first["VersionId"]


def test_a_key_may_hold_what_file_names_hold(deployed: Deployed) -> None:
    """Else a photo called "a & b" could not be compared."""
    s3 = deployed.stack.client("s3")
    key = "challenge/a & b <c> +%20é 'd'.jpg"
    body = s3.get_object(Bucket=deployed.bucket, Key=DARK)["Body"].read()
    s3.put_object(Bucket=deployed.bucket, Key=key, Body=body)
    outcome = deployed.compare(EILEEN, key)
    assert outcome.answer is not None, outcome.error_message
    assert outcome.answer["target"]["key"] == key


def test_an_event_may_raise_the_threshold(deployed: Deployed) -> None:
    """Else a caller who needs more certainty could not ask for it."""
    scores = deployed.compare(GRACE, DARK, similarity_threshold=99.5)
    assert scores.answer is not None
    assert scores.answer["similarity_threshold"] == 99.5


@pytest.mark.parametrize(
    ("source", "target", "more", "error"),
    [
        ("reference/cat.jpg", BOTH, {}, "NoFaceInSourceError"),
        (EILEEN, "challenge/cat.jpg", {}, "NoFaceInTargetError"),
        (EILEEN, "challenge/none.jpg", {}, "ImageNotFoundError"),
        ("private/eileen.jpg", BOTH, {}, "ImageForbiddenError"),
        (EILEEN, "private/eileen.jpg", {}, "ImageForbiddenError"),
        (EILEEN, "challenge/note.jpg", {}, "ImageFormatError"),
        (EILEEN, BOTH, {"similarity_threshold": 10}, "InvalidRequestError"),
        (EILEEN, BOTH, {"similarity_threshold": 0.9}, "InvalidRequestError"),
        (EILEEN, BOTH, {"surprise": 1}, "InvalidRequestError"),
    ],
)
def test_each_fault_has_its_own_error_type_and_a_record(
    deployed: Deployed, source: str, target: str, more: dict[str, object], error: str
) -> None:
    """Else a caller could not tell what to do, nor an auditor what had happened."""
    outcome = deployed.compare(source, target, **more)
    assert (outcome.error_type, outcome.answer) == (error, None)
    assert outcome.error_message
    failed = [
        record
        for record in deployed.records(outcome)
        if record.get("message") == "face comparison failed"
    ]
    assert [record["error_type"] for record in failed] == [error]
    assert failed[0]["retryable"] is False


def test_every_decision_is_on_record_under_its_request_id(deployed: Deployed) -> None:
    """Else a disputed decision could not be traced."""
    outcome = deployed.compare(EILEEN, BOTH)
    assert outcome.answer is not None
    records = deployed.records(outcome)
    kinds = [record.get("message") or record["type"] for record in records]
    wanted = ["platform.start", "face comparison decided", "platform.report"]
    assert [kind for kind in kinds if kind in wanted] == wanted
    decided = next(record for record in records if record.get("message") == wanted[1])
    assert decided["requestId"] == outcome.request_id
    expected = {
        "decision": "match",
        "function_name": deployed.function,
        "function_version": "$LATEST",
        "level": "INFO",
        "similarity": outcome.answer["similarity"],
        "similarity_threshold": 80.0,
        "source_key": EILEEN,
        "target_face_count": 2,
        "target_key": BOTH,
    }
    assert {name: decided.get(name) for name in expected} == expected


def test_nothing_biometric_is_in_the_log(deployed: Deployed) -> None:
    """Else the log would be biometric data under the law, kept for 90 days."""
    outcome = deployed.compare(EILEEN, DARK)
    assert outcome.answer is not None
    text = json.dumps(deployed.records(outcome)).lower()
    assert outcome.request_id in text
    for word in ("bounding", "landmark", "pose", '"bytes"', "embedding", '"left"', '"width"'):
        assert word not in text
    box = outcome.answer["target"]["faces"][0]["bounding_box"]
    assert not any(str(value) in text for value in box.values())


def test_the_bucket_refuses_plain_http(deployed: Deployed) -> None:
    """Else photos could cross a network in the clear."""
    iam = deployed.stack.client("iam")
    iam.create_user(UserName="reader")
    allow = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [allow]}
    iam.put_user_policy(UserName="reader", PolicyName="read", PolicyDocument=json.dumps(document))
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    s3 = deployed.stack.client_as("s3", key["AccessKeyId"], key["SecretAccessKey"])
    try:
        assert s3.get_object(Bucket=deployed.bucket, Key=EILEEN)["ContentLength"] > 0
        s3.meta.events.register(
            "before-sign.s3",
            lambda request, **_: request.headers.add_header("X-Forwarded-Proto", "http"),
        )
        with pytest.raises(ClientError, match="explicit deny in a resource-based policy"):
            s3.get_object(Bucket=deployed.bucket, Key=EILEEN)
    finally:
        iam.delete_access_key(UserName="reader", AccessKeyId=key["AccessKeyId"])
        iam.delete_user_policy(UserName="reader", PolicyName="read")
        iam.delete_user(UserName="reader")
