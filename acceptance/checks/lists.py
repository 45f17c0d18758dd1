"""Lists of pairs. On examples/batch, whose quota is set low so that batches are small."""

from __future__ import annotations

from typing import Any

from acceptance.checks.crashes import ALLOCATE, SLEEP, zipped
from acceptance.inputs import INPUTS
from acceptance.model import Scene, Verdict, check
from local import use
from local.runs import Run, Runs


def runs_of(scene: Scene) -> Runs:
    """What can be done with the example's state machine."""
    return Runs(scene.account, scene.outputs, seconds=300.0 * scene.patience)


def _said(run: Run, *more: object) -> str:
    told = " ".join(filter(None, (run.status, run.error, run.cause)))
    return ", ".join(map(str, (told, *more)))


@check(
    "list-of-pairs",
    "Step Functions reads both forms of a list, and writes a line for each pair.",
    "SUCCEEDED; match, no_match and, for the missing image, an error; for CSV and JSON Lines",
    on="batch",
)
def list_of_pairs(scene: Scene) -> Verdict:
    """Run over three pairs, in each form."""
    seen = {}
    for form in (use.csv, use.json_lines):
        runs = runs_of(scene)
        run = runs.over(form(use.EILEEN, [use.DARK, "challenge/grace-grey.png", use.MISSING]))
        lines = runs.results(run).succeeded if run.status == "SUCCEEDED" else []
        told = [each.get("decision") or each["error"]["type"] for each in lines]
        seen[form.__name__] = _said(run, told)
        if sorted(told) != ["ImageNotFoundError", "match", "no_match"]:
            return False, seen
    return True, seen


@check(
    "failed-list-redriven",
    "A run over the tolerance fails, and a redrive compares only what failed.",
    "FAILED (States.ExceedToleratedFailureThreshold), then SUCCEEDED with one redrive and a match",
    on="batch",
    row=11,
)
def failed_list_redriven(scene: Scene) -> Verdict:
    """Run over an image that is missing, put it, and redrive."""
    runs, late = runs_of(scene), "challenge/late.jpg"
    first = runs.over(use.csv(use.EILEEN, [late]))
    use.upload(runs.s3, scene.bucket, late, scene.album.challenges[0])
    if first.error != "States.ExceedToleratedFailureThreshold":
        return False, _said(first)
    second = runs.redriven(first)
    counts = runs.map_run(second)
    lines = runs.results(second).succeeded if second.status == "SUCCEEDED" else []
    decisions = [each.get("decision") for each in lines]
    good = second.status == "SUCCEEDED" and counts.get("redriveCount") == 1
    seen = f"{_said(first)}; {_said(second, decisions)}; redrives {counts.get('redriveCount')}"
    return good and decisions == ["match"], seen


@check(
    "failed-batch-within-tolerance",
    "A run in which one batch of twenty-five fails succeeds, and its parent counts no failure.",
    "SUCCEEDED, with one failed batch in its Map Run",
    on="batch",
    row=11,
    not_local="it takes two and a half minutes, and the emulator only does what tests told it",
)
def failed_batch_within_tolerance(scene: Scene) -> Verdict:
    """Run over 25 batches, of which one has only missing images."""
    calls = int(scene.outputs["rate"]["calls_per_batch"])
    runs, size = runs_of(scene), calls // INPUTS["batch"]["batch"]["sources_per_pair"]
    batch = [use.DARK, *[use.MISSING] * (size - 1)]
    run = runs.over(use.csv(use.EILEEN, [*[use.MISSING] * size, *batch * 24]))
    failed = runs.map_run(run)["executionCounts"]["failed"]
    return run.status == "SUCCEEDED" and failed == 1, _said(run, f"{failed} failed batches")


