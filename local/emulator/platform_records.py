"""The records that the Lambda service itself adds to a function's log."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local.emulator.runtime_environment import log_format


@dataclass(frozen=True, slots=True)
class Invocation:
    """What the service knows about one finished invocation."""

    request_id: str
    started: float
    """Seconds since the epoch."""
    ended: float
    """Seconds since the epoch; not before started."""
    init_seconds: float | None
    """Length of the init phase; None on a warm environment."""
    peak_memory_mb: int
    error_type: str | None
    """None when the handler answered; else the name of what it raised, or of what ended it."""


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One event of CloudWatch Logs."""

    timestamp_ms: int
    message: str


def log_events(config: Mapping[str, Any], lines: list[str], call: Invocation) -> list[LogEvent]:
    """Everything one invocation leaves in its log stream, in order.

    Args:
        config: the function's configuration; LoggingConfig decides form and system log level.
        lines: what the process wrote, one event a line.
        call: the invocation.
    """
    before, after = (_json if log_format(config) == "JSON" else _text)(config, call)
    started_ms, ended_ms = int(call.started * 1000), int(call.ended * 1000)
    return [
        *(LogEvent(started_ms, message) for message in before),
        *(LogEvent(ended_ms, line) for line in lines if line),
        *(LogEvent(ended_ms, message) for message in after),
    ]


def _text(config: Mapping[str, Any], call: Invocation) -> tuple[list[str], list[str]]:
    duration, billed, init = _durations(call)
    report = (
        f"REPORT RequestId: {call.request_id}\tDuration: {duration:.2f} ms\t"
        f"Billed Duration: {billed} ms\tMemory Size: {config.get('MemorySize', 128)} MB\t"
        f"Max Memory Used: {call.peak_memory_mb} MB"
    )
    if init is not None:
        report += f"\tInit Duration: {init:.2f} ms"
    return (
        [f"START RequestId: {call.request_id} Version: {config.get('Version', '$LATEST')}"],
        [f"END RequestId: {call.request_id}", report],
    )


def _json(config: Mapping[str, Any], call: Invocation) -> tuple[list[str], list[str]]:
    level = str((config.get("LoggingConfig") or {}).get("SystemLogLevel", "INFO")).upper()
    status = _status(call.error_type)
    # At WARN the service keeps only what went wrong, at INFO (its default) start and report too.
    quiet = level == "WARN"
    before = []
    duration, billed, init = _durations(call)
    if not quiet:
        if init is not None:
            before.append(
                _record(
                    call.started,
                    "platform.initStart",
                    {
                        "initializationType": "on-demand",
                        "phase": "init",
                        "functionName": config["FunctionName"],
                        "functionVersion": config.get("Version", "$LATEST"),
                    },
                )
            )
        before.append(
            _record(
                call.started,
                "platform.start",
                {"requestId": call.request_id, "version": config.get("Version", "$LATEST")},
            )
        )
    metrics: dict[str, Any] = {
        "durationMs": round(duration, 3),
        "billedDurationMs": billed,
        "memorySizeMB": config.get("MemorySize", 128),
        "maxMemoryUsedMB": call.peak_memory_mb,
    }
    if init is not None:
        metrics["initDurationMs"] = round(init, 3)
    report: dict[str, Any] = {
        "requestId": call.request_id,
        "metrics": metrics,
        "status": status,
    }
    if status != "success":
        report["errorType"] = call.error_type
    after = []
    if not quiet or status != "success":
        after.append(_record(call.ended, "platform.report", report))
    return before, after


def _status(error_type: str | None) -> str:
    """What the service calls the end of an invocation.

    An exception that the handler raised is an answer, and no failure of the runtime. Source:
    internal/lambda/rapid/handlers.go of aws/aws-lambda-runtime-interface-emulator, and the answer
    of AWS to issue 85 of aws-samples/aws-lambda-extensions.
    """
    if error_type is None or not error_type.startswith(("Runtime.", "Sandbox.")):
        return "success"
    if error_type == "Sandbox.Timedout":
        return "timeout"
    return "failure" if error_type.startswith("Sandbox.") else "error"


def _record(at: float, kind: str, record: Mapping[str, Any]) -> str:
    time = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    stamp = time.replace("+00:00", "Z")
    return json.dumps({"time": stamp, "type": kind, "record": record}, separators=(",", ":"))


def _durations(call: Invocation) -> tuple[float, int, float | None]:
    """Duration, billed duration and init duration in milliseconds; init time is billed too."""
    init = None if call.init_seconds is None else call.init_seconds * 1000
    duration = max(0.0, (call.ended - call.started) * 1000)
    return duration, int(duration + (init or 0)) + 1, init
