"""Which images Rekognition reads: otherwise a guard rail that fails in AWS would hold here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local.rekognition.authority import everything
from local.rekognition.errors import ServiceError
from local.rekognition.image_store import MAX_OBJECT_BYTES, ImageStore, ObjectName

ROLE = everything("arn:aws:sts::123456789012:assumed-role/face/session")
NAME = ObjectName("images", "reference/a.jpg")


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("s3", "us-east-1", aws_access_key_id="k", aws_secret_access_key="s")
        client.create_bucket(Bucket="images")
        client.put_object(Bucket="images", Key=NAME.key, Body=b"image")
        yield client


def deny(s3: Any, monkeypatch: pytest.MonkeyPatch, **statement: object) -> None:
    """Give the bucket a policy. moto would obey it by itself, without its conditions."""
    plain = {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::images/*"}
    policy = json.dumps({"Statement": [{**plain, **statement}]})
    monkeypatch.setattr(s3, "get_bucket_policy", lambda **_: {"Policy": policy})


def read(s3: Any, name: ObjectName = NAME) -> bytes:
    return ImageStore(s3).read(name, ROLE, "us-east-1").content


def refusal(s3: Any, name: ObjectName = NAME) -> str:
    with pytest.raises(ServiceError) as refused:
        read(s3, name)
    return refused.value.code


def test_a_policy_of_the_bucket_that_denies_the_role_holds_for_rekognition(
    s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    deny(s3, monkeypatch, Principal={"AWS": "arn:aws:iam::123456789012:role/face"})
    assert refusal(s3) == "InvalidS3ObjectException"
    deny(s3, monkeypatch, Principal={"AWS": "arn:aws:iam::123456789012:role/other"})
    assert read(s3) == b"image"


def test_an_image_of_15_mb_is_read_and_a_larger_one_is_not(s3: Any) -> None:
    s3.put_object(Bucket="images", Key="most", Body=bytes(MAX_OBJECT_BYTES))
    s3.put_object(Bucket="images", Key="more", Body=bytes(MAX_OBJECT_BYTES + 1))
    assert len(read(s3, ObjectName("images", "most"))) == MAX_OBJECT_BYTES
    assert refusal(s3, ObjectName("images", "more")) == "ImageTooLargeException"
