"""Requests against the service model: what is refused, and in which words."""

import base64
import json
from typing import Any

import pytest
from botocore.validate import ParamValidator

from local.rekognition.faults import ServiceError
from local.rekognition.shapes import parse, request_shape

COMPARE = request_shape("CompareFaces")
PHOTO = {"S3Object": {"Bucket": "photos", "Name": "a.jpg"}}
GOOD: dict[str, Any] = {"SourceImage": PHOTO, "TargetImage": PHOTO}


def refusal(request: Any) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        parse(json.dumps(request).encode(), COMPARE)
    return caught.value


def test_a_good_request_passes_with_its_types() -> None:
    """Else nothing works."""
    content = base64.b64encode(b"photo").decode()
    request = {
        "SourceImage": {"Bytes": content},
        "TargetImage": {"S3Object": {"Bucket": "photos", "Name": "ä ö+.jpg", "Version": None}},
        "SimilarityThreshold": 80,
        "Unheard": {"of": 1},
    }
    assert parse(json.dumps(request).encode(), COMPARE) == {
        "SourceImage": {"Bytes": b"photo"},
        "TargetImage": {"S3Object": {"Bucket": "photos", "Name": "ä ö+.jpg"}},
        "SimilarityThreshold": 80.0,
    }


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ({"SourceImage": None}, ("Value null at 'sourceImage' failed to satisfy constraint: "
                                "Member must not be null")),
        ({"SimilarityThreshold": 100.5}, "Member must have value less than or equal to 100"),
        ({"SimilarityThreshold": -1}, "Member must have value greater than or equal to 0"),
        ({"QualityFilter": "BEST"}, "enum value set: [NONE, AUTO, LOW, MEDIUM, HIGH]"),
        ({"TargetImage": {"Bytes": ""}}, ("'java.nio.HeapByteBuffer[pos=0 lim=0 cap=0]' at "
                                         "'targetImage.bytes'")),
        ({"TargetImage": {"S3Object": {"Bucket": "ab", "Name": "x"}}},
         "Value 'ab' at 'targetImage.s3Object.bucket' failed"),
        ({"TargetImage": {"S3Object": {"Bucket": "a/b/c", "Name": "x"}}}, "regular expression"),
        ({"TargetImage": {"S3Object": {"Bucket": "photos", "Name": "x" * 1025}}},
         "less than or equal to 1024"),
    ],
)  # fmt: skip
def test_a_value_outside_the_model_is_a_validation_error(
    change: dict[str, Any], finding: str
) -> None:
    """Else a call would work locally and be refused in the account."""
    fault = refusal({**GOOD, **change})
    assert fault.code == "ValidationException"
    assert fault.message.startswith("1 validation error detected: ")
    assert finding in fault.message


def test_inline_bytes_above_5_mb_are_a_validation_error() -> None:
    """Else the payload would name the wrong fault for an inline photo that is too large."""
    content = base64.b64encode(bytes(5 * 1024 * 1024 + 1)).decode()
    fault = refusal({**GOOD, "SourceImage": {"Bytes": content}})
    assert fault.code == "ValidationException"
    assert "less than or equal to 5242880" in fault.message


def test_all_findings_are_told_at_once() -> None:
    """Else a user would mend a request one refusal at a time."""
    fault = refusal({"SimilarityThreshold": 101})
    assert fault.message.startswith("3 validation errors detected: ")


@pytest.mark.parametrize(
    "body",
    [
        b"[]", b"{", b"\xff", b"null", b'"text"', b"[" * 100_000,
        b'{"SourceImage": 1}', b'{"SourceImage": {"Bytes": "%%%"}}',
        b'{"SourceImage": {"Bytes": 5}}', b'{"SourceImage": {"S3Object": {"Name": 5}}}',
        b'{"SimilarityThreshold": "80"}', b'{"SimilarityThreshold": true}',
        b'{"SimilarityThreshold": NaN}', b'{"SimilarityThreshold": 1e999}',
        b'{"SimilarityThreshold": 1' + b"0" * 400 + b"}",
    ],
)  # fmt: skip
def test_what_has_not_the_right_types_is_a_serialization_error(body: bytes) -> None:
    """Else a malformed call would be an internal error of the stand-in."""
    with pytest.raises(ServiceError) as caught:
        parse(body, COMPARE)
    assert caught.value.code == "SerializationException"


@pytest.mark.parametrize(
    "request_members",
    [{}, {"SourceImage": PHOTO}, {**GOOD, "SimilarityThreshold": -1},
     {**GOOD, "TargetImage": {"S3Object": {"Bucket": "ab", "Name": "x"}}}],
)  # fmt: skip
def test_what_botocore_refuses_is_refused_here(request_members: dict[str, Any]) -> None:
    """Else a client without botocore's checks would get further than one with them."""
    assert ParamValidator().validate(request_members, COMPARE).has_errors()
    assert refusal(request_members).code == "ValidationException"
