"""Calls of S3, Lambda and IAM as Step Functions makes them: with the rights of a role.

They go through HTTP, so that the emulator checks permissions. A call that fails raises TaskError.
"""

from __future__ import annotations

import json
import os
from functools import cache
from importlib import import_module

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local.emulator.clients import client
from local.emulator.distributed_map.items import Json

_LONGEST_ANSWER_SECONDS = 900


class TaskError(Exception):
    """A call that failed, by the name that Retry and Catch match."""

    def __init__(self, name: str, cause: str) -> None:
        super().__init__(f"{name}: {cause}")
        self.name = name
        self.cause = cause


def read(role: str, parameters: dict[str, Json]) -> bytes:
    """An object's content, as ItemReader reads it."""
    try:
        content: bytes = _client("s3", role).get_object(**parameters)["Body"].read()
    except ClientError as refusal:
        raise TaskError("States.ItemReaderFailed", str(refusal)) from None
    return content


def write(role: str, bucket: str, key: str, body: str) -> None:
    """Put an object, as ResultWriter does."""
    try:
        _client("s3", role).put_object(Bucket=bucket, Key=key, Body=body.encode())
    except ClientError as refusal:
        raise TaskError("States.ResultWriterFailed", str(refusal)) from None


def invoke(role: str, function: str, event: Json) -> Json:
    """What a function answers."""
    try:
        answer = _client("lambda", role).invoke(
            FunctionName=function, Payload=json.dumps(event).encode()
        )
    except ClientError as refusal:
        code = refusal.response["Error"]["Code"]
        name = "AWSLambdaException" if code == "AccessDeniedException" else code
        raise TaskError(f"Lambda.{name}", str(refusal)) from None
    except BotoCoreError as failure:
        raise TaskError("Lambda.SdkClientException", str(failure)) from None
    payload = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise TaskError(payload.get("errorType", "Lambda.Unknown"), json.dumps(payload))
    return payload


def require(role: str, action: str, resource: str) -> None:
    """Ask for a right to what has no call of its own here."""
    (result,) = _client("iam", "").simulate_principal_policy(
        PolicySourceArn=role, ActionNames=[action], ResourceArns=[resource]
    )["EvaluationResults"]
    if result["EvalDecision"] != "allowed":
        raise TaskError(
            "States.Runtime", f"{role} is not authorized to perform {action} on {resource}"
        )


@cache
def _client(service: str, role: str) -> Json:
    """A client with the rights of a role, or of the account's root where there is none."""
    region = os.environ["MINISTACK_REGION"]
    credentials = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    if role:
        runtime = import_module("ministack.core.lambda_runtime")
        account = role.split(":")[4]
        function = f"arn:aws:lambda:{region}:{account}:function:StepFunctions"
        credentials = runtime.execution_credentials(
            {"FunctionArn": function, "FunctionName": "StepFunctions", "Role": role}
        )
    config = Config(
        max_pool_connections=64,
        read_timeout=_LONGEST_ANSWER_SECONDS,
        # Step Functions retries as the definition says, and no more.
        retries={"total_max_attempts": 1},
        s3={"addressing_style": "path"},
    )
    return client(service, credentials, config)
