"""The demo's steps."""

from __future__ import annotations

import contextlib
import json
import platform
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from local import inventory, use
from local.demo import report
from local.demo.console import Steps, telling
from local.demo.model import Comparison, Failure, Run, Trail, outcome_of
from local.photos import Album, Expected, Pair
from local.stack import Stack, StackError, emulator_python
from local.terraform import Workspace

EXAMPLE = "minimal"
_STEPS = 11


@dataclass(frozen=True, slots=True)
class Deployed:
    """What the example's outputs name."""

    bucket: str
    function: str
    log_group: str

    @classmethod
    def from_outputs(cls, outputs: Mapping[str, Any]) -> Deployed:
        """Read examples/minimal's outputs."""
        return cls(
            bucket=outputs["bucket_name"],
            function=outputs["function_name"],
            log_group=outputs["log_group_name"],
        )


def demonstrate(album: Album, console: Console, results: Path) -> int:
    """Deploy, compare, show, destroy and report.

    Args:
        album: the photos.
        console: where progress is shown.
        results: folder that demo-report.html and demo-report.json are written into.

    Returns:
        0 when every expectation was met and nothing is left, else 1.

    Raises:
        StackError: the stack or Terraform failed; everything is removed by then.
        ReportError: the folder cannot be written into, as a rule before anything is started.
    """
    report.check_writable(results)
    # Before the live display: what is installed now shows its own progress.
    emulator_python()
    shows_failure = any(_shows_failure(pair) for pair in album.pairs())
    steps = Steps(console, _STEPS if shows_failure else _STEPS - 1)
    run = Run(seconds=steps.seconds)
    with steps.step("toolchain", "Check the toolchain") as note:
        run.engines = _versions()
        for name, version in run.engines.items():
            note(f"{name} {version}")
    with contextlib.ExitStack() as held:
        with steps.step("stack", "Start the emulated AWS and the Rekognition stand-in") as note:
            stack = held.enter_context(Stack(progress=note))
            before = inventory.inventory(stack.client)
        _use(stack, album, steps, run)
        with steps.step("list", "Ask the emulated AWS what is left"):
            run.left_behind = sorted(inventory.inventory(stack.client) - before)
    page, facts = report.write(run, album, results)
    return _conclude(run, console, page, facts)


def _use(stack: Stack, album: Album, steps: Steps, run: Run) -> None:
    """Apply the example, use it and destroy it."""
    console = steps.console
    folder = stack.folder / "terraform"
    folder.mkdir()
    workspace = Workspace.create(EXAMPLE, folder, stack.endpoint)
    with steps.step("init", f"terraform init in examples/{EXAMPLE}") as note:
        workspace.following(telling(note)).init()
    title = "terraform apply (the provider itself waits 56 s for S3's lifecycle rules)"
    with steps.step("apply", title) as note:
        workspace.following(telling(note)).apply()
        deployed = Deployed.from_outputs(workspace.outputs())
    with steps.step("upload", f"Upload photos to s3://{deployed.bucket}") as note:
        _upload(stack, deployed, album, note)
    pairs = list(album.pairs())
    shown = [each for each in pairs if _shows_failure(each)][:1]
    with steps.step("compare", "Compare through the deployed function"):
        for pair in pairs:
            if not _shows_failure(pair):
                _compare(stack, deployed, pair, run, console)
    with steps.step("follow", "Follow one request through CloudWatch Logs"):
        if run.comparisons:
            run.trail = _follow(stack, deployed, run.comparisons[0], console)
    for pair in shown:
        with steps.step("failure", "A failure you will meet: a photo without a face"):
            _compare(stack, deployed, pair, run, console)
    with steps.step("empty", "Empty the bucket, all versions"):
        inventory.empty_bucket(stack.client("s3"), deployed.bucket)
    with steps.step("destroy", "terraform destroy") as note:
        workspace.following(telling(note)).destroy()


def _shows_failure(pair: Pair) -> bool:
    return pair.expected is Expected.NO_FACE_IN_TARGET


def _upload(stack: Stack, deployed: Deployed, album: Album, note: Callable[[str], None]) -> None:
    s3 = stack.client("s3")
    for prefix, photos in (("reference/", album.references), ("challenge/", album.challenges)):
        for photo in photos:
            use.upload(s3, deployed.bucket, prefix + photo.name, photo)
            note(f"{prefix}{photo.name} ({len(photo.data) // 1024} KB): {photo.caption}")


def _compare(stack: Stack, deployed: Deployed, pair: Pair, run: Run, console: Console) -> None:
    source, target = f"reference/{pair.reference.name}", f"challenge/{pair.challenge.name}"
    event = {"source": source, "target": target}
    outcome = use.invoke(stack.client("lambda"), deployed.function, event)
    found = outcome_of(pair, source, target, outcome)
    if isinstance(found, Comparison):
        run.comparisons.append(found)
        score, said = f"{report.score(found.similarity):>6}", found.decision.replace("_", " ")
    else:
        run.failures.append(found)
        score, said = "     -", str(outcome.error_type)
    console.print(_line(pair, score, said, found.as_expected))
    if isinstance(found, Failure):
        console.print(Text(f"         {outcome.error_message}", style="dim"), soft_wrap=True)


def _line(pair: Pair, score: str, said: str, as_expected: bool | None) -> Text:
    remark = {True: ("as expected", "green"), False: (f"EXPECTED {pair.expected}", "bold red")}
    return Text.assemble(
        f"       {score}  ",
        (f"{said:<9}", "bold"),
        f"  {pair.reference.name}  {pair.challenge.name}  ",
        remark[as_expected] if as_expected is not None else "",
    )


def _follow(stack: Stack, deployed: Deployed, comparison: Comparison, console: Console) -> Trail:
    request_id = str(comparison.answer["request_id"])
    records = use.log_records(stack, deployed.log_group, request_id)
    console.print(f"       request {request_id} in {deployed.log_group}:")
    for record in records:
        text = json.dumps(record, ensure_ascii=False)
        console.print(Text(f"       {text}", style="dim"), soft_wrap=True)
    return Trail(request_id, deployed.log_group, tuple(records))


def _conclude(run: Run, console: Console, page: Path, facts: Path) -> int:
    problems = run.problems()
    console.print()
    for problem in problems:
        console.print(Text(problem, style="bold red"), soft_wrap=True)
    asserted = run.asserted()
    total = sum(run.seconds.values())
    if not problems:
        summary = (
            f"All {asserted} expectations met"
            if asserted
            else f"{len(run.comparisons)} compared, nothing asserted about your own photos"
        )
        console.print(f"[green]{summary}; nothing left behind.[/green] {total:.0f} s in all.")
    console.print(f"Look at {page} (the same as data: {facts}).", soft_wrap=True)
    return 1 if problems else 0


def _versions() -> dict[str, str]:
    """Versions of what takes part.

    Raises:
        StackError: Terraform is not to be had.
    """
    if shutil.which("terraform") is None:
        raise StackError("terraform is not on PATH. Start the demo as `make demo`.")
    asked = subprocess.run(
        ["terraform", "version", "-json"], capture_output=True, text=True, check=False
    )
    if asked.returncode:
        raise StackError(f"terraform does not run:\n{asked.stderr}")
    return {
        "terraform": json.loads(asked.stdout)["terraform_version"],
        "python": platform.python_version(),
    }
