"""May this caller do that? Asked of the emulator's IAM, afresh for every request.

What the pinned MiniStack's SimulatePrincipalPolicy lacks (measured on 1.5.33) is made up for here:
it finds no role that has a path, and it knows neither context entries nor permissions boundaries.
Bucket policies and key policies are not looked at.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import ClientError

from local.rekognition.conditions import Context, conditional, resolve
from local.rekognition.principals import Principal

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient


class Decision(Enum):
    """What IAM says."""

    ALLOWED = "allowed"
    IMPLICIT_DENY = "implicitDeny"
    EXPLICIT_DENY = "explicitDeny"


@dataclass(frozen=True, slots=True)
class Access:
    """One action on one resource, with the condition keys of the request."""

    action: str
    resource: str = "*"
    context: Context = field(default_factory=dict)


class Caller(Protocol):
    """A principal whose rights have been looked up for the length of one request."""

    def decide(self, access: Access) -> Decision:
        """Return IAM's decision."""
        ...


class Authority(Protocol):
    """Looks rights up."""

    def caller(self, principal: Principal) -> Caller:
        """Return the principal's rights as they are now."""
        ...


class Everything:
    """Allows everything: for root, and for benchmarks without IAM."""

    def caller(self, principal: Principal) -> Everything:  # noqa: ARG002
        """Return itself, whoever it is."""
        return self

    def decide(self, access: Access) -> Decision:  # noqa: ARG002
        """Allow."""
        return Decision.ALLOWED


class IamAuthority:
    """Asks an IAM endpoint with root's rights."""

    def __init__(self, client: IAMClient) -> None:
        self._client = client

    def caller(self, principal: Principal) -> Caller:
        """Read a role's policies; a role that is gone may do nothing."""
        if principal.is_root:
            return Everything()
        role = principal.role_name
        if role is None:
            return _Simulated(self._client, principal.arn)
        try:
            return self._role(principal, role)
        except self._client.exceptions.NoSuchEntityException:
            return _Nobody()

    def _role(self, principal: Principal, name: str) -> Caller:
        found = self._client.get_role(RoleName=name)["Role"]
        documents = [
            self._inline(name, policy)
            for page in self._client.get_paginator("list_role_policies").paginate(RoleName=name)
            for policy in page["PolicyNames"]
        ]
        documents += [
            self._managed(attached["PolicyArn"])
            for page in self._client.get_paginator("list_attached_role_policies").paginate(
                RoleName=name
            )
            for attached in page["AttachedPolicies"]
        ]
        boundary = found.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
        # MiniStack looks a role up by all that follows "role/", under which a role with a path
        # is not known.
        arn = f"{found['Arn'].partition(':role/')[0]}:role/{name}"
        if boundary is None and not any(conditional(document) for document in documents):
            return _Simulated(self._client, arn)
        return _Resolved(
            self._client,
            principal,
            tuple(documents),
            None if boundary is None else self._boundary(boundary),
        )

    def _inline(self, role: str, policy: str) -> dict[str, Any]:
        answer = self._client.get_role_policy(RoleName=role, PolicyName=policy)
        return _document(answer["PolicyDocument"])

    def _managed(self, arn: str) -> dict[str, Any]:
        version = self._client.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        answer = self._client.get_policy_version(PolicyArn=arn, VersionId=version)
        return _document(answer["PolicyVersion"]["Document"])

    def _boundary(self, arn: str) -> dict[str, Any]:
        try:
            return self._managed(arn)
        except ClientError:
            # A boundary whose policy is gone allows nothing, as on AWS.
            return {"Version": "2012-10-17", "Statement": []}


class _Nobody:
    def decide(self, access: Access) -> Decision:  # noqa: ARG002
        return Decision.IMPLICIT_DENY


class _Simulated:
    """Rights without conditions: SimulatePrincipalPolicy has the answer."""

    def __init__(self, client: IAMClient, arn: str) -> None:
        self._client = client
        self._arn = arn

    def decide(self, access: Access) -> Decision:
        try:
            answer = self._client.simulate_principal_policy(
                PolicySourceArn=self._arn,
                ActionNames=[access.action],
                ResourceArns=[access.resource],
                ContextEntries=[
                    {
                        "ContextKeyName": key,
                        "ContextKeyType": "string",
                        "ContextKeyValues": [value],
                    }
                    for key, value in access.context.items()
                ],
            )
        except self._client.exceptions.NoSuchEntityException:
            return Decision.IMPLICIT_DENY
        return Decision(answer["EvaluationResults"][0]["EvalDecision"])


class _Resolved:
    """Rights with conditions or a boundary: both are settled first, then simulated."""

    def __init__(
        self,
        client: IAMClient,
        principal: Principal,
        documents: tuple[dict[str, Any], ...],
        boundary: dict[str, Any] | None,
    ) -> None:
        self._client = client
        self._principal = principal
        self._documents = documents
        self._boundary = boundary

    def decide(self, access: Access) -> Decision:
        context = {
            "aws:principalarn": self._principal.arn,
            "aws:principalaccount": self._principal.account,
            "aws:securetransport": "true",
            **{key.lower(): value for key, value in access.context.items()},
        }
        decision = self._simulate(self._documents, access, context)
        if self._boundary is None or decision is Decision.EXPLICIT_DENY:
            return decision
        limit = self._simulate((self._boundary,), access, context)
        return decision if limit is Decision.ALLOWED else limit

    def _simulate(
        self, documents: tuple[dict[str, Any], ...], access: Access, context: Context
    ) -> Decision:
        resolved = [resolve(document, context) for document in documents]
        texts = [json.dumps(document) for document in resolved if document["Statement"]]
        if not texts:
            return Decision.IMPLICIT_DENY
        answer = self._client.simulate_custom_policy(
            PolicyInputList=texts, ActionNames=[access.action], ResourceArns=[access.resource]
        )
        return Decision(answer["EvaluationResults"][0]["EvalDecision"])


def _document(document: Any) -> dict[str, Any]:
    # botocore parses the documents of most answers; a string is what is left of the others.
    return dict(json.loads(document) if isinstance(document, str) else document)
