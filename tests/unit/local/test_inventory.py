"""The inventory finds what a destroy forgot."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from local.inventory import Kind, inventory
from local.stack import REGION, AwsClient


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        yield


def _client(service: str) -> AwsClient:
    return boto3.client(service, region_name=REGION)  # type: ignore[call-overload]


@pytest.mark.usefixtures("account")
def test_a_refused_call_does_not_look_like_an_empty_account() -> None:
    kind = Kind("version", "s3", "list_object_versions", "Versions", "Key", {"Bucket": "none"})
    with pytest.raises(ClientError) as refused:
        inventory(_client, (kind,))
    assert refused.value.__notes__ == ["while listing every version"]
