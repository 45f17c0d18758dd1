"""Attempts of Map Runs, with MiniStack's interpreter for what a child does."""

from __future__ import annotations

import contextvars
import copy
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from local.emulator.distributed_map import dataset, results
from local.emulator.distributed_map.batches import batches
from local.emulator.distributed_map.dataset import Json
from local.emulator.distributed_map.map_run import UNSUCCESSFUL, Child, MapRun
from local.emulator.distributed_map.role_calls import RoleCalls, TaskError

_MOST_AT_ONCE = 64
"""Where the definition sets no limit."""


@dataclass(frozen=True, slots=True)
class MapState:
    """A Distributed Map that is reached in an execution."""

    definition: Json
    input: Json
    processor: Json
    context: Json
    """The context object, as MiniStack keeps it."""

    @property
    def name(self) -> str:
        """Its key in the definition."""
        return str(self.context["State"]["Name"])


@dataclass(slots=True)
class _Attempt:
    """One attempt of a Map Run, with what its children's threads share."""

    run: MapRun
    role: str
    execution: dict[str, Json]
    """The parent, as MiniStack keeps it."""
    record: dict[str, Json]
    """The Map Run as MiniStack's DescribeMapRun and ListMapRuns read it."""
    lock: threading.Lock = field(default_factory=threading.Lock)
    failed: bool = False
    """Whether more has failed than is tolerated."""

    @property
    def is_over(self) -> bool:
        """Whether no further child may start."""
        return self.failed or self.execution["status"] != "RUNNING"

    @property
    def machine_arn(self) -> str:
        """ARN that the children name as their state machine."""
        return str(self.record["_stateMachineArn"])

    @property
    def region(self) -> str:
        return self.run.arn.split(":")[3]

    def count(self) -> None:
        """Bring the record's counts up to date."""
        self.record["executionCounts"] = self.run.execution_counts()
        self.record["itemCounts"] = self.run.item_counts()


