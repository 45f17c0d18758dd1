"""Every call of the payload, checked by the SDK's own service models before it is sent.

Otherwise a version of the SDK that Lambda has could refuse a parameter that the payload sends.
"""

from __future__ import annotations

import base64
import json
import zlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from face_compare.model.errors import (
    FaceCompareError,
    ImageKeyUnusableError,
    ImageNotFoundError,
)
from face_compare.service import Service
from tests.unit.payload.invocation import Context
from tests.unit.sdk.canned_sdk import (
    COMPARED,
    LISTED,
    ONE_FACE,
    SETTINGS,
    UNREADABLE_OBJECT,
    Answer,
    CannedSdk,
    s3_error,
)

SOURCE = {"key": "reference/alice/1.jpg", "version_id": "v1"}
TARGET = "challenge/alice/a.jpg"
UPLOAD = {
    "Records": [
        {
            "eventName": "ObjectCreated:Put",
            "s3": {
                "bucket": {"name": "photos"},
                "object": {"key": TARGET, "size": 1, "versionId": "v2", "sequencer": "0A"},
            },
        }
    ]
}
STILL_THERE = Answer(headers={"x-amz-version-id": "v2"})


@pytest.fixture
def sdk() -> CannedSdk:
    return CannedSdk({"CompareFaces": [COMPARED], "DetectFaces": [ONE_FACE]})


def served(sdk: CannedSdk, event: object) -> dict[str, Any]:
    return Service(SETTINGS, sdk.clients()).serve(event, Context())


def delivered(sdk: CannedSdk) -> dict[str, Any]:
    message = {"messageId": "m1", "eventSource": "aws:sqs", "body": json.dumps(UPLOAD)}
    return served(sdk, {"Records": [message]})


@pytest.mark.parametrize("target", [TARGET, {"bytes": "AAAA"}])
def test_a_comparison(sdk: CannedSdk, target: object) -> None:
    assert served(sdk, {"source": SOURCE, "target": target})["match"] is True
    assert sdk.operations() == ["DetectFaces", "CompareFaces"]


def test_an_upload_that_nobody_else_may_decide_at_the_same_time(sdk: CannedSdk) -> None:
    sdk.answers |= {
        "HeadObject": [STILL_THERE],
        "ListObjectsV2": [LISTED],
        "PutObject": [Answer()],
    }
    assert delivered(sdk) == {"batchItemFailures": []}
    assert " ".join(sdk.operations()) == (
        "HeadObject ListObjectsV2 PutObject DetectFaces CompareFaces PutObject"
    )
    claim, result = sdk.headers("PutObject")
    assert (claim["If-None-Match"], result["If-None-Match"]) == ("*", "*")
    assert "/eu-west-1/s3/aws4_request" in claim["Authorization"]
    bodies: list[Any] = [sent.body for operation, sent in sdk.sent if operation == "PutObject"]
    for headers, body in zip((claim, result), bodies, strict=True):
        # A bucket with Object Lock refuses an object without a checksum. S3 refuses a wrong one.
        checksum = base64.b64encode(zlib.crc32(body.getvalue()).to_bytes(4, "big")).decode()
        assert headers["x-amz-checksum-crc32"] == checksum
        assert headers["x-amz-sdk-checksum-algorithm"] == "CRC32"
        # One write for the body, none for what follows it.
        assert "Transfer-Encoding" not in headers
        # No round trip before the body: a claim or a result has a few hundred bytes.
        assert "Expect" not in headers


def test_a_claim_whose_holder_is_gone_is_taken_over_by_one_only(sdk: CannedSdk) -> None:
    then = format_datetime(datetime.now(UTC) - timedelta(hours=1), usegmt=True)
    sdk.answers |= {
        "ListObjectsV2": [LISTED],
        "PutObject": [s3_error(412, "PreconditionFailed"), Answer()],
        # There is no result yet.
        "GetObject": [s3_error(404, "NoSuchKey")],
        # The image, then the claim.
        "HeadObject": [STILL_THERE, Answer(headers={"ETag": '"e"', "Last-Modified": then})],
    }
    assert delivered(sdk) == {"batchItemFailures": []}
    assert " ".join(sdk.operations()[:6]) == (
        "HeadObject ListObjectsV2 PutObject GetObject HeadObject PutObject"
    )
    assert [each.get("If-Match") for each in sdk.headers("PutObject")] == [None, '"e"', None]


def test_a_batch_and_its_checkpoint(sdk: CannedSdk) -> None:
    sdk.answers["CompareFaces"] = [Answer(400, b'{"__type": "ThrottlingException"}')]
    sdk.answers |= {"GetObject": [s3_error(404, "NoSuchKey")], "PutObject": [Answer()]}
    batch = {"Items": [{"source": SOURCE, "target": TARGET}], "BatchInput": {"execution": "arn:1"}}
    with pytest.raises(FaceCompareError):
        served(sdk, {"pairs": batch})
    # A throttled call is tried again, and what is decided is kept then.
    assert " ".join(sdk.operations()) == (
        "GetObject DetectFaces CompareFaces CompareFaces PutObject"
    )


def test_the_diagnosis_of_an_object_that_rekognition_cannot_read(sdk: CannedSdk) -> None:
    encrypted = {
        "x-amz-server-side-encryption": "aws:kms",
        "x-amz-server-side-encryption-aws-kms-key-id": "arn:aws:kms:key",
    }
    sdk.answers |= {
        "CompareFaces": [UNREADABLE_OBJECT],
        "DetectFaces": [ONE_FACE, UNREADABLE_OBJECT],
        "HeadObject": [Answer(headers=encrypted)],
        "HeadBucket": [Answer(headers={"x-amz-bucket-region": "eu-west-1"})],
    }
    with pytest.raises(ImageKeyUnusableError, match="arn:aws:kms:key"):
        served(sdk, {"source": SOURCE, "target": TARGET})
    assert " ".join(sdk.operations()) == (
        "DetectFaces CompareFaces HeadObject HeadObject HeadBucket DetectFaces"
    )
    # With this header S3 would demand the right to use the key, and answer 403 without it.
    for headers in sdk.headers("HeadObject"):
        assert "x-amz-checksum-mode" not in headers


def test_an_archived_object_says_so_in_the_answer_that_the_diagnosis_reads(sdk: CannedSdk) -> None:
    """Otherwise the SDK would drop the header of Intelligent-Tiering, and nobody would know."""
    sdk.answers |= {
        "CompareFaces": [UNREADABLE_OBJECT],
        "HeadObject": [Answer(headers={"x-amz-archive-status": "ARCHIVE_ACCESS"})],
        "HeadBucket": [Answer(headers={"x-amz-bucket-region": "eu-west-1"})],
    }
    with pytest.raises(FaceCompareError, match="is archived"):
        served(sdk, {"source": SOURCE, "target": TARGET})


def test_the_diagnosis_of_a_version_that_is_not_there(sdk: CannedSdk) -> None:
    sdk.answers |= {
        "CompareFaces": [UNREADABLE_OBJECT],
        "HeadObject": [Answer(), Answer(400)],
        "GetObject": [s3_error(400, "InvalidArgument")],
        "HeadBucket": [Answer(headers={"x-amz-bucket-region": "eu-west-1"})],
    }
    with pytest.raises(ImageNotFoundError, match="in version v1"):
        served(sdk, {"source": SOURCE, "target": TARGET})
    # After the 400 the SDK asks for the bucket's region by itself, and for the object once more.
    assert sdk.operations()[2:4] == ["HeadObject", "HeadObject"]
    assert sdk.operations()[-1] == "GetObject"
