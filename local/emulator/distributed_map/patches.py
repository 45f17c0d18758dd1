"""Distributed Maps and redrive: patches to the pinned MiniStack.

stepfunctions._call_lambda            Upstream asks for no right and takes results of any size.
stepfunctions._find_matching_retrier  Upstream ignores MaxDelaySeconds and JitterStrategy.
stepfunctions._run_distributed_map    Upstream ignores ItemBatcher and ResultWriter.
stepfunctions.handle_request          Upstream answers RedriveExecution with "Unknown action".
"""

from __future__ import annotations

import contextvars
import json
import random
import threading
from collections.abc import Mapping
from importlib import import_module

from local.emulator.distributed_map.batches import MOST_BYTES, retry_delay, size
from local.emulator.distributed_map.dataset import Json
from local.emulator.distributed_map.map_run import UNSUCCESSFUL
from local.emulator.distributed_map.role_calls import RoleCalls, TaskError
from local.emulator.distributed_map.runner import MapState, Runner
from local.emulator.settings import Settings
from local.emulator.upstream import Upstream

_role: contextvars.ContextVar[str] = contextvars.ContextVar("role", default="")
"""The role of the state machine whose Distributed Map runs in this context."""


def install(settings: Settings) -> None:
    """Apply the patches to the MiniStack imported in this process."""
    states: Upstream = import_module("ministack.services.stepfunctions")
    patches = _Patches(states, RoleCalls(settings.endpoint))
    states._call_lambda = patches.call_lambda
    states._find_matching_retrier = patches.find_matching_retrier
    states._run_distributed_map = patches.run_distributed_map
    states.handle_request = patches.handle_request


class _Patches:
    """What takes the places of upstream's functions; each has upstream's parameters."""

    def __init__(self, states: Upstream, calls: RoleCalls) -> None:
        self._states = states
        self._responses: Upstream = import_module("ministack.core.responses")
        self._calls = calls
        self._runner = Runner(states, calls)
        self._upstream_lambda = states._call_lambda
        self._upstream_retrier = states._find_matching_retrier
        self._upstream_request = states.handle_request

    def call_lambda(self, func_ref: str, event: Json) -> Json:
        role = _role.get()
        if not role:
            return self._upstream_lambda(func_ref, event)
        try:
            answer = self._calls.invoke(role, func_ref.split(":")[3], func_ref, event)
        except TaskError as error:
            raise self._states._ExecutionError(error.name, error.cause) from None
        if size(answer) > MOST_BYTES:
            raise self._states._ExecutionError(
                "States.DataLimitExceeded", f"The task returned more than {MOST_BYTES} bytes"
            )
        return answer

    def find_matching_retrier(
        self, retriers: list[Json], error: str, retry_counts: dict[int, int]
    ) -> tuple[Json, int]:
        retrier, place = self._upstream_retrier(retriers, error, retry_counts)
        if retrier is None:
            return retrier, place
        # Upstream calculates with these two; it makes 60 s of whatever is longer.
        delay = retry_delay(retrier, retry_counts.get(place, 0), random.random())  # noqa: S311
        return {**retrier, "IntervalSeconds": delay, "BackoffRate": 1.0}, place

    def run_distributed_map(  # noqa: PLR0917 - upstream passes them by position
        self,
        state_def: Json,
        raw_input: Json,
        effective: Json,
        iterator: Json,
        execution: dict[str, Json],
        ctx: Json,
    ) -> tuple[Json, str | None]:
        role = self._states._state_machines[execution["stateMachineArn"]]["roleArn"]
        _role.set(role)
        try:
            output = self._runner.run(
                MapState(state_def, effective, iterator, ctx), execution, role
            )
        except TaskError as error:
            raise self._states._ExecutionError(error.name, error.cause) from None
        output = self._states._apply_result_selector(state_def, output)
        output = self._states._apply_result_path(state_def, raw_input, output)
        output = self._states._apply_output_path(state_def, output, ctx)
        return output, self._states._next_or_end(state_def)

    async def handle_request(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, *rest: Upstream
    ) -> Upstream:
        if headers.get("x-amz-target", "").rpartition(".")[2] == "RedriveExecution":
            return self._redrive_execution(json.loads(body)["executionArn"])
        return await self._upstream_request(method, path, headers, body, *rest)

    def _redrive_execution(self, execution_arn: str) -> Upstream:
        execution = self._states._executions.get(execution_arn)
        if execution is None:
            return self._refusal("ExecutionDoesNotExist", "Execution does not exist")
        status = execution["status"]
        if status not in UNSUCCESSFUL or self._runner.is_busy(execution_arn):
            reason = f"Execution is {status} and cannot be redriven"
            return self._refusal("ExecutionNotRedrivable", reason)
        execution.update(status="RUNNING", stopDate=None, output=None, error=None, cause=None)
        self._runner.redrive(execution_arn)
        # It begins with the first state again, where AWS begins with the one that failed.
        threading.Thread(
            target=contextvars.copy_context().run,
            args=(self._states._run_execution, execution_arn),
            daemon=True,
        ).start()
        answer = self._responses.json_response({"redriveDate": self._states.now_iso()})
        return self._states._finalize_response(answer)

    def _refusal(self, code: str, message: str) -> Upstream:
        return self._responses.error_response_json(code, message, 400)