class Runner:
    """Runs and redrives Map Runs."""

    def __init__(self, states: Any, calls: RoleCalls) -> None:
        """Take MiniStack's module, and what makes the calls."""
        self._states = states
        self._calls = calls
        self._attempts: dict[tuple[str, str], _Attempt] = {}
        """The last attempt of each Map Run, by the parent's ARN and the state's name."""
        self._busy: set[str] = set()
        self._redriven: set[str] = set()

    def is_busy(self, execution_arn: str) -> bool:
        """Whether an attempt still waits for its last child."""
        return execution_arn in self._busy

    def redrive(self, execution_arn: str) -> None:
        """Let the next attempt of this execution continue its Map Run."""
        self._redriven.add(execution_arn)

    def run(self, state: MapState, execution: dict[str, Json], role: str) -> Json:
        """Run a Distributed Map to its end.

        Returns:
            What ResultWriter leaves of the output, or the children's outputs without one.

        Raises:
            TaskError: the Map Run failed.
        """
        arn = execution["executionArn"]
        attempt = None
        if arn in self._redriven:
            self._redriven.discard(arn)
            attempt = self._redriven_attempt(arn, state)
        if attempt is None:
            attempt = self._first_attempt(state, execution, role)
        self._attempts[arn, state.name] = attempt
        self._busy.add(arn)
        try:
            return self._complete(attempt, state)
        finally:
            self._busy.discard(arn)

    def _redriven_attempt(self, execution_arn: str, state: MapState) -> _Attempt | None:
        """The Map Run that failed, ready for another attempt; None where none was started."""
        last = self._attempts.get((execution_arn, state.name))
        if last is None:
            return None
        unsuccessful = [each for each in last.run.children if each.status in UNSUCCESSFUL]
        for child in unsuccessful[:1]:
            self._calls.require(last.role, last.region, "states:RedriveExecution", child.arn)
        last.run.redrive()
        last.record.update(
            status="RUNNING",
            stopDate=None,
            redriveCount=last.run.redrives,
            redriveDate=self._states.now_iso(),
        )
        return _Attempt(last.run, last.role, last.execution, last.record)

    def _first_attempt(self, state: MapState, execution: dict[str, Json], role: str) -> _Attempt:
        parent_machine = execution["stateMachineArn"]
        _, _, _, region, account, _, name = parent_machine.split(":")
        self._calls.require(role, region, "states:StartExecution", parent_machine)
        inputs = self._inputs(state, region, role)
        definition = state.definition
        label = definition.get("Label") or self._states.new_uuid()

        def arn(kind: str) -> str:
            identity = self._states.new_uuid()
            return f"arn:aws:states:{region}:{account}:{kind}:{name}/{label}:{identity}"

        percentage = float(definition.get("ToleratedFailurePercentage") or 0)
        children = [Child(arn("execution"), json.dumps(each), items) for each, items in inputs]
        run = MapRun(arn("mapRun"), children, percentage)
        record = {
            "mapRunArn": run.arn,
            "executionArn": execution["executionArn"],
            "status": "RUNNING",
            "startDate": self._states.now_iso(),
            "stopDate": None,
            "maxConcurrency": int(definition.get("MaxConcurrency") or 0),
            "toleratedFailurePercentage": percentage,
            "toleratedFailureCount": 0,
            "redriveCount": 0,
            "_stateMachineArn": f"{parent_machine}/{label}",
        }
        attempt = _Attempt(run, role, execution, record)
        attempt.count()
        self._states._map_runs[run.arn] = record
        return attempt

    def _inputs(self, state: MapState, region: str, role: str) -> list[tuple[Json, int]]:
        """What each child is given, and how many items are in it."""
        definition = state.definition
        if reader := definition.get("ItemReader"):
            body = self._calls.read(role, region, self._resolved(reader["Parameters"], state))
            try:
                items = dataset.read(body, reader["ReaderConfig"])
            except ValueError as unreadable:
                raise TaskError("States.ItemReaderFailed", str(unreadable)) from None
        else:
            path = definition.get("ItemsPath", "$")
            items = self._states._resolve_path_or_ctx(path, state.input, state.context)
        batcher = definition.get("ItemBatcher")
        if batcher is None:
            return [(item, 1) for item in items]
        shared = self._resolved(batcher["BatchInput"], state) if "BatchInput" in batcher else None
        return [(batch, len(batch["Items"])) for batch in batches(items, batcher, shared)]

    def _resolved(self, template: Json, state: MapState) -> Json:
        """A template with its paths replaced by what they lead to."""
        return self._states._resolve_params_obj(template, state.input, state.context)

    def _complete(self, attempt: _Attempt, state: MapState) -> Json:
        with ThreadPoolExecutor(attempt.record["maxConcurrency"] or _MOST_AT_ONCE) as pool:
            started = [
                # A context of its own for each, since two threads cannot enter one.
                pool.submit(contextvars.copy_context().run, self._run_child, attempt, child, state)
                for child in attempt.run.waiting()
            ]
        for each in started:
            each.result()
        stopped = attempt.execution["status"] != "RUNNING"
        status = "FAILED" if attempt.failed else "ABORTED" if stopped else "SUCCEEDED"
        attempt.run.end()
        attempt.count()
        attempt.record.update(status=status, stopDate=self._states.now_iso())
        output = self._output(attempt, state)
        if attempt.failed:
            raise TaskError(
                "States.ExceedToleratedFailureThreshold",
                "The specified tolerated failure threshold was exceeded",
            )
        return output

    def _run_child(self, attempt: _Attempt, child: Child, state: MapState) -> None:
        with attempt.lock:
            if attempt.is_over:
                return
            child.redrives += child.status == "PENDING_REDRIVE"
            child.status = "RUNNING"
            child.start_date = child.start_date or self._states.now_iso()
            child.stop_date = child.error = child.cause = None
            record = self._record(attempt, child)
            attempt.count()
        context = copy.deepcopy(state.context)
        context["Execution"].update(Id=child.arn, Name=child.name)
        status, output, error, cause = "SUCCEEDED", None, None, None
        try:
            output = json.dumps(
                self._states._run_sub_machine(
                    state.processor["States"],
                    state.processor["StartAt"],
                    json.loads(child.input),
                    record,
                    context,
                )
            )
        except self._states._ExecutionError as failure:
            status, error, cause = "FAILED", failure.error, failure.cause
        except Exception as failure:  # noqa: BLE001 - a defect here must not leave the run hanging
            status, error, cause = "FAILED", "States.Runtime", repr(failure)
        with attempt.lock:
            if attempt.is_over:
                status, output, error, cause = "ABORTED", None, None, None
            child.status, child.output, child.error, child.cause = status, output, error, cause
            child.stop_date = self._states.now_iso()
            self._record(attempt, child)
            attempt.failed = attempt.failed or attempt.run.exceeded()
            attempt.count()

    def _record(self, attempt: _Attempt, child: Child) -> dict[str, Json]:
        """The child as MiniStack's DescribeExecution and ListExecutions read it."""
        kept: dict[str, Json] = self._states._executions.get(child.arn) or {
            "executionArn": child.arn,
            "stateMachineArn": attempt.machine_arn,
            "mapRunArn": attempt.run.arn,
            "name": child.name,
            "input": child.input,
            "events": [],
            "mockAttempts": {},
            "testCase": "",
        }
        kept.update(
            status=child.status,
            startDate=child.start_date,
            stopDate=child.stop_date,
            output=child.output,
            error=child.error,
            cause=child.cause,
        )
        self._states._executions[child.arn] = kept
        return kept

    def _output(self, attempt: _Attempt, state: MapState) -> Json:
        run = attempt.run
        writer = state.definition.get("ResultWriter")
        if writer is None:
            return [json.loads(child.output) for child in run.children if child.output is not None]
        config = writer.get("WriterConfig", {})
        target = self._resolved(writer["Parameters"], state)
        bucket, folder = target["Bucket"], results.folder(target["Prefix"], run)

        def write(key: str, body: bytes) -> None:
            self._calls.write(attempt.role, attempt.region, bucket, key, body)

        run.result_files["FAILED"], run.result_files["PENDING"] = [], []
        for file in results.result_files(run, attempt.machine_arn, config):
            key = file.key(folder, run.redrives, config)
            write(key, file.body)
            run.result_files[file.kind].append({"Key": key, "Size": len(file.body)})
        for child in run.children:
            child.is_written = child.status == "SUCCEEDED"
        key = f"{folder}/manifest.json"
        write(key, results.manifest(bucket, run))
        return {"MapRunArn": run.arn, "ResultWriterDetails": {"Bucket": bucket, "Key": key}}
