"""Step Functions takes the state machine of modules/batch, and lint would see if it did not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tools.failure import ToolError
from tools.state_machines import plan_only, planned, render
from tools.states_language import problems

Json = Any
CSV, JSON_LINES = "Compare pairs of a CSV file", "Compare pairs of JSON Lines"


@pytest.fixture(scope="module")
def definition() -> str:
    return render("terraform")


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


def test_modules_batch_can_be_created(definition: str) -> None:
    assert problems(definition) == []


def test_both_engines_plan_the_same_definition(definition: str) -> None:
    assert json.loads(render("tofu")) == json.loads(definition)


@pytest.mark.parametrize(
    ("mistake", "reason"),
    [
        (both_with_the_same_step, 'State "Compare", defined at .* is also defined at'),
        (
            lambda m: m["States"].update(
                {next(iter(processor(m, CSV)["States"])): {"Type": "Succeed"}}
            ),
            "is also defined at",
        ),
        (
            lambda m: m["States"]["Look at the manifest's name"].update(Default="Nowhere"),
            'No state found named "Nowhere"',
        ),
        (lambda m: m.update(StartAt="Nowhere"), "StartAt value Nowhere not found"),
        (lambda m: m["States"][CSV].pop("End"), 'does not have required field "Next"'),
        (lambda m: step(m).pop("End"), 'does not have required field "Next"'),
        (lambda m: rename(m["States"][CSV], "Label"), 'Field "Lable" not allowed'),
        (
            lambda m: rename(m["States"][CSV]["ItemBatcher"], "MaxItemsPerBatch"),
            'Field "MaxItemsPerBathc" not allowed',
        ),
        (
            lambda m: rename(m["States"][CSV]["ItemReader"]["ReaderConfig"], "InputType"),
            'Field "InputTyep" not allowed',
        ),
        (
            lambda m: rename(m["States"][CSV]["ResultWriter"]["WriterConfig"], "Transformation"),
            'Field "Transformatino" not allowed',
        ),
        (
            lambda m: rename(processor(m, CSV)["ProcessorConfig"], "ExecutionType"),
            'Field "ExecutionTyep" not allowed',
        ),
        (
            lambda m: rename(step(m)["Retry"][0], "JitterStrategy"),
            'Field "JitterStrateyg" not allowed',
        ),
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
        (
            lambda m: m["States"][CSV].update(ToleratedFailurePercentage=101),
            "allowed ceiling is 100",
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
        assert problems(json.dumps(machine)) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"States": 3}',
        '{"StartAt": "a", "States": {"a": 3}}',
        '{"StartAt": "a", "States": {"a": {"Type": "Map", "Branches": 1, "Retry": 2}}}',
        '{"StartAt": "a", "States": {"a": {"Type": "Map", "ItemReader": 3}}}',
    ],
)
def test_lint_refuses_what_is_not_a_state_machine_at_all(text: str) -> None:
    assert problems(text)


def test_lint_does_not_run_every_native_test_once_more() -> None:
    tests = (
        'variables {\n  a = 1\n}\n\nrun "one" {\n  variables {\n    a = 2\n  }\n}\nrun "two" {\n}\n'
    )
    rest = " ".join(plan_only(tests).split())
    assert rest == 'variables { a = 1 } run "definition" { command = plan }'


def test_lint_does_not_pass_because_there_was_nothing_to_check(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert planned('{"type": "version"}\n{"test_plan": {"resource_changes": []}}') == []
    monkeypatch.setattr("tools.state_machines.planned", lambda _output: [])
    with pytest.raises(ToolError, match="plans 0 state machines"):
        render()
