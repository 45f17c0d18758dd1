"""Lists of pairs through what examples/batch deploys: batches, retries, results and redrive.

What the stack's Distributed Map does is known as local/emulator/distributed_map says; nothing here
rests on what is guessed there.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local import use
from local.rekognition.steering import Steering
from local.stack import AwsClient, Stack
from tests.integration.bulk import Bulk
from tests.waiting import eventually

Json = Any
_SECONDS = 60.0
_PHOTO = b"photo"
_PER_BATCH = 200
_LONGEST_KEY = 1024
_LONG_PER_BATCH = 31
"""Of pairs with two of the longest keys: 64 KiB."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that has ended."""

    arn: str
    status: str
    error: str
    cause: str


@dataclass(frozen=True, slots=True)
class Results:
    """What a run's manifest.json names, read."""

    succeeded: list[Json]
    failed: list[Json]
    pending: list[Json]


@dataclass(frozen=True, slots=True)
class Batches:
    """examples/batch on the stack."""

    stack: Stack
    outputs: Mapping[str, Any]
    steering: Steering

    @property
    def states(self) -> AwsClient:
        return self.stack.client("stepfunctions")

    @property
    def s3(self) -> AwsClient:
        return self.stack.client("s3")

    def put_photos(self, keys: list[str]) -> None:
        bucket = self.outputs["bucket_name"]
        with ThreadPoolExecutor(8) as pool:
            list(
                pool.map(lambda key: self.s3.put_object(Bucket=bucket, Key=key, Body=_PHOTO), keys)
            )

    def run(self, key: str, manifest: str) -> Ended:
        """Run over a manifest."""
        self.s3.put_object(Bucket=self.outputs["bucket_name"], Key=key, Body=manifest.encode())
        return self.start(key)

    def start(self, key: str) -> Ended:
        """Run over a manifest that is there, or is not."""
        arn = self.states.start_execution(
            stateMachineArn=self.outputs["state_machine_arn"], input=json.dumps({"manifest": key})
        )["executionArn"]
        return self.ended(arn)

    def redrive(self, run: Ended) -> Ended:
        self.states.redrive_execution(executionArn=run.arn)
        return self.ended(run.arn)

    def ended(self, arn: str) -> Ended:
        def found() -> Mapping[str, Json]:
            described: Mapping[str, Json] = self.states.describe_execution(executionArn=arn)
            return described if described["status"] != "RUNNING" else {}

        end = eventually(found, _SECONDS, "the run's end")
        return Ended(arn, end["status"], end.get("error", ""), end.get("cause", ""))

    def map_run(self, run: Ended) -> Mapping[str, Json]:
        (listed,) = self.states.list_map_runs(executionArn=run.arn)["mapRuns"]
        described: Mapping[str, Json] = self.states.describe_map_run(mapRunArn=listed["mapRunArn"])
        return described

    def children(self, run: Ended) -> list[Mapping[str, Json]]:
        listed = self.states.list_executions(mapRunArn=self.map_run(run)["mapRunArn"])["executions"]
        return [
            self.states.describe_execution(executionArn=each["executionArn"]) for each in listed
        ]

    def attempts(self, child: Mapping[str, Json]) -> int:
        """How often a batch was handed to the function."""
        history = self.states.get_execution_history(executionArn=child["executionArn"])
        return sum(event["type"] == "TaskScheduled" for event in history["events"])

    def results(self, run: Ended) -> Results:
        prefix = f"{self.outputs['results_prefix']}{run.arn.rpartition(':')[2]}/"
        keys = [each["Key"] for each in self._listed(prefix)]
        (manifest,) = (key for key in keys if key.endswith("/manifest.json"))
        files = json.loads(self._body(manifest))["ResultFiles"]

        def lines(kind: str) -> list[Json]:
            bodies = [self._body(file["Key"]) for file in files[kind]]
            return [json.loads(line) for body in bodies for line in body.splitlines()]

        return Results(lines("SUCCEEDED"), lines("FAILED"), lines("PENDING"))

    def kept(self) -> list[str]:
        """What is kept of batches that did not come to an end."""
        return [
            each["Key"] for each in self._listed(f"{self.outputs['results_prefix']}unfinished/")
        ]

    def paid(self) -> int:
        """How many comparisons Rekognition has answered."""
        return int(self.steering.report()["outcomes"].get("CompareFaces", {}).get("ok", 0))

    @contextmanager
    def without(self, *statements: str) -> Iterator[None]:
        """The state machine's role without these statements."""
        iam, name = self.stack.client("iam"), f"{self._machine}-{self.states.meta.region_name}"
        policy = iam.get_role_policy(RoleName=name, PolicyName="batch")["PolicyDocument"]
        rest = [each for each in policy["Statement"] if each["Sid"] not in statements]
        assert len(rest) == len(policy["Statement"]) - len(statements)

        def put(document: Mapping[str, Json]) -> None:
            iam.put_role_policy(
                RoleName=name, PolicyName="batch", PolicyDocument=json.dumps(document)
            )

        put({**policy, "Statement": rest})
        try:
            yield
        finally:
            put(policy)

    @property
    def _machine(self) -> str:
        return str(self.outputs["state_machine_arn"]).rpartition(":")[2]

    def _body(self, key: str) -> str:
        stored = self.s3.get_object(Bucket=self.outputs["bucket_name"], Key=key)
        return str(stored["Body"].read().decode())

    def _listed(self, prefix: str) -> list[Mapping[str, Json]]:
        found: list[Mapping[str, Json]] = self.s3.list_objects_v2(
            Bucket=self.outputs["bucket_name"], Prefix=prefix
        ).get("Contents", [])
        return found


