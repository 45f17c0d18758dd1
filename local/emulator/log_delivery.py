"""Delivery of a function's log records with the rights of its role, as Lambda does it."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, TypeAlias

from local.emulator.platform_records import LogEvent

LogsClient: TypeAlias = Any
"""A botocore client, made at run time from the service's model."""

_LOG = logging.getLogger("face_compare.log_delivery")


@dataclass(frozen=True, slots=True)
class Batch:
    """Events of one invocation on their way to one stream."""

    group: str
    stream: str
    region: str
    credentials: Mapping[str, str]
    """AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN of the role."""
    events: list[LogEvent]


class LogDelivery:
    """One background thread that puts batches in order; what is refused is dropped, as on AWS.

    Going through HTTP with the role's credentials is the point: a role without
    logs:CreateLogStream or logs:PutLogEvents leaves no log, and a log group is only ever created
    when the role may create it.
    """

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._batches: queue.Queue[Batch] = queue.Queue()
        self._clients: dict[tuple[str, str], LogsClient] = {}
        self._streams: set[tuple[str, str]] = set()
        threading.Thread(target=self._run, name="log-delivery", daemon=True).start()

    def put(self, batch: Batch) -> None:
        """Queue a batch; never blocks an invocation."""
        self._batches.put(batch)

    def _run(self) -> None:
        while True:
            batch = self._batches.get()
            try:
                self._deliver(batch)
            except Exception as refusal:  # noqa: BLE001
                # Lambda drops what it may not deliver and says so nowhere; here a line helps.
                _LOG.warning("log records of %s were not delivered: %s", batch.group, refusal)

    def _deliver(self, batch: Batch) -> None:
        logs = self._client(batch)
        place = (batch.group, batch.stream)
        if place not in self._streams:
            try:
                self._create_stream(logs, batch)
            except logs.exceptions.ResourceNotFoundException:
                # Lambda creates a missing group itself, if the role allows: the very thing that
                # brings a destroyed group back to life.
                logs.create_log_group(logGroupName=batch.group)
                self._create_stream(logs, batch)
            self._streams.add(place)
        try:
            logs.put_log_events(
                logGroupName=batch.group,
                logStreamName=batch.stream,
                logEvents=[
                    {"timestamp": event.timestamp_ms, "message": event.message}
                    for event in batch.events
                ],
            )
        except logs.exceptions.ResourceNotFoundException:
            self._streams.discard(place)
            raise

    @staticmethod
    def _create_stream(logs: LogsClient, batch: Batch) -> None:
        with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
            logs.create_log_stream(logGroupName=batch.group, logStreamName=batch.stream)

    def _client(self, batch: Batch) -> LogsClient:
        key = (batch.credentials["AWS_ACCESS_KEY_ID"], batch.region)
        if key not in self._clients:
            session = import_module("botocore.session").Session()
            self._clients[key] = session.create_client(
                "logs",
                region_name=batch.region,
                endpoint_url=self._endpoint,
                aws_access_key_id=batch.credentials["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=batch.credentials["AWS_SECRET_ACCESS_KEY"],
                aws_session_token=batch.credentials["AWS_SESSION_TOKEN"] or None,
            )
        return self._clients[key]
