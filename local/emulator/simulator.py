"""IAM's policy simulator asks as a request is asked: a patch to the pinned MiniStack.

MiniStack's simulator finds no role that has a path, and knows neither conditions, permissions
boundaries nor the policies of resources. The evaluator of its requests knows all of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any
from unittest.mock import patch

_DECISIONS = {"Allow": "allowed", "Deny": "explicitDeny", "ImplicitDeny": "implicitDeny"}


def install() -> None:
    """Apply the patch to the MiniStack that this process imports."""
    iam = import_module("ministack.services.iam")
    evaluator = import_module("ministack.core.iam_evaluator")
    responses = import_module("ministack.core.responses")

    def simulate(params: Any) -> Any:
        account = responses.get_account_id()
        kind, _, path = iam._p(params, "PolicySourceArn").rpartition(":")[2].partition("/")
        name = path.rpartition("/")[2]
        if kind == "user":
            principal, store = f"arn:aws:iam::{account}:user/{path}", iam._users
            policies = evaluator._gather_user_policies(name, account)
        else:
            principal, store = f"arn:aws:sts::{account}:assumed-role/{name}/simulated", iam._roles
            policies = evaluator._gather_role_policies(name, account)
        limits = evaluator._permissions_boundary(store, name, account)
        actions, resource = iam._extract_simulate_params(params)
        keys = {
            iam._p(params, each).lower(): iam._p(params, f"{each[:-4]}Values.member.1")
            for each in params
            if each.endswith(".ContextKeyName")
        }
        members = ""
        for action in actions:
            asked = evaluator.EvalContext(
                principal_arn=principal,
                principal_type="User" if kind == "user" else "AssumedRole",
                principal_account=account,
                action=action,
                resource_arn=resource,
                region=responses.get_region(),
                secure_transport=True,
                service_context=keys,
            )
            result = evaluator.evaluate(asked, policies, *limits)
            if found := evaluator._resource_policy(action.partition(":")[0], resource):
                result = evaluator.combine_resource_policy(result, asked, *found, limits=limits)
            members += (
                f"<member><EvalActionName>{action}</EvalActionName>"
                f"<EvalDecision>{_DECISIONS[result.decision]}</EvalDecision></member>"
            )
        results = f"<EvaluationResults>{members}</EvaluationResults>"
        inner = f"<SimulatePrincipalPolicyResult>{results}</SimulatePrincipalPolicyResult>"
        return iam._xml(200, "SimulatePrincipalPolicyResponse", inner, ns="iam")

    patch.dict(iam._IAM_HANDLERS, SimulatePrincipalPolicy=simulate).start()