@pytest.fixture
def batches(bulk: Bulk) -> Iterator[Batches]:
    steering = Steering(bulk.stack.rekognition_endpoint)
    steering.apply(tps=None, latency_ms=0, clear_script=True, reset_counters=True)
    yield Batches(bulk.stack, bulk.batch.result(), steering)
    steering.apply(tps=None, latency_ms=0, clear_script=True)


def csv(source: str, targets: list[str]) -> str:
    return "source,target\n" + "".join(f"{source},{target}\n" for target in targets)


def json_lines(pairs: list[tuple[str, str]]) -> str:
    return "".join(json.dumps({"source": s, "target": t}) + "\n" for s, t in pairs)


def long_key(folder: str, person: str, number: int) -> str:
    """The longest key that S3 takes, whose first part says who is on the photo."""
    beginning, end = f"{folder}/{person}/", f"/{number:04}.jpg"
    # In parts, since the stack keeps it as a path of files.
    filling = "/".join(["k" * 120] * 9)[: _LONGEST_KEY - len(beginning) - len(end)]
    return beginning + filling + end


def test_a_list_of_pairs_is_compared_in_batches_and_ends_in_a_line_for_each(
    batches: Batches,
) -> None:
    """Otherwise pairs would be lost between manifest, batches and results, or be paid for twice."""
    targets = [f"challenge/alice-{each}.jpg" for each in range(450)]
    batches.put_photos(["reference/alice.jpg", *targets[:-1]])
    run = batches.run("manifests/alice.csv", csv("reference/alice.jpg", targets))
    assert run.status == "SUCCEEDED"
    children = batches.children(run)
    inputs = [json.loads(child["input"]) for child in children]
    assert sorted(len(each["Items"]) for each in inputs) == [50, _PER_BATCH, _PER_BATCH]
    assert all(each["BatchInput"] == {"execution": run.arn} for each in inputs)
    counts = batches.map_run(run)
    assert (counts["executionCounts"]["succeeded"], counts["itemCounts"]["succeeded"]) == (3, 450)
    results = batches.results(run)
    assert (results.failed, results.pending) == ([], [])
    # A pair that cannot be decided is a line with its error: no batch fails because of it.
    assert {line["target"]["key"]: line.get("decision") for line in results.succeeded} == {
        **dict.fromkeys(targets[:-1], "match"),
        targets[-1]: None,
    }
    errors = [line["error"]["type"] for line in results.succeeded if "error" in line]
    assert errors == ["ImageNotFoundError"]
    assert len(results.succeeded) == 450
    assert batches.paid() == 449


