"""AWS JSON 1.1 over HTTP: authenticate, count, admit, answer."""

from __future__ import annotations

import asyncio
import functools
import json
import logging
import uuid
from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from local.rekognition import faults
from local.rekognition.control import OK, Control, Fault
from local.rekognition.operations import Call, Operation, Service
from local.rekognition.principals import Principal, PrincipalsReader
from local.rekognition.quota import Verdict
from local.rekognition.shapes import parse, request_shape
from local.rekognition.signature import Claim, SignedRequest, read_claim, verify

CONTENT_TYPE = "application/x-amz-json-1.1"

MAX_BODY_BYTES = 20 * 1024 * 1024
"""Two inline images of 5 MB in base64, and some."""

_TARGET = "RekognitionService."
_ABORT = "local.rekognition.abort"
_SCRIPTED = {
    Fault.THROTTLING: faults.throttled,
    Fault.PROVISIONED: faults.provisioned_rate,
    Fault.INTERNAL: faults.internal,
    Fault.UNAVAILABLE: faults.unavailable,
}

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Parts:
    """What the application is put together from. ``waiters`` runs what waits for S3 and IAM."""

    service: Service
    principals: PrincipalsReader
    control: Control
    waiters: Executor


def application(parts: Parts) -> ASGIApp:
    """Return the ASGI application."""
    endpoint = _Endpoint(parts)
    starlette = Starlette(
        routes=[
            Route("/", endpoint.call, methods=["POST"]),
            Route("/", endpoint.health, methods=["GET"]),
            Route("/_control", endpoint.report, methods=["GET"]),
            Route("/_control", endpoint.apply, methods=["POST"]),
        ],
        # A page in a browser on this machine must not get here under a name of its own.
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost", "[::1]"])
        ],
    )
    return _Abortable(starlette)


class _Abortable:
    """Hands the connection's abort to the endpoint, for the scripted connection reset.

    ASGI has no word for it; uvicorn's ``send`` is a method of the object that holds the transport.
    """

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport = getattr(getattr(send, "__self__", None), "transport", None)
        scope[_ABORT] = getattr(transport, "abort", None)
        await self._inner(scope, receive, send)


class _Endpoint:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def health(self, request: Request) -> Response:  # noqa: ARG002
        return PlainTextResponse("ok")

    async def report(self, request: Request) -> Response:  # noqa: ARG002
        return JSONResponse(self._parts.control.report())

    async def apply(self, request: Request) -> Response:
        try:
            self._parts.control.apply(json.loads(await request.body()))
        except (KeyError, TypeError, ValueError) as problem:
            return JSONResponse({"error": str(problem)}, status_code=400)
        return JSONResponse(self._parts.control.report())

    async def call(self, request: Request) -> Response:
        control = self._parts.control
        operation = request.headers.get("x-amz-target", "").removeprefix(_TARGET)
        known = operation if operation in set(Operation) else "unknown"
        outcome = "aborted"
        control.started()
        try:
            scripted = control.next_fault()
            if scripted in (Fault.RESET, Fault.HANG):
                outcome = scripted.value
                return await self._vanish(request, scripted)
            answer = await self._answer(request, operation, scripted)
            outcome = OK
            return _response(answer)
        except faults.ServiceError as fault:
            outcome = fault.code
            return _fault_response(fault)
        except Exception:  # noqa: BLE001
            # The same answer as from a service that fails, and the reason in the log.
            _log.exception("the stand-in failed")
            failure = faults.internal()
            outcome = failure.code
            return _fault_response(failure)
        finally:
            control.ended(known, outcome)

    async def _vanish(self, request: Request, fault: Fault) -> Response:
        if fault is Fault.HANG:
            # Ends when the client gives up or the server stops.
            while not await request.is_disconnected():
                await asyncio.sleep(0.05)
        elif (abort := request.scope.get(_ABORT)) is not None:
            abort()
        return Response(status_code=500)

    async def _answer(
        self, request: Request, operation: str, scripted: Fault | None
    ) -> dict[str, Any]:
        body = await _body(request)
        if scripted is not None:
            raise _SCRIPTED[scripted]()
        claim, principal = self._authenticate(request, body)
        if operation not in set(Operation):
            raise faults.unknown_operation()
        self._admit()
        return await self._slowly(Operation(operation), body, claim, principal)

    def _authenticate(self, request: Request, body: bytes) -> tuple[Claim, Principal]:
        headers = _headers(request)
        claim = read_claim(headers)
        principal = self._parts.principals.find(claim.access_key)
        if principal is None:
            raise faults.unknown_client()
        if principal.session_token not in (None, claim.session_token):
            raise faults.unknown_client()
        if principal.secret is not None:
            url = f"http://{headers.get('host', '')}{request.scope['raw_path'].decode('ascii')}"
            query = request.scope["query_string"].decode("ascii")
            signed = SignedRequest(
                method=request.method,
                url=f"{url}?{query}" if query else url,
                headers=headers,
                body=body,
            )
            verify(claim, signed, principal.secret, now=datetime.now(UTC))
        return claim, principal

    def _admit(self) -> None:
        match self._parts.control.quota.admit():
            case Verdict.ABOVE_QUOTA:
                raise faults.provisioned_rate()
            case Verdict.SUDDEN_RISE:
                raise faults.throttled()

    async def _slowly(
        self, operation: Operation, body: bytes, claim: Claim, principal: Principal
    ) -> dict[str, Any]:
        try:
            request = parse(body, request_shape(operation))
            call = Call(operation, request, principal, claim.region)
            work = functools.partial(self._parts.service.answer, call)
            return await asyncio.get_running_loop().run_in_executor(self._parts.waiters, work)
        finally:
            await asyncio.sleep(self._parts.control.latency())


async def _body(request: Request) -> bytes:
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > MAX_BODY_BYTES:
            raise faults.too_large_request()
    return bytes(received)


def _headers(request: Request) -> dict[str, str]:
    """Return the headers, those that came several times joined as SigV4 joins them."""
    joined: dict[str, str] = {}
    for name, value in request.headers.items():
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _response(members: Mapping[str, Any], status: int = 200) -> Response:
    return Response(
        json.dumps(members, allow_nan=False),
        status_code=status,
        headers={"x-amzn-RequestId": str(uuid.uuid4())},
        media_type=CONTENT_TYPE,
    )


def _fault_response(fault: faults.ServiceError) -> Response:
    members = {
        "__type": fault.code,
        "Code": fault.code,
        "Logref": str(uuid.uuid4()),
        "Message": fault.message,
    }
    return _response(members, fault.status)
