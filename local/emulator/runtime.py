"""How Python functions run: patches to the pinned MiniStack.

These names are replaced, each for one thing that upstream lacks:

    lambda_runtime._worker_class_for       Python functions run under a home-made script in which
                                           every exception becomes Runtime.HandlerError and logging
                                           is not set up. They get the worker that speaks the Lambda
                                           Runtime API instead, so that AWS's own runtime client
                                           (awslambdaric) runs the handler.
    lambda_svc._execute_function_warm      Only "provided" runtimes go the Runtime API's way.
    lambda_svc._provided_runtime_code_dir  A Python zip has no bootstrap to start.
    lambda_svc._provided_worker_env        Functions inherit the emulator's environment and never
                                           learn their log format.
    lambda_svc._emit_lambda_logs           Writes straight into the emulator's memory, creating the
                                           group: no rights are asked, a destroyed group comes back.
"""

from __future__ import annotations

import contextvars
import shlex
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from local.emulator.log_delivery import Batch, LogDelivery
from local.emulator.platform_records import Invocation, log_events
from local.emulator.runtime_environment import function_environment, log_group
from local.emulator.settings import Settings
from local.emulator.upstream import Upstream

_log_stream: contextvars.ContextVar[str] = contextvars.ContextVar("log_stream")


def install(settings: Settings) -> None:
    """Make Python functions run under AWS's own runtime client."""
    lambda_runtime: Upstream = import_module("ministack.core.lambda_runtime")
    lambda_svc: Upstream = import_module("ministack.services.lambda_svc")
    upstream_worker_class = lambda_runtime._worker_class_for
    upstream_warm = lambda_svc._execute_function_warm
    upstream_code_dir = lambda_svc._provided_runtime_code_dir
    upstream_emit = lambda_svc._emit_lambda_logs
    worker_class = _python_worker(lambda_runtime, LogDelivery(settings.endpoint))

    def worker_class_for(config: dict[str, Any]) -> Upstream:
        return worker_class if _is_python(config) else upstream_worker_class(config)

    def execute_warm(func: dict[str, Any], event: Upstream, request_id: str) -> Upstream:
        if _is_python(func.get("config") or func):
            return lambda_svc._execute_function_provided_warm(func, event, request_id)
        return upstream_warm(func, event, request_id)

    def code_dir(code_zip: bytes) -> str:
        folder: str = upstream_code_dir(code_zip)
        # Under upstream's lock: no fork may hold the file open for writing while it is executed.
        with lambda_svc._provided_code_lock:
            write_bootstrap(Path(folder), settings.runtime_python)
        return folder

    def worker_env(config: dict[str, Any], code_dir: str, port: int) -> dict[str, str]:
        return function_environment(
            config,
            code_dir=code_dir,
            runtime_api=f"127.0.0.1:{port}",
            log_stream=_log_stream.get(),
            credentials=lambda_runtime.execution_credentials(config),
            endpoints=settings.function_endpoints,
            variables=lambda_svc._runtime_env_vars(config),
        )

    def emit_logs(func: dict[str, Any], *args: Upstream, **kwargs: Upstream) -> None:
        # The worker has delivered its records already, with the role's rights.
        if not _is_python(func.get("config") or func):
            upstream_emit(func, *args, **kwargs)

    lambda_runtime._worker_class_for = worker_class_for
    lambda_svc._execute_function_warm = execute_warm
    lambda_svc._provided_runtime_code_dir = code_dir
    lambda_svc._provided_worker_env = worker_env
    lambda_svc._emit_lambda_logs = emit_logs


def write_bootstrap(folder: Path, python: Path) -> None:
    """Put the program that starts AWS's runtime client beside the code, unless the zip has one."""
    bootstrap = folder / "bootstrap"
    if not bootstrap.exists():
        bootstrap.write_text(
            f'#!/bin/sh\nexec {shlex.quote(str(python))} -m awslambdaric "$_HANDLER"\n',
            encoding="utf-8",
        )
        bootstrap.chmod(0o755)


def _is_python(config: Mapping[str, Any]) -> bool:
    return str(config.get("Runtime", "")).startswith("python")


def _python_worker(lambda_runtime: Upstream, delivery: LogDelivery) -> Upstream:
    """Derive the worker of Python functions from upstream's worker of "provided" runtimes."""
    upstream: Any = lambda_runtime.ProvidedWorker

    class PythonWorker(upstream):  # type: ignore[misc]
        """One execution environment: one process, one log stream, one invocation at a time."""

        answered: float | None = None
        init_seconds: float | None = None
        log_stream = ""

        def _spawn(self, init_timeout: float | None = None) -> None:
            self.log_stream = _stream_name(self.config)
            self.init_seconds = None
            token = _log_stream.set(self.log_stream)
            started = time.monotonic()
            try:
                super()._spawn(init_timeout)
            finally:
                _log_stream.reset(token)
                self.init_seconds = time.monotonic() - started

        def _record_result(self, *result: Upstream) -> bool:
            # Upstream's invoke goes on for 50 ms, collecting what the process still writes.
            self.answered = time.time()
            return bool(super()._record_result(*result))

        def invoke(self, event: Upstream, request_id: str, **context: Upstream) -> dict[str, Any]:
            self.init_seconds = None
            self.answered = None
            began = time.time()
            result: dict[str, Any] = {}
            try:
                result = super().invoke(event, request_id, **context)
            except RuntimeError as error:
                # Upstream drops the type of an error that importing the handler ended in.
                if not isinstance(self._init_error, dict):
                    raise
                result = {
                    "status": "error",
                    "error": str(error),
                    "error_payload": self._init_error,
                    "log": self._drain_stderr(),
                }
            finally:
                payload = result.get("error_payload")
                error_type = None
                if result.get("status") != "ok":
                    found = payload.get("errorType") if isinstance(payload, dict) else None
                    error_type = str(found or "Runtime.Unknown")
                call = Invocation(
                    request_id=request_id,
                    started=began + (self.init_seconds or 0.0),
                    ended=self.answered or time.time(),
                    init_seconds=self.init_seconds,
                    peak_memory_mb=_peak_memory_mb(self._proc),
                    error_type=error_type,
                )
                lines = str(result.get("log") or "").splitlines()
                delivery.put(
                    Batch(
                        group=log_group(self.config),
                        stream=self.log_stream,
                        region=str(self.config["FunctionArn"]).split(":")[3],
                        credentials=lambda_runtime.execution_credentials(self.config),
                        events=log_events(self.config, lines, call),
                    )
                )
            return result

    return PythonWorker


def _stream_name(config: Mapping[str, Any]) -> str:
    today = datetime.now(UTC).strftime("%Y/%m/%d")
    return f"{today}/[{config.get('Version', '$LATEST')}]{uuid.uuid4().hex}"


def _peak_memory_mb(process: Upstream) -> int:
    """Peak resident memory of a live process in MB; 0 when it is gone or the system cannot say."""
    try:
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
        return int(status.split("VmHWM:")[1].split()[0]) // 1024
    except (AttributeError, OSError, IndexError, ValueError):
        return 0
