"""Users that apply with the actions that docs/deploying.md lists for them, and no others."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from local.stack import RIGHTS, Stack
from local.terraform import examples
from tests import deploying
from tests.integration import upgrade


@dataclass(frozen=True, slots=True)
class Deployers:
    """One user for each example, and one for the stack that is upgraded and changed."""

    stack: Stack
    listed: Mapping[str, set[str]]
    """By example: what its user may do."""
    keys: Mapping[str, Mapping[str, str]]
    """By example, as environment variables of Terraform."""

    @classmethod
    def on(cls, stack: Stack) -> Deployers:
        """Make the users."""
        listed = {name: deploying.of_example(name) for name in examples()}
        listed["upgrade"] = deploying.of_parts(upgrade.PARTS)
        keys = {name: _key(stack, f"deployer-{name}", listed[name]) for name in listed}
        return cls(stack, listed, keys)

    def denied(self) -> set[str]:
        """Actions that IAM denied them."""
        return {action for name in self.keys for action in self._asked(name, allowed=False)}

    def unasked(self, names: Iterable[str]) -> set[str]:
        """Actions that are listed for one of these, and that IAM was not asked about for it."""
        return set().union(*(self.listed[name] - self._asked(name, allowed=True) for name in names))

    def _asked(self, name: str, *, allowed: bool) -> set[str]:
        key = self.keys[name]["AWS_ACCESS_KEY_ID"]
        lines = (self.stack.folder / RIGHTS).read_text(encoding="utf-8").splitlines()
        return {
            each["action"]
            for each in map(json.loads, lines)
            if each["key"] == key and each["allowed"] is allowed
        }


def _key(stack: Stack, name: str, actions: Collection[str]) -> Mapping[str, str]:
    iam: Any = stack.client("iam")
    statement = {"Effect": "Allow", "Action": sorted(actions), "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="listed", PolicyDocument=document)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }
