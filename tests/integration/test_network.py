"""examples/private-network as applied: where the function is, and what leads out of there.

That nothing else can be reached no emulator shows: functions run on this machine's own network.
What is shown is that the configuration holds no way out, and what IAM decides.
"""

from __future__ import annotations

from typing import Any

import pytest

from local.rekognition.authority import IamAuthority
from local.rekognition.policy import Access, Decision
from local.stack import REGION
from tests.integration.conftest import Everything

NAME = "fc-private-network"


@pytest.fixture(scope="module")
def vpc(everything: Everything) -> str:
    return str(everything.applied["private-network"].result().outputs["vpc_id"])


def test_the_function_is_in_two_subnets_of_that_vpc(everything: Everything, vpc: str) -> None:
    """Else it would run outside, with the internet within reach."""
    function = everything.stack.client("lambda").get_function_configuration(FunctionName=NAME)
    placed = function["VpcConfig"]
    subnets = everything.stack.client("ec2").describe_subnets(SubnetIds=placed["SubnetIds"])
    assert {subnet["VpcId"] for subnet in subnets["Subnets"]} == {vpc}
    assert len({subnet["AvailabilityZone"] for subnet in subnets["Subnets"]}) == 2
    assert len(placed["SecurityGroupIds"]) == 1


def test_nothing_leads_out_but_two_endpoints(everything: Everything, vpc: str) -> None:
    """Else "no route to the internet" would be a claim."""
    ec2 = everything.stack.client("ec2")
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


def test_the_function_may_send_https_to_the_endpoints_only(everything: Everything) -> None:
    """Else a package that was tampered with could talk to whatever the VPC is joined to later."""
    ec2 = everything.stack.client("ec2")
    function = everything.stack.client("lambda").get_function_configuration(FunctionName=NAME)
    (group,) = function["VpcConfig"]["SecurityGroupIds"]
    (found,) = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    assert found["IpPermissions"] == []
    for rule in found["IpPermissionsEgress"]:
        assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("tcp", 443, 443)
        assert not rule.get("IpRanges")
        assert not rule.get("Ipv6Ranges")
        assert rule.get("PrefixListIds") or rule.get("UserIdGroupPairs")
    assert len(found["IpPermissionsEgress"]) == 2


def test_lambda_may_place_the_function_and_the_functions_own_code_may_not(
    everything: Everything,
) -> None:
    """Else code in the function could make network interfaces wherever the account has subnets."""
    function = everything.stack.client("lambda").get_function_configuration(FunctionName=NAME)
    role = function["Role"].rpartition("/")[2]
    session = f"arn:aws:sts::000000000000:assumed-role/{role}/test"
    caller = IamAuthority(everything.stack.client("iam")).caller(session)
    interface = f"arn:aws:ec2:{REGION}:000000000000:network-interface/*"
    create = Access("ec2:CreateNetworkInterface", interface)
    assert caller.decide(create) is Decision.ALLOWED
    code = {"lambda:SourceFunctionArn": function["FunctionArn"]}
    own = Access("ec2:CreateNetworkInterface", interface, code)
    assert caller.decide(own) is Decision.EXPLICIT_DENY
    elsewhere = Access(
        "ec2:CreateNetworkInterface", "arn:aws:ec2:us-east-1:000000000000:network-interface/*"
    )
    assert caller.decide(elsewhere) is Decision.IMPLICIT_DENY


@pytest.mark.parametrize(
    ("resource", "decision"),
    [
        ("subnet/subnet-0123456789abcdef0", Decision.ALLOWED),
        ("security-group/sg-0123456789abcdef0", Decision.ALLOWED),
        ("network-interface/eni-0123456789abcdef0", Decision.IMPLICIT_DENY),
        ("instance/i-0123456789abcdef0", Decision.IMPLICIT_DENY),
    ],
)
def test_a_subnet_that_another_account_shares_can_be_used(
    everything: Everything, resource: str, decision: Decision
) -> None:
    """Else Lambda could not place the function where an organization keeps its VPCs."""
    function = everything.stack.client("lambda").get_function_configuration(FunctionName=NAME)
    role = function["Role"].rpartition("/")[2]
    session = f"arn:aws:sts::000000000000:assumed-role/{role}/test"
    caller = IamAuthority(everything.stack.client("iam")).caller(session)
    shared = Access("ec2:CreateNetworkInterface", f"arn:aws:ec2:{REGION}:111122223333:{resource}")
    assert caller.decide(shared) is decision
