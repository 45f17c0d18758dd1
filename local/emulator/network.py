"""Security groups that let traffic out to a prefix list, as to a gateway endpoint.

    ec2._parse_ip_permissions    upstream loses the prefix lists of a rule; what is left matches
                                 nothing that Terraform asked for, and ends in an invalid plan.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from local.emulator.upstream import Upstream


def install() -> None:
    """Apply the patch to the MiniStack imported in this process."""
    ec2: Upstream = import_module("ministack.services.ec2")
    upstream_permissions = ec2._parse_ip_permissions

    def parse_ip_permissions(params: Upstream, prefix: str) -> list[dict[str, Any]]:
        rules: list[dict[str, Any]] = upstream_permissions(params, prefix)
        for number, rule in enumerate(rules, start=1):
            beginning = f"{prefix}.{number}.PrefixListIds."
            count = 1
            while identity := ec2._p(params, f"{beginning}{count}.PrefixListId"):
                entry = {"PrefixListId": identity}
                if description := ec2._p(params, f"{beginning}{count}.Description"):
                    entry["Description"] = description
                rule["PrefixListIds"].append(entry)
                count += 1
        return rules

    ec2._parse_ip_permissions = parse_ip_permissions
