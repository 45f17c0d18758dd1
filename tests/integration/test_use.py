"""The deployed function, used as its consumers use it."""

from __future__ import annotations

import base64
import json

import pytest
from botocore.exceptions import ClientError

from local.use import BLURRED, user
from tests.integration.conftest import BOTH, CAT, DARK, EILEEN, GRACE, MISSING, Deployed


def test_the_right_person_matches_and_the_answer_says_on_what_grounds(minimal: Deployed) -> None:
    answer = minimal.compare(EILEEN, BOTH).answer
    assert answer is not None
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


def test_an_image_with_an_unusual_file_name_can_be_compared(minimal: Deployed) -> None:
    key = "challenge/a & b <c> +%20é 'd'.jpg"
    s3 = minimal.stack.client("s3")
    s3.put_object(Bucket=minimal.bucket, Key=key, Body=minimal.read(DARK))
    outcome = minimal.compare(EILEEN, key)
    assert outcome.answer is not None, outcome.error_message
    assert outcome.answer["target"]["key"] == key


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("phone.jpg", b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "is HEIC"),
        ("half.jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00", "did not arrive whole"),
    ],
)
def test_a_file_under_an_images_name_is_told_by_its_first_bytes(
    minimal: Deployed, name: str, content: bytes, words: str
) -> None:
    key = f"challenge/{name}"
    minimal.stack.client("s3").put_object(Bucket=minimal.bucket, Key=key, Body=content)
    outcome = minimal.compare(EILEEN, key)
    assert outcome.error_type == "ImageFormatError"
    assert words in str(outcome.error_message)
    inline = {"bytes": base64.b64encode(content).decode()}
    assert minimal.compare(EILEEN, inline).error_type == "ImageFormatError"


@pytest.mark.parametrize(
    ("source", "target", "more", "error"),
    [
        ("reference/cat.jpg", BOTH, {}, "NoFaceInSourceError"),
        (EILEEN, CAT, {}, "NoFaceInTargetError"),
        (GRACE, BLURRED, {"quality_filter": "MEDIUM"}, "LowQualityFaceInTargetError"),
        (BLURRED, GRACE, {"quality_filter": "MEDIUM"}, "LowQualityFaceInSourceError"),
        (EILEEN, MISSING, {}, "ImageNotFoundError"),
        ("private/eileen.jpg", BOTH, {}, "ImageForbiddenError"),
        (EILEEN, "challenge/note.jpg", {}, "ImageFormatError"),
        (EILEEN, BOTH, {"similarity_threshold": 10}, "InvalidRequestError"),
    ],
)
def test_a_caller_can_tell_what_to_do_and_an_auditor_what_happened(
    minimal: Deployed, source: str, target: str, more: dict[str, object], error: str
) -> None:
    outcome = minimal.compare(source, target, **more)
    assert (outcome.error_type, outcome.answer) == (error, None)
    assert outcome.error_message
    failed = [
        record
        for record in minimal.records(outcome)
        if record.get("message") == "face comparison failed"
    ]
    assert [(record["error_type"], record["retryable"]) for record in failed] == [(error, False)]


def test_a_disputed_decision_can_be_traced_by_its_request_id(minimal: Deployed) -> None:
    outcome = minimal.compare(EILEEN, BOTH)
    assert outcome.answer is not None
    records = minimal.records(outcome)
    kinds = [record.get("message") or record["type"] for record in records]
    wanted = ["platform.start", "face comparison decided", "platform.report"]
    assert [kind for kind in kinds if kind in wanted] == wanted
    decided = next(record for record in records if record.get("message") == wanted[1])
    assert decided["requestId"] == outcome.request_id
    expected = {
        "decision": "match",
        "function_name": minimal.function,
        "function_version": "$LATEST",
        "level": "INFO",
        "similarity": outcome.answer["similarity"],
        "similarity_threshold": 80.0,
        "source_key": EILEEN,
        "target_face_count": 2,
        "target_key": BOTH,
    }
    assert {name: decided.get(name) for name in expected} == expected


def test_nothing_biometric_is_kept_in_the_log(minimal: Deployed) -> None:
    outcome = minimal.compare(GRACE, DARK, explain=True)
    assert outcome.answer is not None
    text = json.dumps(minimal.records(outcome)).lower()
    assert outcome.request_id in text
    words = ("bounding", "landmark", "pose", "bright", "sharp", "expla", '"bytes"', "embedding")
    for word in (*words, '"left"', '"width"'):
        assert word not in text
    explanation = outcome.answer["explanation"]
    assert explanation["likely_reasons"]
    assert not any(str(value) in text for value in explanation["pose"].values())
    box = outcome.answer["target"]["faces"][0]["bounding_box"]
    assert not any(str(value) in text for value in box.values())


def test_no_image_crosses_a_network_in_the_clear(minimal: Deployed) -> None:
    iam = minimal.stack.client("iam")
    allow = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [allow]}
    policy = iam.create_policy(PolicyName="read", PolicyDocument=json.dumps(document))["Policy"]
    with user(iam, "reader", policy["Arn"]) as reader:
        s3 = minimal.stack.client_as("s3", reader.access_key, str(reader.secret_key))
        assert s3.get_object(Bucket=minimal.bucket, Key=EILEEN)["ContentLength"] > 0
        s3.meta.events.register(
            "before-sign.s3",
            lambda request, **_: request.headers.add_header("X-Forwarded-Proto", "http"),
        )
        with pytest.raises(ClientError, match="explicit deny in a resource-based policy"):
            s3.get_object(Bucket=minimal.bucket, Key=EILEEN)
    iam.delete_policy(PolicyArn=policy["Arn"])
