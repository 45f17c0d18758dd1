"""A function's records in CloudWatch Logs, delivered with the rights of its role as on AWS."""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from local.emulator.clients import client

_LOG = logging.getLogger("face_compare.function_log")


def platform_records(
    request_id: str, started: float, ended: float, error_type: str | None
) -> tuple[str, str]:
    """Return the first and the last record of an invocation, which the Lambda service writes.

    Args:
        request_id: of the invocation.
        started: seconds since the epoch.
        ended: seconds since the epoch.
        error_type: None when the handler answered.
    """
    report: dict[str, Any] = {"requestId": request_id, "status": _status(error_type)}
    if report["status"] != "success":
        report["errorType"] = error_type
    return (
        _record(started, "platform.start", {"requestId": request_id}),
        _record(ended, "platform.report", report),
    )


def _status(error_type: str | None) -> str:
    # An exception that the handler raised is an answer, not a failure of the runtime. Source:
    # internal/lambda/rapid/handlers.go of aws/aws-lambda-runtime-interface-emulator, and the answer
    # of AWS to issue 85 of aws-samples/aws-lambda-extensions.
    if error_type is None or not error_type.startswith(("Runtime.", "Sandbox.")):
        return "success"
    if error_type == "Sandbox.Timedout":
        return "timeout"
    return "failure" if error_type.startswith("Sandbox.") else "error"


def _record(at: float, kind: str, record: Mapping[str, Any]) -> str:
    stamp = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    return json.dumps({"time": stamp.replace("+00:00", "Z"), "type": kind, "record": record})


class FunctionLog:
    """Delivers in the background and in order; what is refused is dropped, as on AWS.

    It goes through HTTP with the role's credentials: a role without logs:CreateLogStream or
    logs:PutLogEvents leaves no log, and only a role that may create a log group brings it back.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1)
        self._clients: dict[str, Any] = {}
        self._streams: dict[tuple[str, str], str] = {}

    def put(
        self, config: Mapping[str, Any], credentials: Mapping[str, str], lines: Sequence[str]
    ) -> None:
        """Deliver what one invocation wrote; never blocks it."""
        self._pool.submit(self._deliver, config, credentials, lines)

    def _deliver(
        self, config: Mapping[str, Any], credentials: Mapping[str, str], lines: Sequence[str]
    ) -> None:
        group = config["LoggingConfig"]["LogGroup"]
        try:
            logs = self._client(credentials)
            now = int(time.time() * 1000)
            logs.put_log_events(
                logGroupName=group,
                logStreamName=self._stream(logs, group, str(config.get("Version", "$LATEST"))),
                logEvents=[{"timestamp": now, "message": line} for line in lines if line],
            )
        except Exception as refusal:  # noqa: BLE001
            _LOG.warning("log records of %s were not delivered: %s", group, refusal)
            # The group may be a new one by now.
            self._streams.clear()

    def _stream(self, logs: Any, group: str, version: str) -> str:
        """Return the stream of a function's version, which is created before its first record."""
        if (group, version) not in self._streams:
            name = f"{datetime.now(UTC):%Y/%m/%d}/[{version}]{uuid.uuid4().hex}"
            try:
                logs.create_log_stream(logGroupName=group, logStreamName=name)
            except logs.exceptions.ResourceNotFoundException:
                # Lambda creates a missing group itself, if the role allows it.
                logs.create_log_group(logGroupName=group)
                logs.create_log_stream(logGroupName=group, logStreamName=name)
            self._streams[group, version] = name
        return self._streams[group, version]

    def _client(self, credentials: Mapping[str, str]) -> Any:
        key = credentials["AWS_ACCESS_KEY_ID"]
        if key not in self._clients:
            self._clients[key] = client("logs", credentials)
        return self._clients[key]
