"""examples/private-network as applied: where the function is, and what leads out of there.

No emulator shows that nothing else can be reached: functions run on this machine's own network.
These tests show that the configuration holds no way out, and what IAM decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from local.rekognition.authority import Access, decision
from local.stack import REGION
from tests.integration.conftest import Everything


@dataclass(frozen=True, slots=True)
class Placed:
    """The function's configuration, its VPC, and a client that looks around."""

    ec2: Any
    iam: Any
    vpc: str
    function: dict[str, Any]

    def may(self, access: Access) -> str:
        """What IAM says about the function's role."""
        return decision(self.iam, self.function["Role"], access)


@pytest.fixture(scope="module")
def private_network(everything: Everything) -> Placed:
    outputs, client = everything.applied("private-network").outputs, everything.stack.client
    function = client("lambda").get_function_configuration(FunctionName=outputs["function_name"])
    return Placed(client("ec2"), client("iam"), outputs["vpc_id"], function)


def test_the_function_runs_in_two_subnets_and_not_beside_the_internet(
    private_network: Placed,
) -> None:
    placed = private_network.function["VpcConfig"]
    subnets = private_network.ec2.describe_subnets(SubnetIds=placed["SubnetIds"])["Subnets"]
    assert {subnet["VpcId"] for subnet in subnets} == {private_network.vpc}
    assert len({subnet["AvailabilityZone"] for subnet in subnets}) == 2
    assert len(placed["SecurityGroupIds"]) == 1


def test_nothing_leads_out_but_two_endpoints(private_network: Placed) -> None:
    ec2, vpc = private_network.ec2, private_network.vpc
    here: list[dict[str, Any]] = [{"Name": "vpc-id", "Values": [vpc]}]
    attached: list[dict[str, Any]] = [{"Name": "attachment.vpc-id", "Values": [vpc]}]
    assert ec2.describe_internet_gateways(Filters=attached)["InternetGateways"] == []
    assert ec2.describe_nat_gateways(Filters=here)["NatGateways"] == []
    for table in ec2.describe_route_tables(Filters=here)["RouteTables"]:
        destinations = {route.get("DestinationCidrBlock") for route in table["Routes"]}
        assert "0.0.0.0/0" not in destinations
    endpoints = ec2.describe_vpc_endpoints(Filters=here)["VpcEndpoints"]
    assert {(each["ServiceName"], each["VpcEndpointType"]) for each in endpoints} == {
        (f"com.amazonaws.{REGION}.rekognition", "Interface"),
        (f"com.amazonaws.{REGION}.s3", "Gateway"),
    }


def test_a_tampered_package_can_send_https_to_the_endpoints_only(private_network: Placed) -> None:
    groups = private_network.function["VpcConfig"]["SecurityGroupIds"]
    (found,) = private_network.ec2.describe_security_groups(GroupIds=groups)["SecurityGroups"]
    assert found["IpPermissions"] == []
    for rule in found["IpPermissionsEgress"]:
        assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("tcp", 443, 443)
        assert not rule.get("IpRanges")
        assert not rule.get("Ipv6Ranges")
        assert rule.get("PrefixListIds") or rule.get("UserIdGroupPairs")
    assert len(found["IpPermissionsEgress"]) == 2


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (f"{REGION}:000000000000:network-interface/*", "allowed"),
        ("us-east-1:000000000000:network-interface/*", "implicitDeny"),
        # An organization may keep its VPCs in another account, which shares them.
        (f"{REGION}:111122223333:subnet/subnet-0123456789abcdef0", "allowed"),
        (f"{REGION}:111122223333:security-group/sg-0123456789abcdef0", "allowed"),
        (
            f"{REGION}:111122223333:network-interface/eni-0123456789abcdef0",
            "implicitDeny",
        ),
        (f"{REGION}:111122223333:instance/i-0123456789abcdef0", "implicitDeny"),
    ],
)
def test_lambda_can_place_the_function_in_subnets_of_the_account_or_shared_ones(
    private_network: Placed, resource: str, expected: str
) -> None:
    access = Access("ec2:CreateNetworkInterface", f"arn:aws:ec2:{resource}")
    assert private_network.may(access) == expected


def test_code_in_the_function_cannot_make_network_interfaces(private_network: Placed) -> None:
    interface = f"arn:aws:ec2:{REGION}:000000000000:network-interface/*"
    code = {"lambda:SourceFunctionArn": private_network.function["FunctionArn"]}
    own = Access("ec2:CreateNetworkInterface", interface, code)
    assert private_network.may(own) == "explicitDeny"
