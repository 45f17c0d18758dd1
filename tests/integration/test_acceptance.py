"""`make acceptance LOCAL=1`: it passes here, with its own rights, and fails where AWS differs."""

from __future__ import annotations

import json

import pytest

from acceptance import checks, rights
from acceptance.model import CHECKS, Result
from acceptance.names import EXAMPLES
from local.photos import Album
from tests import deploying
from tests.integration.acceptance import Accepted
from tests.integration.conftest import Everything

assert checks

UNASKED = {
    # By checks that are skipped here.
    "cloudtrail:LookupEvents",
    "cloudwatch:DescribeAlarmHistory",
    "cloudwatch:GetMetricData",
    "cloudwatch:GetMetricStatistics",
    "cloudwatch:PutMetricData",
    "iam:SimulatePrincipalPolicy",
    "kms:DisableKey",
    "kms:EnableKey",
    "logs:TestMetricFilter",
    "sqs:GetQueueUrl",
    "sqs:SendMessage",
    "sqs:StartMessageMoveTask",
    # Only for a run that has batches when its function times out.
    "states:ListExecutions",
    # Together with another action, which the emulator alone asks for.
    "events:TagResource",
    "iam:TagPolicy",
    "iam:TagUser",
    "kms:Decrypt",
    "kms:GenerateDataKey",
    "kms:TagResource",
    "sns:TagResource",
    # The Rekognition stand-in asks IAM by itself.
    "rekognition:CompareFaces",
    # What a killed run leaves is removed with them; here nothing is left.
    "iam:ListPolicyTags",
    "iam:ListRoleTags",
    "iam:ListUserTags",
    # After another answer than the emulator's.
    "s3:GetBucketLocation",
}
"""Rights that AWS asks for and the local stack does not, besides those of docs/deploying.md."""

_NEVER_NEEDED = {"iam:GetUser", "sts:GetCallerIdentity"}
"""The provider asks for the first and manages without it. The second needs no right."""


@pytest.fixture(scope="module", name="acceptance")
def accepted(everything: Everything) -> Accepted:
    found: Accepted = everything.jobs["acceptance"].result()
    return found


def test_the_acceptance_test_passes_where_nothing_is_wrong(acceptance: Accepted) -> None:
    problems = [each for each in acceptance.facts["checks"] if each["result"] == Result.FAILED]
    assert problems == []
    assert acceptance.code == 0, acceptance.output
    assert acceptance.facts["passed"] >= 35
    assert acceptance.facts["left_behind"] == []
    usual = {name for name, check in CHECKS.items() if check.extra is None}
    assert {each["name"] for each in acceptance.facts["checks"]} == usual


def test_what_an_emulator_cannot_answer_is_skipped_with_the_reason_and_counted(
    acceptance: Accepted,
) -> None:
    skipped = [each for each in acceptance.facts["checks"] if each["result"] == Result.SKIPPED]
    expected = {
        name: check.not_local
        for name, check in CHECKS.items()
        if check.not_local and not check.extra
    }
    assert {each["name"]: each["seen"] for each in skipped} == expected
    assert f"{len(skipped)} skipped" in acceptance.output


def test_the_report_can_be_sent_to_strangers(acceptance: Accepted, album: Album) -> None:
    assert "The local stack can use the module" in acceptance.page
    for text in (acceptance.page, json.dumps(acceptance.facts)):
        assert "000000000000" not in text
    for outside in ("http://", "https://", "<script", "@import", "<img"):
        assert outside not in acceptance.page
    pairs = [pair for pair in album.pairs() if pair.challenge.people]
    assert len(acceptance.facts["similarities"]) == len(pairs)
    assert all(each["stand_in"] == each["rekognition"] for each in acceptance.facts["similarities"])


def test_the_policy_that_is_printed_is_enough(acceptance: Accepted) -> None:
    assert acceptance.denied <= _NEVER_NEEDED
    assert acceptance.asked - _NEVER_NEEDED <= granted()


def test_the_policy_that_is_printed_is_no_more_than_enough(acceptance: Accepted) -> None:
    needed = deploying.of_parts([deploying.TAGS]).union(*map(deploying.of_example, EXAMPLES))
    assert granted() - acceptance.asked - needed <= UNASKED
    assert granted() >= UNASKED


def granted() -> set[str]:
    return {name for each in rights.STATEMENTS for name in each.names()}


def test_a_bucket_that_is_named_like_a_run_outlives_it(acceptance: Accepted) -> None:
    assert acceptance.look_alike_stays


def test_a_service_that_does_not_work_is_not_accepted(acceptance: Accepted) -> None:
    assert acceptance.code_without_rekognition == 1
    failed = {
        each["name"]
        for each in acceptance.facts_without_rekognition["checks"]
        if each["result"] == Result.FAILED
    }
    assert failed == {
        "no-face-in-source-is-an-error",
        "no-face-in-target-is-an-error",
        "similarities",
        "strangers-have-a-score",
    }
