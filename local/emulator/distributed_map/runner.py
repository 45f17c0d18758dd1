"""Attempts of Map Runs, with MiniStack's interpreter for what a child does."""

from __future__ import annotations

import contextvars
import copy
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from local.emulator.distributed_map import items, role_calls
from local.emulator.distributed_map.items import Json
from local.emulator.distributed_map.map_run import UNSUCCESSFUL, MapRun, Record
from local.emulator.distributed_map.role_calls import TaskError


@dataclass(frozen=True, slots=True)
class MapState:
    """A Distributed Map that is reached in an execution."""

    definition: Json
    input: Json
    processor: Json
    context: Json
    """The context object, as MiniStack keeps it."""
    execution: Record
    """The parent, as MiniStack keeps it."""
    role: str


class Runner:
    """Runs and redrives Map Runs."""

    def __init__(self, states: Any) -> None:
        """Take MiniStack's module."""
        self._states = states
        self._runs: dict[tuple[str, str], MapRun] = {}
        """By the parent's ARN and the state's name."""
        self._lock = threading.Lock()

    def run(self, state: MapState) -> Json:
        """Run a Distributed Map to its end, or what is left of it where it was redriven.

        Returns:
            What ResultWriter leaves of the output.

        Raises:
            TaskError: the Map Run failed.
        """
        place = (state.execution["executionArn"], state.context["State"]["Name"])
        if run := self._runs.get(place):
            self._redrive(run, state.role)
        else:
            run = self._runs[place] = self._new(state)
        with ThreadPoolExecutor(run.record["maxConcurrency"]) as pool:
            started = [
                # A context of its own for each, since two threads cannot enter one.
                pool.submit(contextvars.copy_context().run, self._run_child, run, child, state)
                for child in run.waiting()
            ]
        for each in started:
            each.result()
        stopped = state.execution["status"] != "RUNNING"
        status = "FAILED" if run.exceeded() else "ABORTED" if stopped else "SUCCEEDED"
        run.record.update(status=status, stopDate=self._states.now_iso())
        output = self._write_results(run, state)
        if run.exceeded():
            raise TaskError(
                "States.ExceedToleratedFailureThreshold",
                "The specified tolerated failure threshold was exceeded",
            )
        return output

    def _redrive(self, run: MapRun, role: str) -> None:
        for child in [each for each in run.children if each["status"] in UNSUCCESSFUL][:1]:
            role_calls.require(role, "states:RedriveExecution", child["executionArn"])
        run.redrive()
        run.record.update(status="RUNNING", stopDate=None, redriveDate=self._states.now_iso())

    def _new(self, state: MapState) -> MapRun:
        machine = state.execution["stateMachineArn"]
        _, _, _, region, account, _, name = machine.split(":")
        role_calls.require(state.role, "states:StartExecution", machine)
        definition = state.definition
        place = f"{name}/{definition['Label']}"

        def child(batch: Json) -> Record:
            identity = self._states.new_uuid()
            return {
                "executionArn": f"arn:aws:states:{region}:{account}:execution:{place}:{identity}",
                "stateMachineArn": f"{machine}/{definition['Label']}",
                "mapRunArn": arn,
                "name": identity,
                "input": json.dumps(batch),
                "status": "PENDING",
                "redriveCount": 0,
                "events": [],
                "mockAttempts": {},
                "testCase": "",
                **dict.fromkeys(("startDate", "stopDate", "output", "error", "cause")),
            }

        arn = f"arn:aws:states:{region}:{account}:mapRun:{place}:{self._states.new_uuid()}"
        record = {
            "mapRunArn": arn,
            "executionArn": state.execution["executionArn"],
            "status": "RUNNING",
            "startDate": self._states.now_iso(),
            "stopDate": None,
            "maxConcurrency": definition["MaxConcurrency"],
            "toleratedFailurePercentage": float(definition.get("ToleratedFailurePercentage") or 0),
            "toleratedFailureCount": 0,
            "redriveCount": 0,
            "_stateMachineArn": f"{machine}/{definition['Label']}",
        }
        run = MapRun(record, [child(batch) for batch in self._batches(state)])
        run.count()
        self._states._map_runs[arn] = record
        return run

    def _batches(self, state: MapState) -> list[Json]:
        reader, batcher = state.definition["ItemReader"], state.definition["ItemBatcher"]
        body = role_calls.read(state.role, self._resolved(reader["Parameters"], state))
        try:
            found = items.read(body, reader["ReaderConfig"])
        except ValueError as unreadable:
            raise TaskError("States.ItemReaderFailed", str(unreadable)) from None
        return items.batches(found, batcher, self._resolved(batcher["BatchInput"], state))

    def _resolved(self, template: Json, state: MapState) -> Json:
        """A template with its paths replaced by what they lead to."""
        return self._states._resolve_params_obj(template, state.input, state.context)

    def _run_child(self, run: MapRun, child: Record, state: MapState) -> None:
        def is_over() -> bool:
            return run.exceeded() or state.execution["status"] != "RUNNING"

        with self._lock:
            if is_over():
                return
            child["redriveCount"] += child["status"] == "PENDING_REDRIVE"
            started = child["startDate"] or self._states.now_iso()
            child.update(status="RUNNING", startDate=started, stopDate=None, error=None, cause=None)
            self._states._executions[child["executionArn"]] = child
            run.count()
        outcome = self._outcome(child, state)
        with self._lock:
            if is_over():
                outcome = {"status": "ABORTED"}
            child.update(outcome, stopDate=self._states.now_iso())
            run.count()

    def _outcome(self, child: Record, state: MapState) -> Record:
        context = copy.deepcopy(state.context)
        context["Execution"].update(Id=child["executionArn"], Name=child["name"])
        processor = state.processor
        try:
            output = self._states._run_sub_machine(
                processor["States"],
                processor["StartAt"],
                json.loads(child["input"]),
                child,
                context,
            )
        except self._states._ExecutionError as failure:
            return {"status": "FAILED", "error": failure.error, "cause": failure.cause}
        except Exception as failure:  # noqa: BLE001 - a defect here must not leave the run hanging
            return {"status": "FAILED", "error": "States.Runtime", "cause": repr(failure)}
        return {"status": "SUCCEEDED", "output": json.dumps(output)}

    def _write_results(self, run: MapRun, state: MapState) -> Json:
        target = self._resolved(state.definition["ResultWriter"]["Parameters"], state)
        bucket, arn = target["Bucket"], run.record["mapRunArn"]
        folder = f"{target['Prefix'].rstrip('/')}/{arn.rpartition(':')[2]}"
        run.result_files["FAILED"], run.result_files["PENDING"] = [], []
        for kind, text in run.result_lines().items():
            key = f"{folder}/{kind}_{run.record['redriveCount']}.jsonl"
            role_calls.write(state.role, bucket, key, text)
            run.result_files[kind].append({"Key": key, "Size": len(text.encode())})
        run.written = {
            each["executionArn"] for each in run.children if each["status"] == "SUCCEEDED"
        }
        key = f"{folder}/manifest.json"
        manifest = {"DestinationBucket": bucket, "MapRunArn": arn, "ResultFiles": run.result_files}
        role_calls.write(state.role, bucket, key, json.dumps(manifest))
        return {"MapRunArn": arn, "ResultWriterDetails": {"Bucket": bucket, "Key": key}}
