"""What may this caller do? Read from the emulator's IAM, afresh for every request.

Bucket policies and key policies are not looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, cast

from local.rekognition.policy import Access, Decision, Policy, decide

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

_EVERYTHING: Policy = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}


class Caller(NamedTuple):
    """What somebody may do: policies as they were when the call came."""

    policies: tuple[Policy, ...]
    boundary: Policy = _EVERYTHING

    def decide(self, access: Access) -> Decision:
        """Return IAM's decision: the policies', within the permissions boundary."""
        decision = decide(self.policies, access)
        if decision is not Decision.ALLOWED:
            return decision
        return decide([self.boundary], access)

    def may(self, access: Access) -> bool:
        """Tell whether the access is allowed."""
        return self.decide(access) is Decision.ALLOWED


Rights = Callable[[str], Caller]
"""Looks up what the principal with this ARN may do."""


def everything(_arn: str) -> Caller:
    """Allow everything: for root, and for benchmarks without IAM."""
    return Caller((_EVERYTHING,))


class IamAuthority:
    """Asks an IAM endpoint with root's rights."""

    def __init__(self, client: IAMClient) -> None:
        self._client = client

    def caller(self, arn: str) -> Caller:
        """Return the rights of root or of a role's session. Users and deleted roles have none."""
        if arn.endswith(":root"):
            return everything(arn)
        role = arn.partition(":assumed-role/")[2].partition("/")[0]
        if not role:
            return Caller(())
        try:
            return self._role(role)
        except self._client.exceptions.NoSuchEntityException:
            return Caller(())

    def _role(self, name: str) -> Caller:
        role = self._client.get_role(RoleName=name)["Role"]
        inline = self._client.list_role_policies(RoleName=name)["PolicyNames"]
        attached = self._client.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
        policies = (
            *(self._inline(name, policy) for policy in inline),
            *(self._managed(policy["PolicyArn"]) for policy in attached),
        )
        if "PermissionsBoundary" not in role:
            return Caller(policies)
        boundary = role["PermissionsBoundary"]["PermissionsBoundaryArn"]
        return Caller(policies, self._managed(boundary))

    def _inline(self, role: str, policy: str) -> Policy:
        answer = self._client.get_role_policy(RoleName=role, PolicyName=policy)
        return cast("Policy", answer["PolicyDocument"])

    def _managed(self, arn: str) -> Policy:
        version = self._client.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        answer = self._client.get_policy_version(PolicyArn=arn, VersionId=version)
        return cast("Policy", answer["PolicyVersion"]["Document"])
