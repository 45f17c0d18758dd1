"""The HTTP side: calls of the service in AWS JSON 1.1, and the control path."""

from __future__ import annotations

import functools
import json
import sys
import traceback
import uuid
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from local.rekognition.control import Control
from local.rekognition.errors import Code, ServiceError
from local.rekognition.service import Service

LOOPBACK = "127.0.0.1"
CONTROL = "/_control"
"""Path of control: GET reads the counters, POST takes the arguments of ``Control.apply``."""


def make_server(port: int, service: Service, control: Control) -> ThreadingHTTPServer:
    """Return a server with a thread for each client; port 0 stands for any free one."""
    return _Server((LOOPBACK, port), functools.partial(_Handler, service, control))


class _Server(ThreadingHTTPServer):
    # Connections that wait to be accepted; with the usual 5 a burst of clients would be put off.
    request_queue_size = 512


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body go out apart; a delayed acknowledgment would cost 40 ms a call.
    disable_nagle_algorithm = True

    def __init__(self, service: Service, control: Control, *connection: Any) -> None:
        self._service = service
        self._control = control
        super().__init__(*connection)

    def do_GET(self) -> None:
        """Answer "are you up?" and "what happened?" alike."""
        self._send(200, self._control.report())

    def do_POST(self) -> None:
        """Answer a call of the service, or take settings."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == CONTROL:
            self._control.apply(**json.loads(body))
            self._send(200, self._control.report())
        else:
            self._call(body)

    def log_message(self, *_: Any) -> None:
        """Keep quiet about requests: the counters tell."""

    def _call(self, body: bytes) -> None:
        operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        authorization = self.headers.get("Authorization", "")
        try:
            with self._control.call(operation):
                answer = self._service.answer(operation, authorization, body)
        except ServiceError as error:
            self._refuse(error)
        except Exception:  # noqa: BLE001
            traceback.print_exc(file=sys.stderr)
            self._refuse(ServiceError(Code.INTERNAL))
        else:
            self._send(200, answer)

    def _refuse(self, error: ServiceError) -> None:
        self._send(error.status, {"__type": error.code, "Message": error.message})

    def _send(self, status: int, members: Mapping[str, Any]) -> None:
        body = json.dumps(members).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("x-amzn-RequestId", str(uuid.uuid4()))
        self.end_headers()
        self.wfile.write(body)
