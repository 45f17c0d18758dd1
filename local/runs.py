"""Runs of modules/batch as an operator starts, watches, redrives and reads them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from local.stack import AwsClient
from local.use import Account, changed_policy, without
from local.waiting import eventually

type Json = Any


@dataclass(frozen=True, slots=True)
class Run:
    """A run that has ended."""

    arn: str
    status: str
    error: str
    cause: str


@dataclass(frozen=True, slots=True)
class Results:
    """The lines of the files that a run's manifest.json names."""

    succeeded: list[Json]
    failed: list[Json]
    pending: list[Json]


@dataclass(frozen=True, slots=True)
class Runs:
    """What can be done with a state machine of modules/batch."""

    account: Account
    outputs: Mapping[str, Any]
    """Of examples/batch."""
    seconds: float = 300.0
    """How long a run may take."""

    @property
    def states(self) -> AwsClient:
        """Step Functions."""
        return self.account.client("stepfunctions")

    @property
    def s3(self) -> AwsClient:
        """The bucket's service."""
        return self.account.client("s3")

    @property
    def machine(self) -> str:
        """The state machine's ARN."""
        return str(self.outputs["state_machine_arn"])

    def over(self, manifest: str) -> Run:
        """Run over a list of pairs, CSV or JSON Lines."""
        return self._ended(self.start(manifest))

    def start(self, manifest: str) -> str:
        """Start a run over a list of pairs; its ARN."""
        key = f"manifests/pairs.{'jsonl' if manifest.startswith('{') else 'csv'}"
        self.s3.put_object(Bucket=self.outputs["bucket_name"], Key=key, Body=manifest.encode())
        return self._started(key)

    def over_key(self, key: str) -> Run:
        """Run over what is stored there, if anything."""
        return self._ended(self._started(key))

    def redriven(self, run: Run) -> Run:
        """Resume a run that failed, and wait for its end."""
        self.states.redrive_execution(executionArn=run.arn)
        return self._ended(run.arn)

    def map_run(self, run: Run) -> Mapping[str, Json]:
        """Counts of batches and pairs, and of redrives."""
        (listed,) = self.states.list_map_runs(executionArn=run.arn)["mapRuns"]
        described: Mapping[str, Json] = self.states.describe_map_run(mapRunArn=listed["mapRunArn"])
        return described

    def batches(self, run: Run) -> list[Mapping[str, Json]]:
        """The executions of the batches."""
        listed = self.states.list_executions(mapRunArn=self.map_run(run)["mapRunArn"])["executions"]
        return [
            self.states.describe_execution(executionArn=each["executionArn"]) for each in listed
        ]

    def attempts(self, batch: Mapping[str, Json]) -> int:
        """How often a batch was handed to the function."""
        history = self.states.get_execution_history(executionArn=batch["executionArn"])
        return sum(event["type"] == "TaskScheduled" for event in history["events"])

    def results(self, run: Run) -> Results:
        """Read what a run wrote into the bucket."""
        prefix = f"{self.outputs['results_prefix']}{run.arn.rpartition(':')[2]}/"
        listed = self.s3.list_objects_v2(Bucket=self.outputs["bucket_name"], Prefix=prefix)
        keys = [each["Key"] for each in listed["Contents"]]
        (manifest,) = (key for key in keys if key.endswith("/manifest.json"))
        files = json.loads(self._content(manifest))["ResultFiles"]

        def lines(kind: str) -> list[Json]:
            contents = [self._content(file["Key"]) for file in files[kind]]
            return [json.loads(line) for content in contents for line in content.splitlines()]

        return Results(lines("SUCCEEDED"), lines("FAILED"), lines("PENDING"))

    @contextmanager
    def without(self, statement: str, *, of_function: bool = False) -> Iterator[None]:
        """The state machine's role, or the function's, without a statement of its policy."""
        iam, machine = self.account.client("iam"), self.machine.rpartition(":")[2]
        owner = self.outputs["function_name"] if of_function else machine
        role, policy = f"{owner}-{self.account.region}", machine if of_function else "batch"
        with changed_policy(iam, role, policy, without(statement)):
            yield

    def _started(self, key: str) -> str:
        started = self.states.start_execution(
            stateMachineArn=self.machine, input=json.dumps({"manifest": key})
        )
        return str(started["executionArn"])

    def _content(self, key: str) -> str:
        stored = self.s3.get_object(Bucket=self.outputs["bucket_name"], Key=key)
        return str(stored["Body"].read().decode())

    def _ended(self, arn: str) -> Run:
        def found() -> Mapping[str, Json]:
            described: Mapping[str, Json] = self.states.describe_execution(executionArn=arn)
            return described if described["status"] != "RUNNING" else {}

        end = eventually(found, self.seconds, f"the end of {arn}")
        return Run(arn, end["status"], end.get("error", ""), end.get("cause", ""))
