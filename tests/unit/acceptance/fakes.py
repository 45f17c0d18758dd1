"""An account whose answers a test writes down."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from acceptance.model import Scene
from local.photos import Album, default_album

Answers = Mapping[str, Any]
"""By "service.operation". A function is called with the arguments, an exception is raised, a list
is gone through (its last entry stays), and anything else is the answer."""

ALBUM: Album = default_album()
NAME = "fc-accept-20261126-0153"
OUTPUTS = {
    "bucket_name": "bucket",
    "caller_policy_arn": "arn:aws:iam::111122223333:policy/caller",
    "decided_queue_url": "https://queue/decided",
    "function_name": "function",
    "function_url": "https://url.lambda-url.eu-west-1.on.aws/",
    "kms_key_arn": "arn:aws:kms:eu-west-1:111122223333:key/k",
    "log_group_name": "/aws/lambda/function",
    "rate": {"calls_per_batch": 11},
    "results_prefix": "results/batch/",
    "state_machine_arn": "arn:aws:states:eu-west-1:111122223333:stateMachine:batch",
}


class Client:
    """A client that answers as it was told."""

    def __init__(self, service: str, answers: dict[str, Any]) -> None:
        self._service = service
        self._answers = answers

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        name = f"{self._service}.{operation}"

        def call(**arguments: Any) -> Any:
            assert name in self._answers, f"nothing was said about {name}"
            answer = self._answers[name]
            if isinstance(answer, list):
                answer = answer.pop(0) if len(answer) > 1 else answer[0]
            if isinstance(answer, Exception):
                raise answer
            return answer(**arguments) if callable(answer) else answer

        return call

    def get_paginator(self, operation: str) -> Any:
        """One page."""
        client = self

        class Paginator:
            def paginate(self, **arguments: Any) -> list[Any]:
                return [getattr(client, operation)(**arguments)]

        return Paginator()


@dataclass
class Account:
    """An account that answers as it was told."""

    answers: Answers
    region: str = "eu-west-1"
    _left: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self._left = {
            name: [*answer] if isinstance(answer, list) else answer
            for name, answer in self.answers.items()
        }

    def client(self, service: str) -> Client:
        return Client(service, self._left)


def scene(answers: Answers) -> Scene:
    """A scene of an applied example, in an account with these answers. Nothing waits."""
    account = Account(answers)

    def client_as(service: str, _credentials: Credentials) -> Client:
        return Client(f"{service}-as", account._left)

    def client_in(service: str, _region: str) -> Client:
        return Client(f"{service}-in", account._left)

    found = Scene(account, NAME, ALBUM, {**OUTPUTS}, patience=0.0)
    found.client_as, found.client_in = client_as, client_in
    told = account.client("scene")
    found.apply, found.drift = told.apply, told.drift
    found.destroy, found.left = told.destroy, told.left
    return found


def error(code: str, operation: str = "Call") -> ClientError:
    """What boto3 raises."""
    return ClientError({"Error": {"Code": code, "Message": "told"}}, operation)


def payload(content: object, **more: object) -> Callable[..., dict[str, Any]]:
    """What Lambda answers to an invocation, each time."""

    def answer(**_arguments: Any) -> dict[str, Any]:
        body = io.BytesIO(json.dumps(content).encode())
        return {"Payload": body, "ResponseMetadata": {"RequestId": "r-1"}, **more}

    return answer


def decided(decision: str, similarity: float = 99.0, threshold: float = 80.0) -> Any:
    """An answer of the function."""
    return payload(
        {
            "request_id": "r-1",
            "decision": decision,
            "match": decision == "match",
            "similarity": similarity,
            "similarity_threshold": threshold,
        }
    )


def failed(error_type: str) -> Any:
    """A failure of the function."""
    told = {"errorType": error_type, "errorMessage": "told", "requestId": "r-1"}
    return payload(told, FunctionError="Unhandled")


def records(*found: Mapping[str, object]) -> dict[str, Any]:
    """What FilterLogEvents answers."""
    return {"events": [{"message": json.dumps(each)} for each in found]}


def report(**record: object) -> dict[str, object]:
    """Lambda's own record of an invocation."""
    return {"type": "platform.report", "record": {"requestId": "r-1", **record}}


def body(content: bytes | str | object) -> Callable[..., dict[str, Any]]:
    """What GetObject answers, each time."""
    text = content if isinstance(content, bytes | str) else json.dumps(content)
    data = text.encode() if isinstance(text, str) else text
    return lambda **_arguments: {"Body": io.BytesIO(data)}