@check(
    "list-from-a-spreadsheet",
    "A list with a byte-order mark, CRLF, and empty lines and columns is read as without them.",
    "SUCCEEDED, and each pair decided",
    on="batch",
    row=12,
)
def list_from_a_spreadsheet(scene: Scene) -> Verdict:
    """Run over a list as spreadsheets save it."""
    text = use.csv(use.EILEEN, [use.DARK, "challenge/grace-grey.png"])
    runs, key = runs_of(scene), "manifests/spreadsheet.csv"
    body = b"\xef\xbb\xbf" + text.replace("\n", ",,\r\n").encode() + b",,,\r\n\r\n\r\n"
    runs.s3.put_object(Bucket=scene.bucket, Key=key, Body=body)
    run = runs.over_key(key)
    lines = runs.results(run).succeeded if run.status == "SUCCEEDED" else []
    told = sorted(str(each.get("decision")) for each in lines)
    return told == ["match", "no_match"], _said(run, told)


@check(
    "list-that-is-missing",
    "A run over a list that does not exist says so.",
    "FAILED, with a cause that names the list",
    on="batch",
    row=12,
)
def list_that_is_missing(scene: Scene) -> Verdict:
    """Run over nothing."""
    run = runs_of(scene).over_key("manifests/none.csv")
    return run.status == "FAILED" and "manifests/none.csv" in run.cause, _said(run)


@check(
    "list-of-another-kind",
    "A file of another kind is refused with what is expected.",
    "FAILED (InvalidManifestError)",
    on="batch",
)
def list_of_another_kind(scene: Scene) -> Verdict:
    """Run over a workbook."""
    run = runs_of(scene).over_key("manifests/pairs.xlsx")
    return run.error == "InvalidManifestError", _said(run)


def _error_of_a_batch(scene: Scene, code: str, **settings: Any) -> str:
    """The name under which Step Functions reports how the function crashes."""
    client, runs = scene.client("lambda"), runs_of(scene)
    client.update_function_code(FunctionName=scene.function, ZipFile=zipped(code))
    settled(scene)
    client.update_function_configuration(FunctionName=scene.function, **settings)
    settled(scene)
    run = runs.start(use.csv(use.EILEEN, [use.DARK]))

    def error() -> str:
        listed = runs.states.list_map_runs(executionArn=run)["mapRuns"]
        batches = [
            each["executionArn"]
            for one in listed
            for each in runs.states.list_executions(mapRunArn=one["mapRunArn"])["executions"]
        ]
        # The function also looks at the list before there are batches.
        for arn in (run, *batches):
            for event in runs.states.get_execution_history(executionArn=arn)["events"]:
                if event["type"] == "TaskFailed":
                    return str(event["taskFailedEventDetails"]["error"])
        return ""

    try:
        return scene.wait(error, 180, "a batch that fails")
    finally:
        runs.states.stop_execution(executionArn=run)


def settled(scene: Scene) -> None:
    """Wait until an update of the example's function is in force."""

    def updated() -> bool:
        found = scene.client("lambda").get_function_configuration(FunctionName=scene.function)
        return bool(found.get("LastUpdateStatus", "Successful") == "Successful")

    scene.wait(updated, 60, "the end of an update")


@check(
    "batch-that-times-out",
    "Step Functions names a function's timeout as the state machine's retries do.",
    "Sandbox.Timedout",
    on="batch",
    row=13,
)
def batch_that_times_out(scene: Scene) -> Verdict:
    """Run with a function that sleeps beyond its timeout. It stays like this."""
    error = _error_of_a_batch(scene, SLEEP, Timeout=3)
    return error == "Sandbox.Timedout", error


@check(
    "batch-without-memory",
    "Step Functions names a function without memory as the state machine's retries do.",
    "Runtime.ExitError or Runtime.OutOfMemory",
    on="batch",
    row=13,
    not_local="the local stack does not limit a function's memory",
)
def batch_without_memory(scene: Scene) -> Verdict:
    """Run with a function that takes all its memory. It stays like this."""
    error = _error_of_a_batch(scene, ALLOCATE, Timeout=30, MemorySize=128)
    return error in {"Runtime.ExitError", "Runtime.OutOfMemory"}, error
