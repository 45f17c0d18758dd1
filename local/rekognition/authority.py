"""What may this caller do? IAM's policy simulator is asked, afresh for every access."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient


class Access(NamedTuple):
    """One action on one resource, with the condition keys of the request."""

    action: str
    resource: str = "*"
    context: Mapping[str, str] = {}


type Rights = Callable[[str, Access], bool]
"""Tells whether the principal with this ARN may have an access."""


def everything(_arn: str, _access: Access) -> bool:
    """Allow everything: for benchmarks without IAM."""
    return True


def decision(iam: IAMClient, arn: str, access: Access) -> str:
    """What IAM and the policy of the resource say: allowed, implicitDeny or explicitDeny.

    A user or a role that is deleted has no rights. A session has those of its role.
    """
    role = arn.partition(":assumed-role/")[2].partition("/")[0]
    (result,) = iam.simulate_principal_policy(
        PolicySourceArn=f"arn:aws:iam::000000000000:role/{role}" if role else arn,
        ActionNames=[access.action],
        ResourceArns=[access.resource],
        ContextEntries=[
            {"ContextKeyName": key, "ContextKeyType": "string", "ContextKeyValues": [value]}
            for key, value in access.context.items()
        ],
    )["EvaluationResults"]
    return result["EvalDecision"]


def rights(iam: IAMClient) -> Rights:
    """The rights of root, users and sessions, from an IAM endpoint."""
    return lambda arn, access: arn.endswith(":root") or decision(iam, arn, access) == "allowed"
