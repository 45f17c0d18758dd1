"""Security groups and endpoints of a private network: patches to the pinned MiniStack.

MiniStack loses the prefix lists of a rule and does not tell them, so a plan would replace the rule.
For a rule about all protocols AWS ignores the ports. The provider names port 0 when it takes away
the rule that lets a new group out to everywhere, and MiniStack would not find that rule.

MiniStack also loses the policy, the security groups and the private DNS of a VPC endpoint, and a
provider from 6.34 on would replace the endpoint for the last.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any
from unittest.mock import patch
from xml.sax.saxutils import escape


def install() -> None:
    """Apply the patches to the MiniStack that this process imports."""
    ec2 = import_module("ministack.services.ec2")
    _keep_prefix_lists(ec2)
    _keep_endpoints_whole(ec2)


def endpoint_details(policy: str, groups: list[str], private_dns: bool) -> str:
    """What DescribeVpcEndpoints tells beyond MiniStack's answer, as XML."""
    items = "".join(f"<item><groupId>{group}</groupId></item>" for group in groups)
    told = f"<policyDocument>{escape(policy)}</policyDocument>" if policy else ""
    return (
        f"{told}<groupSet>{items}</groupSet>"
        f"<privateDnsEnabled>{str(private_dns).lower()}</privateDnsEnabled>"
    )


def _keep_endpoints_whole(ec2: Any) -> None:
    original_create = ec2._create_vpc_endpoint
    original_xml = ec2._vpce_fields_xml

    def create_vpc_endpoint(params: Any) -> Any:
        before = set(ec2._vpc_endpoints)
        answer = original_create(params)
        for identity in set(ec2._vpc_endpoints) - before:
            ec2._vpc_endpoints[identity]["Details"] = endpoint_details(
                ec2._p(params, "PolicyDocument"),
                ec2._parse_member_list(params, "SecurityGroupId"),
                ec2._p(params, "PrivateDnsEnabled") == "true",
            )
        return answer

    def vpce_fields_xml(endpoint: dict[str, Any], *rest: Any, **named: Any) -> str:
        xml: str = original_xml(endpoint, *rest, **named)
        return xml.replace("</ownerId>", f"</ownerId>{endpoint.get('Details', '')}")

    patch.object(ec2, "_vpce_fields_xml", vpce_fields_xml).start()
    patch.dict(ec2._ACTION_MAP, CreateVpcEndpoint=create_vpc_endpoint).start()


def _keep_prefix_lists(ec2: Any) -> None:
    original_permissions = ec2._parse_ip_permissions
    original_xml = ec2._sg_rule_xml

    def parse_ip_permissions(params: Any, prefix: str) -> list[dict[str, Any]]:
        rules: list[dict[str, Any]] = original_permissions(params, prefix)
        for number, rule in enumerate(rules, start=1):
            if rule["IpProtocol"] == "-1":
                rule.pop("FromPort", None)
                rule.pop("ToPort", None)
            # A rule made by the provider has one peer.
            name = f"{prefix}.{number}.PrefixListIds.1"
            if identity := ec2._p(params, f"{name}.PrefixListId"):
                description = ec2._p(params, f"{name}.Description")
                told = {"Description": description} if description else {}
                rule["PrefixListIds"].append({"PrefixListId": identity, **told})
        return rules

    def sg_rule_xml(sg_id: str, rule: dict[str, Any], *rest: Any, **named: Any) -> str:
        xml: str = original_xml(sg_id, rule, *rest, **named)
        lists = "".join(
            f"<prefixListId>{entry['PrefixListId']}</prefixListId>"
            for entry in rule.get("PrefixListIds", [])
        )
        return xml.replace("</isEgress>", f"</isEgress>{lists}")

    patch.object(ec2, "_parse_ip_permissions", parse_ip_permissions).start()
    patch.object(ec2, "_sg_rule_xml", sg_rule_xml).start()
