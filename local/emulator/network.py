"""Security groups that let traffic out to nothing but a prefix list, as to a gateway endpoint.

ec2._parse_ip_permissions    Upstream loses the prefix lists of a rule when it is made,
ec2._sg_rule_xml             and does not tell them: a plan would then replace the rule by
                             itself, which the provider calls invalid. And AWS does not look at
                             the ports where a rule is for all protocols: the provider names 0
                             when it takes the rule away that lets a new group out to everywhere,
                             which upstream then does not find.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from local.emulator.upstream import Upstream


def install() -> None:
    """Apply the patch to the MiniStack imported in this process."""
    ec2: Upstream = import_module("ministack.services.ec2")
    upstream_permissions = ec2._parse_ip_permissions
    upstream_xml = ec2._sg_rule_xml

    def parse_ip_permissions(params: Upstream, prefix: str) -> list[dict[str, Any]]:
        rules: list[dict[str, Any]] = upstream_permissions(params, prefix)
        for number, rule in enumerate(rules, start=1):
            if rule["IpProtocol"] == "-1":
                rule.pop("FromPort", None)
                rule.pop("ToPort", None)
            beginning = f"{prefix}.{number}.PrefixListIds."
            count = 1
            while identity := ec2._p(params, f"{beginning}{count}.PrefixListId"):
                entry = {"PrefixListId": identity}
                if description := ec2._p(params, f"{beginning}{count}.Description"):
                    entry["Description"] = description
                rule["PrefixListIds"].append(entry)
                count += 1
        return rules

    def sg_rule_xml(sg_id: str, rule: dict[str, Any], *rest: Upstream, **named: Upstream) -> str:
        xml: str = upstream_xml(sg_id, rule, *rest, **named)
        # A rule made by the provider has one peer.
        lists = [entry["PrefixListId"] for entry in rule.get("PrefixListIds", [])]
        told = "".join(f"<prefixListId>{identity}</prefixListId>" for identity in lists[:1])
        return xml.replace("</isEgress>", f"</isEgress>{told}")

    ec2._sg_rule_xml = sg_rule_xml
    ec2._parse_ip_permissions = parse_ip_permissions
