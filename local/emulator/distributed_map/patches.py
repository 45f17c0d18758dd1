"""Distributed Maps and redrive: patches to the pinned MiniStack."""

from __future__ import annotations

import contextvars
import json
import threading
from collections.abc import Mapping
from importlib import import_module
from typing import Any
from unittest.mock import patch

from local.emulator.distributed_map.items import MOST_BYTES, Json, size
from local.emulator.distributed_map.map_run import UNSUCCESSFUL
from local.emulator.distributed_map.role_calls import TaskError, invoke
from local.emulator.distributed_map.runner import MapState, Runner

_role: contextvars.ContextVar[str] = contextvars.ContextVar("role", default="")
"""The role of the state machine whose Distributed Map runs in this context."""


def install() -> None:
    """Apply the patches to the MiniStack that this process imports."""
    states = import_module("ministack.services.stepfunctions")
    patches = _Patches(states)
    patch.object(states, "_call_lambda", patches.call_lambda).start()
    patch.object(states, "_run_distributed_map", patches.run_distributed_map).start()
    patch.object(states, "handle_request", patches.handle_request).start()


class _Patches:
    """What takes the places of MiniStack's functions; each has the original's parameters."""

    def __init__(self, states: Any) -> None:
        self._states = states
        self._responses = import_module("ministack.core.responses")
        self._runner = Runner(states)
        self._original_lambda = states._call_lambda
        self._original_request = states.handle_request

    # MiniStack asks for no right here, and takes results of any size.
    def call_lambda(self, func_ref: str, event: Json) -> Json:
        role = _role.get()
        if not role:
            return self._original_lambda(func_ref, event)
        try:
            answer = invoke(role, func_ref, event)
        except TaskError as error:
            raise self._states._ExecutionError(error.name, error.cause) from None
        if size(answer) > MOST_BYTES:
            raise self._states._ExecutionError(
                "States.DataLimitExceeded", f"The task returned more than {MOST_BYTES} bytes"
            )
        return answer

    # MiniStack ignores ItemBatcher and ResultWriter.
    def run_distributed_map(  # noqa: PLR0917 - MiniStack passes them by position
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
                MapState(state_def, effective, iterator, ctx, execution, role)
            )
        except TaskError as error:
            raise self._states._ExecutionError(error.name, error.cause) from None
        output = self._states._apply_result_selector(state_def, output)
        output = self._states._apply_result_path(state_def, raw_input, output)
        output = self._states._apply_output_path(state_def, output, ctx)
        return output, self._states._next_or_end(state_def)

    # MiniStack has no RedriveExecution.
    async def handle_request(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, *rest: Any
    ) -> Any:
        if headers.get("x-amz-target", "").rpartition(".")[2] == "RedriveExecution":
            return self._redrive_execution(json.loads(body)["executionArn"])
        return await self._original_request(method, path, headers, body, *rest)

    def _redrive_execution(self, execution_arn: str) -> Any:
        execution = self._states._executions[execution_arn]
        if execution["status"] not in UNSUCCESSFUL:
            reason = f"Execution is {execution['status']} and cannot be redriven"
            return self._responses.error_response_json("ExecutionNotRedrivable", reason, 400)
        execution.update(status="RUNNING", stopDate=None, output=None, error=None, cause=None)
        # It begins with the first state again, where AWS begins with the one that failed.
        threading.Thread(
            target=contextvars.copy_context().run,
            args=(self._states._run_execution, execution_arn),
            daemon=True,
        ).start()
        answer = self._responses.json_response({"redriveDate": self._states.now_iso()})
        return self._states._finalize_response(answer)
