"""Calls of S3, Lambda and IAM as Step Functions makes them: with the rights of a role.

They go through HTTP, so that the emulator asks for the rights.
"""

from __future__ import annotations

import json
import threading
from importlib import import_module
from typing import Any

from local.emulator.distributed_map.dataset import Json

type AwsClient = Any
"""A botocore client, made at run time from the service's model."""

_LONGEST_ANSWER_SECONDS = 900


class TaskError(Exception):
    """A call that failed, by the name that Retry and Catch match."""

    def __init__(self, name: str, cause: str) -> None:
        super().__init__(f"{name}: {cause}")
        self.name = name
        self.cause = cause


class RoleCalls:
    """Makes the calls; safe to use from several threads."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._clients: dict[tuple[str, str, str], AwsClient] = {}
        self._lock = threading.Lock()
        self._errors = import_module("botocore.exceptions")

    def read(self, role: str, region: str, parameters: dict[str, Json]) -> bytes:
        """An object's content, as ItemReader reads it.

        Raises:
            TaskError: it cannot be read.
        """
        try:
            content: bytes = (
                self._client("s3", role, region).get_object(**parameters)["Body"].read()
            )
        except self._errors.ClientError as refusal:
            raise TaskError("States.ItemReaderFailed", str(refusal)) from None
        return content

    def write(self, role: str, region: str, bucket: str, key: str, body: bytes) -> None:
        """Put an object, as ResultWriter does.

        Raises:
            TaskError: it may not be written.
        """
        try:
            self._client("s3", role, region).put_object(Bucket=bucket, Key=key, Body=body)
        except self._errors.ClientError as refusal:
            raise TaskError("States.ResultWriterFailed", str(refusal)) from None

    def invoke(self, role: str, region: str, function: str, event: Json) -> Json:
        """What a function answers.

        Raises:
            TaskError: it could not be called, or failed.
        """
        try:
            answer = self._client("lambda", role, region).invoke(
                FunctionName=function, Payload=json.dumps(event).encode()
            )
        except self._errors.ClientError as refusal:
            code = refusal.response["Error"]["Code"]
            name = "AWSLambdaException" if code == "AccessDeniedException" else code
            raise TaskError(f"Lambda.{name}", str(refusal)) from None
        except self._errors.BotoCoreError as failure:
            raise TaskError("Lambda.SdkClientException", str(failure)) from None
        payload = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            raise TaskError(payload.get("errorType", "Lambda.Unknown"), json.dumps(payload))
        return payload

    def require(self, role: str, region: str, action: str, resource: str) -> None:
        """Ask for a right to what has no call of its own here.

        Raises:
            TaskError: the role does not have it.
        """
        (result,) = self._client("iam", "", region).simulate_principal_policy(
            PolicySourceArn=role, ActionNames=[action], ResourceArns=[resource]
        )["EvaluationResults"]
        if result["EvalDecision"] != "allowed":
            raise TaskError(
                "States.Runtime", f"{role} is not authorized to perform {action} on {resource}"
            )

    def _client(self, service: str, role: str, region: str) -> AwsClient:
        """A client with the rights of a role, or of the account's root where there is none."""
        with self._lock:
            if (service, role, region) not in self._clients:
                self._clients[service, role, region] = self._new_client(service, role, region)
            return self._clients[service, role, region]

    def _new_client(self, service: str, role: str, region: str) -> AwsClient:
        credentials = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        if role:
            runtime = import_module("ministack.core.lambda_runtime")
            account = role.split(":")[4]
            session = f"arn:aws:lambda:{region}:{account}:function:StepFunctions"
            credentials = runtime.execution_credentials(
                {"FunctionArn": session, "FunctionName": "StepFunctions", "Role": role}
            )
        return (
            import_module("botocore.session")
            .Session()
            .create_client(
                service,
                region_name=region,
                endpoint_url=self._endpoint,
                aws_access_key_id=credentials["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=credentials["AWS_SECRET_ACCESS_KEY"],
                aws_session_token=credentials.get("AWS_SESSION_TOKEN") or None,
                config=import_module("botocore.config").Config(
                    max_pool_connections=64,
                    read_timeout=_LONGEST_ANSWER_SECONDS,
                    # Step Functions retries as the definition says, and no more.
                    retries={"total_max_attempts": 1},
                    s3={"addressing_style": "path"},
                ),
            )
        )
