"""Each action of the role is needed: without it, this call fails like that."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from local import use
from tests.integration.conftest import CAT, DARK, EILEEN, MISSING, Deployed

_SILENCE_SECONDS = 1.5
"""Records arrive within a tenth of this."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A call, what it comes to with all rights, and what without one."""

    call: Callable[[Deployed], str]
    allowed: str
    refused: str


def _compare(deployed: Deployed) -> str:
    return deployed.outcome(EILEEN, DARK)


def _compare_version(deployed: Deployed) -> str:
    head = deployed.stack.client("s3").head_object(Bucket=deployed.bucket, Key=DARK)
    return deployed.outcome(EILEEN, {"key": DARK, "version_id": head["VersionId"]})


def _log(deployed: Deployed) -> str:
    """Invoke a version just published: it opens a new log stream."""
    functions = deployed.stack.client("lambda")
    # Publishing what has not changed gives no new version.
    functions.update_function_configuration(
        FunctionName=deployed.function, Description=f"Published at {time.time()}."
    )
    version = functions.publish_version(FunctionName=deployed.function)["Version"]
    event = {"source": EILEEN, "target": DARK}
    outcome = use.invoke(functions, deployed.function, event, qualifier=version)
    assert outcome.answer is not None, outcome.error_message
    return "recorded" if deployed.records(outcome, _SILENCE_SECONDS) else "no record"


PROOFS = {
    ("CompareFaces", "rekognition:CompareFaces"): Proof(_compare, "answered", "CallForbiddenError"),
    ("CompareFaces", "rekognition:DetectFaces"): Proof(
        lambda deployed: deployed.outcome(EILEEN, CAT), "NoFaceInTargetError", "CallForbiddenError"
    ),
    ("ReadImages", "s3:GetObject"): Proof(_compare, "answered", "ImageForbiddenError"),
    ("ReadImages", "s3:GetObjectVersion"): Proof(
        _compare_version, "answered", "ImageForbiddenError"
    ),
    ("DistinguishMissingImages", "s3:ListBucket"): Proof(
        lambda deployed: deployed.outcome(EILEEN, MISSING),
        "ImageNotFoundError",
        "ImageForbiddenError",
    ),
    ("WriteLogs", "logs:CreateLogStream"): Proof(_log, "recorded", "no record"),
    ("WriteLogs", "logs:PutLogEvents"): Proof(_log, "recorded", "no record"),
}
"""By statement and action of the role's policy."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The role's inline policy, as it was applied."""

    iam: Any
    role: str
    name: str
    document: dict[str, Any]

    @classmethod
    def of(cls, deployed: Deployed) -> Policy:
        """Look it up."""
        iam, functions = deployed.stack.client("iam"), deployed.stack.client("lambda")
        arn = functions.get_function_configuration(FunctionName=deployed.function)["Role"]
        role = arn.rpartition("/")[2]
        assert iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []
        (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
        document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        return cls(iam, role, name, document)

    def actions(self) -> set[tuple[str, str]]:
        """Every statement's every action."""
        return {
            (statement["Sid"], action)
            for statement in self.document["Statement"]
            for action in _listed(statement["Action"])
        }

    def without(self, sid: str, action: str) -> dict[str, Any]:
        """The policy without one action; a statement that is then empty goes too."""
        statements = []
        for statement in self.document["Statement"]:
            kept = _listed(statement["Action"])
            if statement["Sid"] == sid:
                kept = [each for each in kept if each != action]
            if kept:
                statements.append({**statement, "Action": kept})
        return {**self.document, "Statement": statements}

    def put(self, document: dict[str, Any]) -> None:
        """Replace the policy."""
        self.iam.put_role_policy(
            RoleName=self.role, PolicyName=self.name, PolicyDocument=json.dumps(document)
        )


def _listed(actions: str | list[str]) -> list[str]:
    return [actions] if isinstance(actions, str) else actions


@pytest.fixture
def policy(minimal: Deployed) -> Iterator[Policy]:
    found = Policy.of(minimal)
    yield found
    found.put(found.document)


def test_no_right_slips_in_that_nothing_needs(policy: Policy) -> None:
    assert policy.actions() == set(PROOFS)


@pytest.mark.parametrize(("sid", "action"), PROOFS, ids=lambda part: part)
def test_a_needed_right_cannot_be_dropped_unnoticed(
    minimal: Deployed, policy: Policy, sid: str, action: str
) -> None:
    proof = PROOFS[sid, action]
    assert proof.call(minimal) == proof.allowed
    policy.put(policy.without(sid, action))
    assert proof.call(minimal) == proof.refused
    policy.put(policy.document)
    assert proof.call(minimal) == proof.allowed


@pytest.mark.parametrize("key", ["private/eileen.jpg", "results/eileen.jpg", "referenced.jpg"])
def test_a_caller_cannot_look_into_anything_else_in_the_bucket(minimal: Deployed, key: str) -> None:
    s3 = minimal.stack.client("s3")
    s3.put_object(Bucket=minimal.bucket, Key=key, Body=minimal.read(EILEEN))
    assert minimal.outcome(EILEEN, key) == "ImageForbiddenError"
    assert minimal.outcome(key, DARK) == "ImageForbiddenError"


def test_a_policy_of_the_bucket_that_denies_the_role_is_obeyed(
    minimal: Deployed, policy: Policy
) -> None:
    """Otherwise a guard rail that fails on AWS would hold here."""
    s3 = minimal.stack.client("s3")
    found = s3.get_bucket_policy(Bucket=minimal.bucket)["Policy"]
    denied = {
        "Effect": "Deny",
        "Principal": {"AWS": f"arn:aws:iam::000000000000:role/{policy.role}"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{minimal.bucket}/*",
    }
    document = {"Version": "2012-10-17", "Statement": [*json.loads(found)["Statement"], denied]}
    s3.put_bucket_policy(Bucket=minimal.bucket, Policy=json.dumps(document))
    try:
        assert minimal.outcome(EILEEN, DARK) == "ImageForbiddenError"
    finally:
        s3.put_bucket_policy(Bucket=minimal.bucket, Policy=found)
    assert minimal.outcome(EILEEN, DARK) == "answered"
