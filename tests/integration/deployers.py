"""Users that apply with the actions that docs/deploying.md lists for them, and no others."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from local.stack import RIGHTS, Stack
from local.terraform import examples
from tests.integration import upgrade
from tools.places import REPOSITORY

_ALWAYS = "every configuration"
_ACTION = re.compile(r"`([a-z0-9]+:[A-Z]\w+)`")
_MISNAMED = {
    "lambda:GetEventSourceMapping": "lambda:ListEventSourceMappings",
    "lambda:PutFunctionEventInvokeConfig": "lambda:UpdateFunctionCode",
    "lambda:GetFunctionEventInvokeConfig": "lambda:GetFunctionConfiguration",
    "lambda:DeleteFunctionEventInvokeConfig": "lambda:DeleteFunction",
}
"""What the emulator asks for instead of what AWS asks for."""


@dataclass(frozen=True, slots=True)
class Deployers:
    """One user for each example, and one for the stack that is upgraded and changed."""

    stack: Stack
    keys: Mapping[str, Mapping[str, str]]
    """By example, as environment variables of Terraform."""

    @classmethod
    def on(cls, stack: Stack) -> Deployers:
        """Make the users."""
        tables = (REPOSITORY / "docs" / "deploying.md").read_text("utf-8").partition("\n## ")[0]
        parts = _rows(tables.partition("| example |")[0])
        rows = _rows(tables.partition("| example |")[2])
        needs = {name: rows[f"`{name}`"] for name in examples()}
        needs["upgrade"] = " ".join(upgrade.PARTS)
        return cls(
            stack,
            {
                name: _key(stack, f"deployer-{name}", _listed(parts, text))
                for name, text in needs.items()
            },
        )

    def denied(self) -> set[str]:
        """Actions that IAM denied them."""
        keys = {each["AWS_ACCESS_KEY_ID"] for each in self.keys.values()}
        lines = (self.stack.folder / RIGHTS).read_text(encoding="utf-8").splitlines()
        return {
            each["action"]
            for each in map(json.loads, lines)
            if each["key"] in keys and not each["allowed"]
        }


def _rows(table: str) -> dict[str, str]:
    """The rows of a table by their first column."""
    return dict(re.findall(r"(?m)^\| (.+?) \| (.+) \|$", table))


def _listed(parts: Mapping[str, str], needs: str) -> set[str]:
    """The actions in a text, and those of each part that it names."""
    named = [actions for part, actions in parts.items() if part in needs or part == _ALWAYS]
    return set(_ACTION.findall(" ".join([needs, *named])))


def _key(stack: Stack, name: str, actions: Collection[str]) -> Mapping[str, str]:
    iam: Any = stack.client("iam")
    asked = sorted({*actions, *(_MISNAMED[each] for each in actions if each in _MISNAMED)})
    statement = {"Effect": "Allow", "Action": asked, "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="listed", PolicyDocument=document)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }
