"""How functions run: patches to the pinned MiniStack.

MiniStack runs Python functions under a script of its own, in which every exception becomes
Runtime.HandlerError and logging is not configured. Here they go the way of its custom runtimes,
which speak the Lambda Runtime API, and AWS's own runtime client (awslambdaric) runs the handler.
"""

from __future__ import annotations

import os
import shlex
import time
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch

from local.emulator.function_log import FunctionLog, platform_records
from local.emulator.runtime_environment import function_environment


def install() -> None:
    """Apply the patches to the MiniStack that this process imports."""
    lambda_runtime = import_module("ministack.core.lambda_runtime")
    lambda_svc = import_module("ministack.services.lambda_svc")
    original_code_dir = lambda_svc._provided_runtime_code_dir
    runtime_python = os.environ["FACE_COMPARE_RUNTIME_PYTHON"]
    endpoints = {
        name: value for name, value in os.environ.items() if name.startswith("AWS_ENDPOINT_URL")
    }
    log = FunctionLog()

    def execute(func: dict[str, Any], event: Any, request_id: str) -> Any:
        config = func.get("config") or func
        started = time.time()
        result = lambda_svc._execute_function_provided_warm(func, event, request_id)
        error_type = result["body"].get("errorType") if result.get("error") else None
        first, last = platform_records(request_id, started, time.time(), error_type)
        lines = [first, *str(result.get("log") or "").splitlines(), last]
        log.put(config, lambda_runtime.execution_credentials(config), lines)
        return result

    def code_dir(code_zip: bytes) -> str:
        folder: str = original_code_dir(code_zip)
        # Under MiniStack's lock: a file that a fork holds open for writing cannot be executed.
        with lambda_svc._provided_code_lock:
            write_bootstrap(Path(folder), runtime_python)
        return folder

    def worker_env(config: dict[str, Any], code_dir: str, port: int) -> dict[str, str]:
        return {
            **function_environment(config, code_dir=code_dir, runtime_api=f"127.0.0.1:{port}"),
            **lambda_svc._runtime_env_vars(config),
            **endpoints,
            **lambda_runtime.execution_credentials(config),
        }

    for module, name, replacement in (
        (lambda_runtime, "_worker_class_for", lambda _config: lambda_runtime.ProvidedWorker),
        (lambda_svc, "_execute_function_warm", execute),
        (lambda_svc, "_provided_runtime_code_dir", code_dir),
        (lambda_svc, "_provided_worker_env", worker_env),
        # It writes into MiniStack's memory without asking for rights, and creates the group.
        (lambda_svc, "_emit_lambda_logs", lambda *_args, **_named: None),
    ):
        patch.object(module, name, replacement).start()


def write_bootstrap(folder: Path, python: str) -> None:
    """Put the program that starts AWS's runtime client beside the code."""
    bootstrap = folder / "bootstrap"
    if not bootstrap.exists():
        bootstrap.write_text(
            f'#!/bin/sh\nexec {shlex.quote(python)} -m awslambdaric "$_HANDLER"\n',
            encoding="utf-8",
        )
        bootstrap.chmod(0o755)
