"""The policy that `make acceptance` prints: right, small enough, and asked for beforehand."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from acceptance import rights
from acceptance.names import EXAMPLES, NETWORK_EXAMPLE, PREFIX
from acceptance.site import Site
from tests import deploying
from tests.unit.acceptance.fakes import Client
from tools import aws_documents, service_authorization

_LIMIT = 6144
_WITHOUT_NAMES = {
    *("AlarmList", "CheckRights", "CompareFaces", "EventSource", "EventSourceTags", "FindByTag"),
    *("Key", "ListAlarms", "ListBuckets", "ListFunctions", "ListIam", "ListQueues", "ListRules"),
    *("ListTopics", "MakeKey", "Metrics", "Network", "OwnEventSource", "Queries", "ReadQuota"),
    *("ReadTrail", "SeeNetwork", "TagKey", "ValidateDefinition", "WriteMetric"),
}


class FakeSite(Site):
    """An account whose IAM decides like this."""

    decisions: dict[str, str]

    def client(self, service: str) -> Client:
        def simulate(ActionNames: list[str], **_more: Any) -> Any:  # noqa: N803
            found = [(name, self.decisions.get(name, "allowed")) for name in ActionNames]
            results = [{"EvalActionName": name, "EvalDecision": each} for name, each in found]
            return {"EvaluationResults": results}

        role = {"Role": {"Arn": "arn:aws:iam::111122223333:role/path/tester"}}
        answers = {"iam.simulate_principal_policy": simulate, "iam.get_role": role}
        return Client(service, answers)


def site(caller: str = "user/tester", **decisions: str) -> FakeSite:
    kind = "sts" if caller.startswith("assumed-role") else "iam"
    arn = f"arn:aws:{kind}::111122223333:{caller}"
    found = FakeSite("eu-west-1", "111122223333", arn, boto3.session.Session())
    found.decisions = {name.replace("_", ":"): each for name, each in decisions.items()}
    return found


@pytest.mark.parametrize("extras", [(), ("network", "quota", "regions")])
def test_iam_takes_the_policies_that_are_printed(extras: tuple[str, ...]) -> None:
    data = aws_documents.authorization()
    documents = rights.policies(site(), extras)
    for document in documents:
        assert service_authorization.problems(document, data) == []
        assert len(json.dumps(document, separators=(",", ":"))) <= _LIMIT
    sids = [each["Sid"] for document in documents for each in document["Statement"]]
    assert len(sids) == len(set(sids))


def test_a_run_may_do_whatever_its_examples_and_their_further_inputs_need() -> None:
    """Otherwise an apply fails on AWS, though the run said that nothing is missing."""
    inputs = ("`bucket.force_destroy`", "`monitoring.alarms`", "`on_upload`", deploying.TAGS)
    needed = deploying.of_parts(inputs).union(*map(deploying.of_example, EXAMPLES))
    assert needed <= granted()
    assert deploying.of_example(NETWORK_EXAMPLE) <= granted("network")


def granted(*extras: str) -> set[str]:
    return {name for each in rights.statements(site(), extras) for name in each["Action"]}


def test_the_policies_do_not_reach_what_is_not_named_like_a_run() -> None:
    for statement in rights.statements(site(), ("network", "quota")):
        if statement["Sid"] not in _WITHOUT_NAMES:
            resources = statement["Resource"]
            for each in resources if isinstance(resources, list) else [resources]:
                assert f"{PREFIX}*" in each, statement["Sid"]


def test_statements_that_write_without_a_name_have_a_condition() -> None:
    for statement in rights.statements(site()):
        writes = [name for name in statement["Action"] if _writes(name)]
        if writes and statement["Sid"] in _WITHOUT_NAMES:
            unlimited = {"logs:DeleteQueryDefinition", "logs:PutQueryDefinition"}
            tags = {"lambda:TagResource"}
            assert statement.get("Condition") or set(writes) <= unlimited | tags, statement["Sid"]


def _writes(name: str) -> bool:
    verbs = ("Create", "Delete", "Disable", "Enable", "Put", "Schedule", "Tag", "Update")
    return name.partition(":")[2].startswith(verbs)


@pytest.mark.parametrize("caller", ["user/tester", "assumed-role/tester/session"])
def test_a_missing_right_is_told_before_anything_is_made(caller: str) -> None:
    assert rights.missing(site(caller)) == []
    asked = site(caller, s3_CreateBucket="implicitDeny", kms_CreateKey="explicitDeny")
    assert rights.missing(asked) == ["s3:CreateBucket", "kms:CreateKey"]
