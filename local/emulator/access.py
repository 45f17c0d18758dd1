"""Requests and rights: patches to the pinned MiniStack."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Coroutine, MutableMapping
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch

from local.emulator.distributed_map import role_calls

Scope = MutableMapping[str, Any]
Application = Callable[[Scope, Any, Any], Coroutine[Any, Any, None]]
_PROTOCOL = b"x-forwarded-proto"
_SEND_ACTIONS = {
    "events": "events:PutEvents",
    "lambda": "lambda:InvokeFunction",
    "sns": "sns:Publish",
    "sqs": "sqs:SendMessage",
}
"""What a destination of failed events needs, by its service."""


def install() -> None:
    """Apply the patches to the MiniStack that this process imports."""
    app = import_module("ministack.app")
    patch.object(app, "app", as_if_direct(as_if_by_https(app.app))).start()
    _authorize_failed_events()
    _authorize_as_aws_names_it()
    _authorize_log_streams()
    _refuse_to_reveal_missing_objects()
    sessions = Sessions(Path(os.environ["FACE_COMPARE_SESSIONS_FILE"]))
    _tell_of_sessions(sessions)
    _record_rights(Path(os.environ["FACE_COMPARE_RIGHTS_FILE"]), sessions)


def as_if_by_https(application: Application) -> Application:
    """Wrap an ASGI application so that its requests count as HTTPS.

    Otherwise the bucket policy that denies plain HTTP would refuse everything. A request that says
    `X-Forwarded-Proto: http` still counts as plain HTTP, so that a test can show the refusal.
    """

    async def serve(scope: Scope, receive: object, send: object) -> None:
        if scope["type"] == "http" and all(name != _PROTOCOL for name, _ in scope["headers"]):
            scope = {**scope, "headers": [*scope["headers"], (_PROTOCOL, b"https")]}
        await application(scope, receive, send)

    return serve


def as_if_direct(application: Application) -> Application:
    """Wrap an ASGI application so that it serves requests that a client sends to a proxy.

    S3 Control has a host for each account, which does not resolve here. Terraform's provider sends
    what is for such a host to the proxy of its environment, which is the emulator itself. The
    target of these requests is a whole URL.
    """

    async def serve(scope: Scope, receive: object, send: object) -> None:
        if scope["type"] == "http" and not scope["path"].startswith("/"):
            path = scope["path"].partition("://")[2].partition("/")[2]
            raw_path = scope["raw_path"].partition(b"://")[2].partition(b"/")[2]
            scope = {**scope, "path": f"/{path}", "raw_path": b"/" + raw_path}
        await application(scope, receive, send)

    return serve


def _authorize_failed_events() -> None:
    # Lambda sends events that failed on every attempt with the function's role. MiniStack asks for
    # no right.
    functions = import_module("ministack.services.lambda_svc")
    original = functions._route_async_failure

    def route_async_failure(target: str, name: str, *rest: Any) -> None:
        role = functions._functions[name]["config"]["Role"]
        try:
            role_calls.require(role, _SEND_ACTIONS[target.split(":")[2]], target)
        except role_calls.TaskError as refusal:
            functions.logger.warning("A failed event of %s is lost: %s", name, refusal)
            return
        original(target, name, *rest)

    patch.object(functions, "_route_async_failure", route_async_failure).start()


def _authorize_as_aws_names_it() -> None:
    # MiniStack guesses some actions of Lambda, and knows none of CloudWatch's newer protocol.
    iam_actions = import_module("ministack.core.iam_actions")
    original = iam_actions.extract_iam_action
    original_resource = iam_actions.extract_resource_arn

    def lambda_action(method: str, path: str) -> str | None:
        operation: str | None = iam_actions._match_rest_action("lambda", method, path)
        # The one operation here whose action has another name.
        return "InvokeFunction" if operation == "Invoke" else operation

    def extract_iam_action(service: str, method: str, path: str, *rest: Any) -> str | None:
        if service == "monitoring" and "/operation/" in path:
            return f"cloudwatch:{path.rpartition('/')[2]}"
        action: str | None = original(service, method, path, *rest)
        return action

    def extract_resource_arn(service: str, method: str, path: str, *rest: Any) -> str:
        # It would read the body, which is not text there.
        if service == "monitoring" and "/operation/" in path:
            return "*"
        arn: str = original_resource(service, method, path, *rest)
        return arn

    patch.dict(iam_actions._BOTOCORE_SERVICE_MAP, {"lambda": ["lambda"]}).start()
    patch.object(iam_actions, "_lambda_action", lambda_action).start()
    patch.object(iam_actions, "extract_iam_action", extract_iam_action).start()
    patch.object(iam_actions, "extract_resource_arn", extract_resource_arn).start()


def _authorize_log_streams() -> None:
    # AWS authorizes these calls on the stream. MiniStack asks for the group, so the role's usual
    # "<group>:*" would be refused.
    iam_actions = import_module("ministack.core.iam_actions")
    original = iam_actions.extract_resource_arn

    def extract_resource_arn(
        service: str, method: str, path: str, headers: dict[str, str], body: bytes, *rest: Any
    ) -> str:
        arn: str = original(service, method, path, headers, body, *rest)
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        if service != "logs" or action not in {"CreateLogStream", "PutLogEvents"}:
            return arn
        return f"{arn}:log-stream:{json.loads(body).get('logStreamName')}"

    patch.object(iam_actions, "extract_resource_arn", extract_resource_arn).start()


class _BucketOf(str):
    """The ARN of a bucket that is asked whether it holds a key."""

    key: str
    __slots__ = ("key",)

    def __new__(cls, bucket: str, key: str) -> _BucketOf:
        arn = super().__new__(cls, f"arn:aws:s3:::{bucket}")
        arn.key = key
        return arn


def _refuse_to_reveal_missing_objects() -> None:
    # Without s3:ListBucket S3 answers 403 for a missing object. MiniStack answers 404 to everybody.
    iam_actions = import_module("ministack.core.iam_actions")
    s3 = import_module("ministack.services.s3")
    original = iam_actions.s3_additional_checks
    original_resources = iam_actions.s3_access_point_resources

    def s3_additional_checks(
        method: str, path: str, headers: Any, body: bytes, query_params: Any
    ) -> list[tuple[str, str]]:
        checks: list[tuple[str, str]] = original(method, path, headers, body, query_params)
        bucket, _, key = path.lstrip("/").partition("/")
        if key and iam_actions._s3_action(method, path, query_params) == "GetObject":
            record = s3._ensure_bucket(bucket)
            if record is not None and key not in record["objects"]:
                checks.append(("s3:ListBucket", _BucketOf(bucket, key)))
        return checks

    def s3_access_point_resources(arn: str) -> list[tuple[str, dict[str, str]]]:
        resources: list[tuple[str, dict[str, str]]] = original_resources(arn)
        # The key counts as s3:prefix then. AWS does not document it. Ceph's tests of S3 show it,
        # which follow AWS: test_head_object_404_with_policy_prefix.
        asked = {"s3:prefix": arn.key} if isinstance(arn, _BucketOf) else {}
        return [(resource, {**keys, **asked}) for resource, keys in resources]

    patch.object(iam_actions, "s3_additional_checks", s3_additional_checks).start()
    patch.object(iam_actions, "s3_access_point_resources", s3_access_point_resources).start()


class Sessions:
    """The file that tells the Rekognition stand-in whose each access key is."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, dict[str, str]] = {}
        self._lock = threading.Lock()

    def add(self, access_key: str, arn: str) -> None:
        """Add a key, unless it is there."""
        with self._lock:
            if access_key not in self._known:
                self._known[access_key] = {"arn": arn}
                # Beside it and then into place, so that a reader never sees half a file.
                beside = self._path.with_suffix(".new")
                beside.write_text(json.dumps(self._known), encoding="utf-8")
                beside.replace(self._path)


def _record_rights(path: Path, sessions: Sessions) -> None:
    # What a policy has to allow is what its user was asked for.
    evaluator = import_module("ministack.core.iam_evaluator")
    original = evaluator.enforce
    lock = threading.Lock()

    def enforce(access_key: str, action: str, *rest: Any, **more: Any) -> Any:
        denied = original(access_key, action, *rest, **more)
        if not evaluator._is_root_key(access_key or ""):
            resource = more.get("resource_arn", rest[2] if len(rest) > 2 else "*")
            identity = evaluator.resolve_caller_identity(access_key)
            if identity:
                sessions.add(access_key, identity["userArn"])
            asked = {"key": access_key, "action": action, "resource": resource}
            with lock, path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({**asked, "allowed": denied is None}) + "\n")
        return denied

    patch.object(evaluator, "enforce", enforce).start()


def _tell_of_sessions(sessions: Sessions) -> None:
    sts = import_module("ministack.services.sts")
    original = sts.register_session

    def register_session(access_key: str, session: dict[str, Any]) -> None:
        original(access_key, session)
        sessions.add(access_key, session["Arn"])

    patch.object(sts, "register_session", register_session).start()
