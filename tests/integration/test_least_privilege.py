"""Every action that the role may do is needed: without it, this call fails like that."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from local import use
from tests.integration.conftest import Deployed

EILEEN, DARK = "reference/eileen-collins.jpg", "challenge/eileen-dark.jpg"
_SILENCE_SECONDS = 1.5
"""Records arrive within a tenth of this."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A call, what it comes to with all rights, and what without one."""

    call: Callable[[Deployed], str]
    allowed: str
    refused: str


def _compare(deployed: Deployed) -> str:
    return _outcome(deployed.compare(EILEEN, DARK))


def _compare_version(deployed: Deployed) -> str:
    head = deployed.stack.client("s3").head_object(Bucket=deployed.bucket, Key=DARK)
    return _outcome(deployed.compare(EILEEN, {"key": DARK, "version_id": head["VersionId"]}))


def _compare_without_face(deployed: Deployed) -> str:
    return _outcome(deployed.compare(EILEEN, "challenge/cat.jpg"))


def _compare_missing(deployed: Deployed) -> str:
    return _outcome(deployed.compare(EILEEN, "challenge/none.jpg"))


def _log(deployed: Deployed) -> str:
    """Invoke a version just published: a new execution environment opens a new log stream."""
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


def _outcome(outcome: use.Invoked) -> str:
    return outcome.error_type or "answered"


PROOFS = {
    ("CompareFaces", "rekognition:CompareFaces"): Proof(_compare, "answered", "CallForbiddenError"),
    ("CompareFaces", "rekognition:DetectFaces"): Proof(
        _compare_without_face, "NoFaceInTargetError", "CallForbiddenError"
    ),
    ("ReadPhotos", "s3:GetObject"): Proof(_compare, "answered", "ImageForbiddenError"),
    ("ReadPhotos", "s3:GetObjectVersion"): Proof(
        _compare_version, "answered", "ImageForbiddenError"
    ),
    ("TellMissingFromForbidden", "s3:ListBucket"): Proof(
        _compare_missing, "ImageNotFoundError", "ImageForbiddenError"
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

    def actions(self) -> list[tuple[str, str]]:
        """Every statement's every action."""
        return [
            (statement["Sid"], action)
            for statement in self.document["Statement"]
            for action in _listed(statement["Action"])
        ]

    def without(self, sid: str, action: str) -> dict[str, Any]:
        """The policy without one action; a statement that is then empty goes too."""
        statements = []
        for statement in self.document["Statement"]:
            kept = [
                each
                for each in _listed(statement["Action"])
                if (statement["Sid"], each) != (sid, action)
            ]
            if kept:
                statements.append({**statement, "Action": kept})
        return {**self.document, "Statement": statements}

    def put(self, document: dict[str, Any]) -> None:
        """Replace the policy."""
        self.iam.put_role_policy(
            RoleName=self.role, PolicyName=self.name, PolicyDocument=json.dumps(document)
        )


@pytest.fixture
def policy(deployed: Deployed) -> Iterator[Policy]:
    iam = deployed.stack.client("iam")
    functions = deployed.stack.client("lambda")
    arn = functions.get_function_configuration(FunctionName=deployed.function)["Role"]
    role = arn.rpartition("/")[2]
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    assert iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []
    document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    found = Policy(iam, role, name, document)
    yield found
    found.put(document)


def test_every_action_of_the_role_has_a_proof(policy: Policy) -> None:
    """Else a right could slip in that nothing needs."""
    assert set(policy.actions()) == set(PROOFS)


@pytest.mark.parametrize(("sid", "action"), PROOFS, ids=lambda part: part)
def test_without_the_action_its_call_fails(
    deployed: Deployed, policy: Policy, sid: str, action: str
) -> None:
    """Else the role would have a right that nothing needs."""
    proof = PROOFS[sid, action]
    assert proof.call(deployed) == proof.allowed
    policy.put(policy.without(sid, action))
    assert proof.call(deployed) == proof.refused
    policy.put(policy.document)
    assert proof.call(deployed) == proof.allowed


@pytest.mark.parametrize("key", ["private/eileen.jpg", "results/eileen.jpg", "referenced.jpg"])
def test_a_photo_outside_the_two_prefixes_cannot_be_read(deployed: Deployed, key: str) -> None:
    """Else whoever may invoke the function could look into anything in the bucket."""
    s3 = deployed.stack.client("s3")
    body = s3.get_object(Bucket=deployed.bucket, Key=EILEEN)["Body"].read()
    s3.put_object(Bucket=deployed.bucket, Key=key, Body=body)
    assert _outcome(deployed.compare(EILEEN, key)) == "ImageForbiddenError"
    assert _outcome(deployed.compare(key, DARK)) == "ImageForbiddenError"


def _listed(actions: str | list[str]) -> list[str]:
    return [actions] if isinstance(actions, str) else actions