def test_a_run_with_half_its_pairs_undecided_succeeds_and_says_so_in_its_results(
    batches: Batches,
) -> None:
    """Otherwise an operator would take "succeeded" for "every pair is decided"."""
    targets = [f"challenge/bob-{each}.jpg" for each in range(20)]
    batches.put_photos(["reference/bob.jpg", *targets[:10]])
    manifest = json_lines([("reference/bob.jpg", target) for target in targets])
    run = batches.run("manifests/bob.jsonl", manifest)
    assert run.status == "SUCCEEDED"
    lines = batches.results(run).succeeded
    assert Counter(line.get("decision") for line in lines) == {"match": 10, None: 10}


def test_a_throttled_batch_is_retried_until_it_passes_and_pays_for_each_pair_once(
    batches: Batches,
) -> None:
    """Otherwise a busy quota would fail runs, or pay for whole batches again."""
    targets = [f"challenge/carol-{each}.jpg" for each in range(30)]
    batches.put_photos(["reference/carol.jpg", *targets])
    batches.steering.apply(script=[{"fault": "throttling", "count": 60}])
    run = batches.run("manifests/carol.csv", csv("reference/carol.jpg", targets))
    assert run.status == "SUCCEEDED"
    (child,) = batches.children(run)
    assert batches.attempts(child) > 1
    decisions = {line["target"]["key"]: line["decision"] for line in batches.results(run).succeeded}
    assert decisions == dict.fromkeys(targets, "match")
    assert batches.paid() == 30


def test_a_failed_run_is_redriven_without_paying_again_for_what_was_decided(
    batches: Batches,
) -> None:
    """Otherwise a list that fails near its end would be paid for twice."""
    # The longest keys make the smallest batches, since a batch is bounded by its bytes too.
    pairs = [
        (long_key("reference", "dora", each), long_key("challenge", "dora", each))
        for each in range(4 * _LONG_PER_BATCH)
    ]
    there, missing = pairs[: 2 * _LONG_PER_BATCH], pairs[2 * _LONG_PER_BATCH :]
    batches.put_photos([*(source for source, _ in pairs), *(target for _, target in there)])
    run = batches.run("manifests/dora.jsonl", json_lines(pairs))
    assert (run.status, run.error) == ("FAILED", "States.ExceedToleratedFailureThreshold")
    first = batches.results(run)
    assert {line["decision"] for line in first.succeeded} == {"match"}
    assert {line["Error"] for line in first.failed if "Error" in line} == {"ImageNotFoundError"}
    # Step Functions stops what is under way when a run fails, and its results are lost.
    stopped = [line for line in first.failed if line["Status"] == "ABORTED"]
    targets = [pair["target"] for line in stopped for pair in json.loads(line["Input"])["Items"]]
    again = len({target for _, target in there} & set(targets))

    batches.put_photos([target for _, target in missing])
    run = batches.redrive(run)
    assert run.status == "SUCCEEDED"
    assert batches.map_run(run)["redriveCount"] == 1
    assert len(batches.children(run)) == 4
    results = batches.results(run)
    assert (results.failed, results.pending) == ([], [])
    decided = [(line["target"]["key"], line["decision"]) for line in results.succeeded]
    assert sorted(decided) == [(target, "match") for _, target in pairs]
    assert len(pairs) <= batches.paid() <= len(pairs) + again
    with pytest.raises(ClientError, match="ExecutionNotRedrivable"):
        batches.redrive(run)


def test_a_run_without_the_right_to_read_its_manifest_ends_before_any_comparison(
    batches: Batches,
) -> None:
    """Otherwise the role would need rights that its description does not name."""
    with batches.without("ReadManifest"):
        run = batches.run("manifests/erin.csv", csv("reference/erin.jpg", ["challenge/erin.jpg"]))
    assert (run.status, run.error) == ("FAILED", "States.ItemReaderFailed")
    assert batches.paid() == 0


