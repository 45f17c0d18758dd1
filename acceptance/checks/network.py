"""A function in a VPC without internet access. On examples/private-network."""

from __future__ import annotations

import json

from acceptance.checks.crashes import zipped
from acceptance.checks.lists import settled
from acceptance.checks.main_job import decided
from acceptance.model import Scene, Verdict, check
from local import use

_EC2_CALL = """\
import boto3

def handler(event, context):
    boto3.client("ec2").describe_subnets()
"""


@check(
    "decision-in-a-private-network",
    "The two endpoints are all that a function without internet access needs.",
    "match",
    on="private-network",
    row=15,
    extra="network",
)
def decision_in_a_private_network(scene: Scene) -> Verdict:
    """Compare two photos of one person."""
    return decided(scene.compare(use.EILEEN, use.DARK), "match")


@check(
    "code-without-rights-on-the-network",
    "Lambda may use the role's rights on network interfaces, the function's own code may not.",
    "an explicit deny",
    on="private-network",
    row=15,
    extra="network",
    not_local="functions of the local stack have no key lambda:SourceFunctionArn in their calls",
)
def code_without_rights(scene: Scene) -> Verdict:
    """Take the function out of the network, and have its own code ask EC2. It stays like this."""
    client = scene.client("lambda")
    outside: dict[str, list[str]] = {"SecurityGroupIds": [], "SubnetIds": []}
    client.update_function_configuration(FunctionName=scene.function, VpcConfig=outside)
    settled(scene)
    client.update_function_code(FunctionName=scene.function, ZipFile=zipped(_EC2_CALL))
    settled(scene)
    answer = client.invoke(FunctionName=scene.function)
    told = str(json.loads(answer["Payload"].read()))
    return "explicit deny" in told, told
