"""One Lambda execution environment on this machine, without an emulator.

AWS's own runtime client (awslambdaric) runs the handler in a process of its own and fetches its
events from the Runtime API that is served here, as in Lambda. Answers, error types and log records
are therefore the real ones.
Source: the "Lambda runtime API" page of the AWS Lambda developer guide.
"""

from __future__ import annotations

import contextlib
import json
import queue
import re
import subprocess
import sys
import threading
import time
import uuid
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from local.emulator.runtime_environment import function_environment

_RESULT = re.compile(r"/runtime/invocation/([^/]+)/(response|error)$")
_START_SECONDS = 120.0
_FUNCTION_ARN = "arn:aws:lambda:eu-west-1:000000000000:function:face-compare"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of one invocation: the answer, or the runtime's error object, and its seconds."""

    request_id: str
    answer: Any
    error: dict[str, Any] | None
    seconds: float


class _RuntimeApiServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        # The handler's process is killed in the end, whatever it has not read yet.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class RuntimeEnvironment:
    """A started handler that serves one event after another; use it as a context manager."""

    def __init__(
        self,
        code: Path,
        handler: str,
        environment: dict[str, str],
        *,
        interpreter: str = sys.executable,
        timeout_seconds: float = 30.0,
    ) -> None:
        """Take the folder with the unpacked code, the handler's name and its variables."""
        self._code = code
        self._handler = handler
        self._environment = environment
        self._interpreter = interpreter
        self._timeout = timeout_seconds
        self._events: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self._results: queue.Queue[tuple[str, str, bytes]] = queue.Queue()
        self._ready = threading.Event()
        self._lines: list[str] = []

    def __enter__(self) -> Self:
        """Start the Runtime API and the handler's process, and wait until it asks for work."""
        self._server = _RuntimeApiServer(("127.0.0.1", 0), self._api())
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        started = time.perf_counter()
        self.process = subprocess.Popen(
            [self._interpreter, "-m", "awslambdaric", self._handler],
            cwd=self._code,
            env=self._process_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read_lines, daemon=True)
        self._reader.start()
        while not self._ready.wait(0.005):
            if self.process.poll() is not None or time.perf_counter() - started > _START_SECONDS:
                self.__exit__(None, None, None)
                raise RuntimeError("The handler did not start:\n" + "\n".join(self._lines))
        self.start_seconds = time.perf_counter() - started
        return self

    def __exit__(self, *_: object) -> None:
        """End the process and the Runtime API."""
        self.process.kill()
        self.process.wait()
        self._reader.join()
        self._server.shutdown()
        self._server.server_close()

    def invoke(self, event: object) -> Outcome:
        """Send one event, any JSON value, and wait for what comes of it.

        An environment that died over it, or was ended at its timeout, takes no other.
        """
        return self.invoke_raw(json.dumps(event).encode())

    def invoke_raw(self, event: bytes) -> Outcome:
        """Send the bytes of one event as they are."""
        request_id = str(uuid.uuid4())
        started = time.perf_counter()
        self._events.put((request_id, event))
        answered = self._wait_for_result()
        seconds = time.perf_counter() - started
        if isinstance(answered, str):
            return Outcome(request_id, None, {"errorType": answered}, seconds)
        answered_id, kind, body = answered
        if answered_id != request_id:
            raise RuntimeError(f"The handler answered {answered_id} instead of {request_id}.")
        content = json.loads(body)
        if kind == "error":
            return Outcome(request_id, None, content, seconds)
        return Outcome(request_id, content, None, seconds)

    def _wait_for_result(self) -> tuple[str, str, bytes] | str:
        """Return the result, or what Lambda calls it when there is none.

        Lambda ends an environment whose time is over, and so does this.
        """
        deadline = time.monotonic() + self._timeout
        while True:
            with contextlib.suppress(queue.Empty):
                return self._results.get(timeout=0.05)
            if self.process.poll() is not None:
                return "Runtime.ExitError"
            if time.monotonic() > deadline:
                self.process.kill()
                # Otherwise it would look alive for a moment, and be given the next event.
                self.process.wait()
                return "Sandbox.Timedout"

    def log_records(self) -> list[dict[str, Any]]:
        """Return the JSON log records that were written so far."""
        return [json.loads(line) for line in list(self._lines) if line.startswith("{")]

    def _process_environment(self) -> dict[str, str]:
        lambdas_own = function_environment(
            {
                "FunctionName": "face-compare",
                "FunctionArn": _FUNCTION_ARN,
                "Handler": self._handler,
                "MemorySize": 512,
                # The runtime writes answers in another encoding from 3.12 on.
                "Runtime": "python3.13",
                "LoggingConfig": {"LogFormat": "JSON", "ApplicationLogLevel": "INFO"},
            },
            code_dir=str(self._code),
            runtime_api=f"127.0.0.1:{self._server.server_address[1]}",
        )
        credentials = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        return {**lambdas_own, **credentials, **self._environment}

    def _read_lines(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                self._lines.append(line.rstrip("\n"))

    def _api(self) -> type[BaseHTTPRequestHandler]:
        environment = self

        class RuntimeApi(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: object) -> None:
                pass

            def do_GET(self) -> None:
                environment._ready.set()
                request_id, event = environment._events.get()
                deadline = int((time.time() + environment._timeout) * 1000)
                self.send_response(200)
                self.send_header("Lambda-Runtime-Aws-Request-Id", request_id)
                self.send_header("Lambda-Runtime-Deadline-Ms", str(deadline))
                self.send_header("Lambda-Runtime-Invoked-Function-Arn", _FUNCTION_ARN)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(event)))
                self.end_headers()
                self.wfile.write(event)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()
                if found := _RESULT.search(self.path):
                    environment._results.put((found.group(1), found.group(2), body))

        return RuntimeApi
