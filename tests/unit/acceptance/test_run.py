"""A run leaves nothing, wherever it is interrupted, and its exit code tells what it found."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from rich.console import Console

from acceptance import __main__ as program
from acceptance import cleanup, rights
from acceptance.checks import deploy
from acceptance.model import AT_THE_END, CHECKS, Check, Result, Scene, Verdict
from acceptance.run import Run
from acceptance.site import Site
from local.stack import StackError
from tests.unit.acceptance.fakes import NAME, Answers, Client
from tests.unit.acceptance.fakes import error as refusal

_KINDS = ("role", "bucket", "function", "group")


@dataclass
class Cloud:
    """An account in which an example is a handful of things, made one after the other."""

    things: set[str] = field(default_factory=set)
    steps: list[str] = field(default_factory=list)
    at: Callable[[str], None] = lambda _step: None
    """Called at each step, before anything is done."""

    def step(self, name: str) -> None:
        """Say what is done next."""
        self.steps.append(name)
        self.at(name)


@dataclass
class Workspace:
    """An example of that account."""

    cloud: Cloud
    example: str
    destroys: bool = True
    stopped: threading.Event = field(default_factory=threading.Event)

    def init(self) -> None:
        self.cloud.step(f"{self.example} init")

    def apply(self) -> None:
        for kind in _KINDS:
            # As Terraform does, which ends after what it is at.
            if self.stopped.is_set():
                raise StackError("terraform apply was interrupted")
            self.cloud.step(f"{self.example} apply {kind}")
            self.cloud.things.add(f"{self.example} {kind}")

    def interrupt(self) -> None:
        self.stopped.set()

    def outputs(self) -> dict[str, str]:
        self.cloud.step(f"{self.example} outputs")
        return {"bucket_name": "bucket", "function_name": "function"}

    def provider_version(self) -> tuple[int, ...]:
        return (6, 34, 0)

    def drift(self) -> list[Any]:
        self.cloud.step(f"{self.example} plan")
        return []

    def destroy(self) -> None:
        self.cloud.step(f"{self.example} destroy")
        if not self.destroys:
            raise StackError("terraform destroy failed: no connection")
        self.cloud.things -= {thing for thing in self.cloud.things if self.example in thing}


class FakeSite(Site):
    """A site on that account."""

    cloud: Cloud
    destroys = True

    def client(self, service: str) -> Client:
        answers: Answers = {
            "s3.put_object": {},
            "s3.list_object_versions": {},
            "lambda.invoke": refusal("ResourceNotFoundException"),
        }
        return Client(service, dict(answers))

    def workspace(self, example: str, root: Path, run: str, **_variables: str) -> Any:  # noqa: ARG002
        return Workspace(self.cloud, example, self.destroys)


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> FakeSite:
    caller = "arn:aws:iam::111122223333:user/me"
    found = FakeSite("eu-west-1", "111122223333", caller, boto3.session.Session())
    found.cloud = Cloud()

    def find(_site: object, only: str) -> Iterator[str]:
        assert only == NAME
        return iter(sorted(found.cloud.things))

    def remove(_site: object, thing: str) -> None:
        found.cloud.step(f"remove {thing}")
        found.cloud.things.discard(thing)

    monkeypatch.setattr(cleanup, "find", find)
    monkeypatch.setattr(cleanup, "remove", remove)
    return found


def _asked(name: str, good: object = True, on: str | None = "minimal") -> Check:
    def ask(scene: Scene) -> Verdict:
        if on not in {None, AT_THE_END}:
            scene.account.cloud.step(f"{on} check {name}")  # type: ignore[attr-defined]
        return good, "seen"

    return Check(name, "it holds", "yes", ask, on, None, None, None)


def _checks(good: object = True) -> dict[str, Check]:
    """Two examples, each with a check, and the end."""
    found = []
    for example in ("minimal", "upload"):
        found += [CHECKS[f"apply-{example}"], _asked(f"{example}-used", good, example)]
    found += [_asked("free", on=None), CHECKS["destroy-leaves-nothing"]]
    return {each.name: each for each in found}


def _run(site: FakeSite, checks: dict[str, Check]) -> Run:
    return Run(site, NAME, checks, Console(quiet=True), patience=0.0)


def _steps() -> list[str]:
    """Every step of an undisturbed run until its end."""
    site = FakeSite("eu-west-1", "111122223333", "a:b:c", boto3.session.Session())
    site.cloud = Cloud()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(cleanup, "find", lambda *_: iter(()))
        _run(site, _checks()).go()
    return sorted(set(site.cloud.steps))


STEPS = _steps()


def test_what_throttles_the_whole_account_is_asked_before_everything_else(site: FakeSite) -> None:
    checks = {**_checks(), "busy": replace(_asked("busy", on=None), extra="quota")}
    assert _run(site, checks).go().outcomes[0].name == "busy"


def test_a_run_applies_uses_destroys_and_lists(site: FakeSite) -> None:
    report = _run(site, _checks()).go()
    assert report.good
    assert {each.result for each in report.outcomes} == {Result.PASSED}
    assert len(report.outcomes) == len(_checks())
    assert report.left_behind == []
    assert site.cloud.things == set()


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("step", STEPS)
def test_nothing_stays_wherever_a_run_is_interrupted(
    site: FakeSite, step: str, ending: signal.Signals
) -> None:
    def interrupt(name: str) -> None:
        if name == step:
            signal.pthread_kill(threading.main_thread().ident or 0, ending)

    site.cloud.at = interrupt
    report = _run(site, _checks()).go()
    assert site.cloud.things == set()
    assert report.left_behind == []
    assert report.signal in {0, 130, 143}
    if not step.endswith(("destroy", "outputs")):
        assert report.signal == 128 + ending
        assert not report.good
        assert "says nothing" in report.sentences()


@pytest.mark.parametrize("step", [step for step in STEPS if not step.endswith("destroy")])
def test_nothing_stays_wherever_a_run_fails(site: FakeSite, step: str) -> None:
    def fail(name: str) -> None:
        # The destroy reads the outputs too; the first time is the apply's.
        if name == step and site.cloud.steps.count(name) == 1:
            raise StackError(f"{step} failed")

    site.cloud.at = fail
    report = _run(site, _checks()).go()
    assert site.cloud.things == set()
    assert not report.good
    assert report.count(Result.FAILED) == 1


def test_what_destroy_leaves_is_removed_and_told(site: FakeSite) -> None:
    site.destroys = False
    report = _run(site, _checks()).go()
    assert site.cloud.things == set()
    assert report.left_behind == []
    assert [each.name for each in report.outcomes if each.result is Result.FAILED] == [
        "destroy-leaves-nothing"
    ]


def test_what_cannot_even_be_listed_is_not_taken_for_gone(
    site: FakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_arguments: object) -> Iterator[str]:
        raise refusal("RequestTimeout")

    monkeypatch.setattr(cleanup, "find", lost)
    report = _run(site, _checks()).go()
    assert not report.good
    assert "unknown" in report.left_behind[0]


@pytest.mark.parametrize("case", [(True, True, 0), (False, True, 1), (True, False, 1)])
def test_the_exit_code_and_the_report_say_whether_the_module_can_be_used(
    site: FakeSite,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    case: tuple[bool, bool, int],
) -> None:
    good, destroys, code = case
    site.destroys = destroys
    monkeypatch.setattr(program.Options, "chosen", lambda _options: _checks(good))
    monkeypatch.setattr(program, "new_name", lambda _now: NAME)
    monkeypatch.setattr(program, "_versions", lambda _engine: {"module": "1"})
    monkeypatch.setattr(rights, "missing", lambda *_: [])
    monkeypatch.setattr(deploy, "GONE_SECONDS", 0.0)
    options = program.Options.read({"CONFIRM": "yes"})
    assert program.run(site, options, Console(quiet=True), tmp_path) == code
    facts = json.loads((tmp_path / "acceptance-report.json").read_text())
    assert (facts["failed"] == 0) is (code == 0)
    assert facts["left_behind"] == []
    assert {"name", "assumption", "expected", "seen", "result", "seconds"} == set(
        facts["checks"][0]
    )
    page = (tmp_path / "acceptance-report.html").read_text()
    assert ("can use the module" in page) is (code == 0)
    assert site.number not in page + json.dumps(facts)


@pytest.mark.parametrize("denied", [[], ["s3:CreateBucket"]])
def test_a_run_begins_nothing_without_an_answer_or_without_the_rights(
    site: FakeSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, denied: list[str]
) -> None:
    monkeypatch.setattr(rights, "missing", lambda *_: denied)
    options = program.Options.read({"CONFIRM": "yes"} if denied else {})
    assert program.run(site, options, Console(quiet=True), tmp_path) == 2
    assert site.cloud.steps == []
    assert list(tmp_path.iterdir()) == []
