"""Security groups whose rules name a prefix list: patches to the pinned MiniStack.

MiniStack loses the prefix lists of a rule and does not tell them, so a plan would replace the rule.
For a rule about all protocols AWS ignores the ports. The provider names port 0 when it takes away
the rule that lets a new group out to everywhere, and MiniStack would not find that rule.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any
from unittest.mock import patch


def install() -> None:
    """Apply the patches to the MiniStack that this process imports."""
    ec2 = import_module("ministack.services.ec2")
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
