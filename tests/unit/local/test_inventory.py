"""The inventory finds what a destroy forgot."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from local.inventory import KINDS, Kind, inventory
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


@pytest.mark.usefixtures("account")
def test_a_deleted_endpoint_that_ec2_still_lists_does_not_count_as_left() -> None:
    (kind,) = [kind for kind in KINDS if kind.name == "VPC endpoint"]
    ec2 = _client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/24")["Vpc"]["VpcId"]
    service = f"com.amazonaws.{REGION}.s3"
    made = ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=service, VpcEndpointType="Gateway")
    identity = made["VpcEndpoint"]["VpcEndpointId"]
    assert inventory(_client, (kind,)) == {f"VPC endpoint: {identity}"}
    ec2.delete_vpc_endpoints(VpcEndpointIds=[identity])
    assert inventory(_client, (kind,)) == set()
