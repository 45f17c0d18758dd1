"""The times in S3's answers: read in another way than botocore's, and never to another time."""

from __future__ import annotations

from typing import Any

import boto3.session
import pytest
from botocore.utils import parse_timestamp

from face_compare.runtime.fast_times import s3_session, time_in
from tests.unit.sdk.canned_sdk import Answer, CannedSdk

IN_A_HEADER = "Wed, 25 Nov 2026 12:00:07 GMT"
IN_XML = "2026-11-25T12:00:07.000Z"


def _answers(session: boto3.session.Session) -> tuple[Any, Any]:
    """Return the times of an object that S3 is asked for, and of one that it lists."""
    listed = f"<LastModified>{IN_XML}</LastModified>"
    body = f"<ListBucketResult><Contents>{listed}</Contents></ListBucketResult>".encode()
    sdk = CannedSdk(
        {
            "HeadObject": [Answer(headers={"Last-Modified": IN_A_HEADER})],
            "ListObjectsV2": [Answer(body=body)],
        }
    )
    client = sdk.attached(session.client("s3", region_name="eu-west-1"))
    head = client.head_object(Bucket="photos", Key="a.jpg")
    (entry,) = client.list_objects_v2(Bucket="photos")["Contents"]
    return head["LastModified"], entry["LastModified"]


def test_a_client_reads_the_times_that_botocore_reads_without_botocores_reader(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Otherwise a claim would be taken over too early, or an upload would cost more CPU."""
    usual = _answers(boto3.session.Session())
    monkeypatch.delattr("dateutil.parser.parse")
    assert _answers(s3_session()) == usual
    assert usual[0] == usual[1]


@pytest.mark.parametrize(
    "value",
    [
        IN_A_HEADER,
        IN_XML,
        "2026-11-25T12:00:07Z",
        "2026-11-25T12:00:07+01:00",
        "Wed, 25 Nov 2026 12:00:07 +0000",
        "2026-11-25T12:00:07 GMT",
        "2026-11-25 12:00:07 Z",
        "Nov 25 2026 12:00:07Z",
        "1795608007",
        1795608007,
        1795608007.5,
    ],
)
def test_a_time_of_any_form_is_what_botocore_makes_of_it(value: Any) -> None:
    """Otherwise a change of S3's form would end every upload with an error."""
    found = time_in(value)
    assert found == parse_timestamp(value)
    # A time without a zone cannot be compared with S3's clock.
    assert found.tzinfo is not None


@pytest.mark.parametrize("expires", ["2030-12-31T00:00:00 GMT", "2030-12-31 00:00:00 Z", "never"])
def test_an_image_can_be_asked_for_with_any_text_as_its_expiry(expires: str) -> None:
    """S3 keeps the text of the uploader. Otherwise such a photo would never get a result."""
    sdk = CannedSdk({"HeadObject": [Answer(headers={"Expires": expires})]})
    client = sdk.attached(s3_session().client("s3", region_name="eu-west-1"))
    assert client.head_object(Bucket="photos", Key="a.jpg")["ExpiresString"] == expires


@pytest.mark.parametrize("value", ["", "soon", "soon GMT", "2026-13-25T12:00:07Z"])
def test_what_is_no_time_is_refused_as_botocore_refuses_it(value: str) -> None:
    for read in (time_in, parse_timestamp):
        with pytest.raises(ValueError):  # noqa: PT011 - each has its own words
            read(value)