def test_a_missing_manifest_is_distinguished_from_a_forbidden_one(batches: Batches) -> None:
    """Otherwise a misspelt name would send an operator looking for rights."""
    run = batches.start("manifests/no-such.csv")
    assert (run.status, run.error) == ("FAILED", "States.ItemReaderFailed")
    assert "NoSuchKey" in run.cause
    with batches.without("DistinguishMissingManifests"):
        run = batches.start("manifests/no-such.csv")
    assert "AccessDenied" in run.cause


def test_a_run_may_not_start_batches_without_the_right_to(batches: Batches) -> None:
    """Otherwise the role would need rights that its description does not name."""
    batches.put_photos(["reference/erin.jpg", "challenge/erin.jpg"])
    with batches.without("StartBatches"):
        run = batches.run("manifests/erin.csv", csv("reference/erin.jpg", ["challenge/erin.jpg"]))
    assert run.status == "FAILED"
    assert batches.paid() == 0


def test_a_redrive_finishes_a_run_once_missing_rights_are_granted(
    batches: Batches,
) -> None:
    """Otherwise a mistake in a policy would cost a run that is half done."""
    batches.put_photos(["reference/finn.jpg", "challenge/finn.jpg"])
    with batches.without("ComparePairs"):
        run = batches.run("manifests/finn.csv", csv("reference/finn.jpg", ["challenge/finn.jpg"]))
    (child,) = batches.children(run)
    assert (run.status, child["error"]) == ("FAILED", "Lambda.AWSLambdaException")
    with batches.without("RedriveBatches"):
        assert batches.redrive(run).status == "FAILED"
    with batches.without("WriteResults"):
        run = batches.redrive(run)
    assert (run.status, run.error) == ("FAILED", "States.ResultWriterFailed")
    run = batches.redrive(run)
    assert run.status == "SUCCEEDED"
    assert [line["decision"] for line in batches.results(run).succeeded] == ["match"]
    assert batches.paid() == 1


def test_every_pair_of_a_batch_is_on_record(batches: Batches) -> None:
    """Otherwise a decision of a batch could be neither traced nor counted."""
    wanted = {f"challenge/gina-{each}.jpg": "match" for each in range(5)}
    wanted["challenge/hugo.jpg"] = "no_match"
    batches.put_photos(["reference/gina.jpg", *wanted])
    run = batches.run("manifests/gina.csv", csv("reference/gina.jpg", list(wanted)))
    (request_id,) = {line["request_id"] for line in batches.results(run).succeeded}
    records = use.log_records(batches.stack, batches.outputs["log_group_name"], request_id)
    decided = [each for each in records if each.get("message") == "face comparison decided"]
    assert len(decided) == len(wanted)
    assert {each["target_key"]: each["decision"] for each in decided} == wanted


def test_a_name_that_is_not_a_manifest_is_refused_with_what_is_expected(batches: Batches) -> None:
    """Otherwise an operator would have to guess which files a run takes."""
    run = batches.start("manifests/pairs.xlsx")
    assert (run.status, run.error) == ("FAILED", "InvalidManifestError")
    assert "ends in .csv or .jsonl" in run.cause


def test_a_state_machine_that_step_functions_would_refuse_is_refused(batches: Batches) -> None:
    """Otherwise a definition that no account takes would pass every test."""
    arn = batches.outputs["state_machine_arn"]
    machine = batches.states.describe_state_machine(stateMachineArn=arn)
    good = json.loads(machine["definition"])
    (name,) = good["States"]["Compare pairs of JSON Lines"]["ItemProcessor"]["States"]
    bad = json.dumps({**good, "States": {**good["States"], name: {"Type": "Succeed"}}})

    def verdict(definition: str) -> str:
        answer = batches.states.validate_state_machine_definition(definition=definition)
        return str(answer["result"])

    assert (verdict(machine["definition"]), verdict(bad)) == ("OK", "FAIL")
    with pytest.raises(ClientError, match="InvalidDefinition"):
        batches.states.update_state_machine(stateMachineArn=arn, definition=bad)
    with pytest.raises(ClientError, match="InvalidDefinition"):
        batches.states.create_state_machine(
            name="refused", definition=bad, roleArn=machine["roleArn"]
        )
