"""What may this caller do? Read from the emulator's IAM, afresh for every request.

Of a role only the inline policies count, which is what the module gives it, and of a user only the
attached ones. Of a bucket's policy the Deny statements count (image_store.py). Policies of keys are
not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple, cast

from local.rekognition.policy import Access, Decision, Policy, decide

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

_ROOT = "arn:aws:iam::000000000000:root"
_EVERYTHING: Policy = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}


class Caller(NamedTuple):
    """What somebody may do: policies as they were when the call came."""

    policies: tuple[Policy, ...]
    arn: str = _ROOT

    def decide(self, access: Access) -> Decision:
        """Return IAM's decision."""
        return decide(self.policies, access)

    def may(self, access: Access) -> bool:
        """Tell whether the access is allowed."""
        return self.decide(access) is Decision.ALLOWED


Rights = Callable[[str], Caller]
"""Looks up what the principal with this ARN may do."""


def everything(arn: str) -> Caller:
    """Allow everything: for root, and for benchmarks without IAM."""
    return Caller((_EVERYTHING,), arn)


class IamAuthority:
    """Asks an IAM endpoint with root's rights."""

    def __init__(self, client: IAMClient) -> None:
        self._client = client

    def caller(self, arn: str) -> Caller:
        """Return the rights of root, a user or a role's session. Deleted ones have none."""
        if arn.endswith(":root"):
            return everything(arn)
        if user := arn.partition(":user/")[2].rpartition("/")[2]:
            return Caller(tuple(self._attached(user)), arn)
        role = arn.partition(":assumed-role/")[2].partition("/")[0]
        if not role:
            return Caller((), arn)
        try:
            names = self._client.list_role_policies(RoleName=role)["PolicyNames"]
        except self._client.exceptions.NoSuchEntityException:
            return Caller((), arn)
        return Caller(tuple(self._inline(role, name) for name in names), arn)

    def _attached(self, user: str) -> Iterator[Policy]:
        attached = self._client.list_attached_user_policies(UserName=user)["AttachedPolicies"]
        for each in attached:
            policy = self._client.get_policy(PolicyArn=each["PolicyArn"])["Policy"]
            version = self._client.get_policy_version(
                PolicyArn=each["PolicyArn"], VersionId=policy["DefaultVersionId"]
            )
            yield cast("Policy", version["PolicyVersion"]["Document"])

    def _inline(self, role: str, policy: str) -> Policy:
        answer = self._client.get_role_policy(RoleName=role, PolicyName=policy)
        return cast("Policy", answer["PolicyDocument"])
