"""The demo's steps."""

from __future__ import annotations

import contextlib
import json
import platform
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.text import Text

from local import inventory, use
from local.demo import report
from local.demo.console import Steps, telling
from local.demo.model import Comparison, Run
from local.pages.parts import score
from local.photos import Album, Expected, Pair
from local.stack import Stack, StackError, venv_python
from local.terraform import Workspace

EXAMPLE = "minimal"
_STEPS = 11


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
        ReportError: the folder cannot be written into, usually before anything is started.
    """
    report.check_writable(results)
    # Before the live display: what is installed now shows its own progress.
    venv_python("emulator")
    shows_failures = any(album.failures())
    steps = Steps(console, _STEPS if shows_failures else _STEPS - 1)
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
    workspace = Workspace.create(EXAMPLE, stack.folder / "terraform", stack.endpoint)
    with steps.step("init", f"terraform init in examples/{EXAMPLE}") as note:
        replace(workspace, progress=telling(note)).init()
    title = "terraform apply (the provider itself waits 56 s for S3's lifecycle rules)"
    with steps.step("apply", title) as note:
        replace(workspace, progress=telling(note)).apply()
        outputs = workspace.outputs()
    bucket, function = outputs["bucket_name"], outputs["function_name"]
    with steps.step("upload", f"Upload photos to s3://{bucket}"):
        use.upload_album(stack.client("s3"), bucket, album)
    with steps.step("compare", "Compare through the deployed function"):
        for pair in album.pairs():
            if pair.expected is not Expected.NO_FACE_IN_TARGET:
                _compare(stack, function, pair, run, steps.console)
    with steps.step("follow", "Follow one request through CloudWatch Logs"):
        if run.decided:
            run.audit = _follow(stack, outputs["log_group_name"], run.decided[0], steps.console)
    if failures := list(album.failures()):
        title = "Failures you will meet: a photo without a face, one below the quality filter"
        with steps.step("failures", title):
            for pair in failures:
                _compare(stack, function, pair, run, steps.console)
    with steps.step("empty", "Empty the bucket, all versions"):
        inventory.empty_bucket(stack.client("s3"), bucket)
    with steps.step("destroy", "terraform destroy") as note:
        replace(workspace, progress=telling(note)).destroy()


def _compare(stack: Stack, function: str, pair: Pair, run: Run, console: Console) -> None:
    event = {
        "source": pair.source,
        "target": pair.target,
        "quality_filter": pair.quality_filter,
        "explain": True,
    }
    outcome = use.invoke(stack.client("lambda"), function, event)
    comparison = Comparison(pair, outcome)
    run.comparisons.append(comparison)
    console.print(_line(comparison), soft_wrap=True)
    if outcome.answer is None:
        console.print(Text(f"         {outcome.error_message}", style="dim"), soft_wrap=True)


def _line(comparison: Comparison) -> Text:
    pair, answer = comparison.pair, comparison.outcome.answer
    shown = "-" if answer is None else score(answer["similarity"])
    remark = {
        True: Text("as expected", style="green"),
        False: Text(f"EXPECTED {pair.expected}", style="bold red"),
        None: Text(),
    }
    reasons = (comparison.explanation or {}).get("likely_reasons", [])
    return Text.assemble(
        f"       {shown:>6}  ",
        (f"{comparison.came.replace('_', ' '):<9}", "bold"),
        f"  {pair.reference.name}  {pair.challenge.name}  ",
        remark[comparison.as_expected],
        (f"  perhaps: {', '.join(reasons)}" if reasons else "", "dim"),
    )


def _follow(
    stack: Stack, log_group: str, comparison: Comparison, console: Console
) -> dict[str, object]:
    request_id = comparison.outcome.request_id
    records = use.log_records(stack, log_group, request_id)
    console.print(f"       request {request_id} in {log_group}:")
    for record in records:
        text = json.dumps(record, ensure_ascii=False)
        console.print(Text(f"       {text}", style="dim"), soft_wrap=True)
    return {"request_id": request_id, "log_group": log_group, "records": records}


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
            else f"{len(run.decided)} compared, nothing asserted about your own photos"
        )
        console.print(f"[green]{summary}; nothing left behind.[/green] {total:.0f} s in all.")
    console.print(f"Look at {page} (the same as data: {facts}).", soft_wrap=True)
    return 1 if problems else 0


def _versions() -> dict[str, str]:
    """Versions of what takes part.

    Raises:
        StackError: Terraform is missing, or does not run.
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
