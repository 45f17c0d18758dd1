"""Lists of pairs through examples/batch: batches, retries, results and redrive.

What the stack's Distributed Map does is known as local/emulator/distributed_map says. Nothing here
rests on what is guessed there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

import pytest
from botocore.exceptions import ClientError

from local.rekognition.steering import Steering
from local.runs import Run, Runs
from local.use import csv, json_lines
from tests.integration.conftest import Bulk
from tests.integration.example_uses import Outputs

_LONGEST_KEY = 1024
_LONG_PER_BATCH = 31
"""Of pairs with two of the longest keys: 64 KiB."""


@pytest.fixture
def steering(bulk: Bulk) -> Steering:
    steering = Steering(bulk.stack.rekognition_endpoint)
    steering.apply(tps=None, latency_ms=0, clear_script=True, reset_counters=True)
    return steering


@pytest.fixture
def runs(bulk: Bulk, bulk_batch: Outputs, steering: Steering) -> Iterator[Runs]:
    yield Runs(bulk.stack, bulk_batch)
    steering.apply(clear_script=True)


def paid(steering: Steering) -> int:
    """How many comparisons Rekognition has answered."""
    return int(steering.report()["outcomes"].get("CompareFaces", {}).get("ok", 0))


def put_images(runs: Runs, keys: Sequence[str]) -> None:
    def put(key: str) -> None:
        runs.s3.put_object(Bucket=runs.outputs["bucket_name"], Key=key, Body=b"image")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(put, keys))


def over_one_pair(runs: Runs, person: str) -> Run:
    source, target = f"reference/{person}.jpg", f"challenge/{person}.jpg"
    put_images(runs, [source, target])
    return runs.over(csv(source, [target]))


def longest_key(folder: str, person: str, number: int) -> str:
    """The longest key that S3 takes; its beginning says who is on the image."""
    beginning, end = f"{folder}/{person}/", f"/{number:04}.jpg"
    # In parts, because the stack stores it as a path of files.
    filling = "/".join(["k" * 120] * 9)[: _LONGEST_KEY - len(beginning) - len(end)]
    return beginning + filling + end


def test_no_pair_of_a_long_list_is_lost_between_batches_or_paid_for_twice(
    runs: Runs, steering: Steering
) -> None:
    targets = [f"challenge/alice-{each}.jpg" for each in range(450)]
    put_images(runs, ["reference/alice.jpg", *targets[:-1]])
    run = runs.over(csv("reference/alice.jpg", targets))
    assert run.status == "SUCCEEDED"
    inputs = [json.loads(batch["input"]) for batch in runs.batches(run)]
    assert sorted(len(each["Items"]) for each in inputs) == [50, 200, 200]
    shared = {"execution": run.arn, "format": "CSV"}
    assert all(each["BatchInput"] == shared for each in inputs)
    counts = runs.map_run(run)
    assert (counts["executionCounts"]["succeeded"], counts["itemCounts"]["succeeded"]) == (3, 450)
    results = runs.results(run)
    assert (results.failed, results.pending, len(results.succeeded)) == ([], [], 450)
    # A pair that cannot be decided is a line with its error. No batch fails because of it.
    assert {line["target"]["key"]: line.get("decision") for line in results.succeeded} == {
        **dict.fromkeys(targets[:-1], "match"),
        targets[-1]: None,
    }
    errors = [line["error"]["type"] for line in results.succeeded if "error" in line]
    assert errors == ["ImageNotFoundError"]
    assert paid(steering) == 449


def test_a_throttled_batch_is_retried_and_pays_for_each_pair_once(
    runs: Runs, steering: Steering
) -> None:
    targets = [f"challenge/carol-{each}.jpg" for each in range(30)]
    put_images(runs, ["reference/carol.jpg", *targets])
    steering.apply(script=[{"fault": "throttling", "count": 60}])
    run = runs.over(csv("reference/carol.jpg", targets))
    assert run.status == "SUCCEEDED"
    (batch,) = runs.batches(run)
    assert runs.attempts(batch) > 1
    decisions = {line["target"]["key"]: line["decision"] for line in runs.results(run).succeeded}
    assert decisions == dict.fromkeys(targets, "match")
    assert paid(steering) == 30


def test_a_redrive_does_not_pay_again_for_what_a_failed_run_has_decided(
    runs: Runs, steering: Steering
) -> None:
    # The longest keys make the smallest batches, because a batch is bounded by its bytes too.
    pairs = [
        (longest_key("reference", "dora", each), longest_key("challenge", "dora", each))
        for each in range(4 * _LONG_PER_BATCH)
    ]
    late = {target for _, target in pairs[2 * _LONG_PER_BATCH :]}
    put_images(runs, sorted(set(chain.from_iterable(pairs)) - late))
    run = runs.over("".join(json_lines(source, [target]) for source, target in pairs))
    assert (run.status, run.error) == ("FAILED", "States.ExceedToleratedFailureThreshold")
    first = runs.results(run)
    assert {line["decision"] for line in first.succeeded} == {"match"}
    assert {line["Error"] for line in first.failed if "Error" in line} == {"ImageNotFoundError"}
    # Step Functions stops what is under way when a run fails, and its results are lost.
    stopped = [json.loads(line["Input"]) for line in first.failed if line["Status"] == "ABORTED"]
    again = [pair for each in stopped for pair in each["Items"] if pair["target"] not in late]

    put_images(runs, sorted(late))
    run = runs.redriven(run)
    assert run.status == "SUCCEEDED"
    assert runs.map_run(run)["redriveCount"] == 1
    assert len(runs.batches(run)) == 4
    results = runs.results(run)
    assert (results.failed, results.pending) == ([], [])
    decided = sorted((line["target"]["key"], line["decision"]) for line in results.succeeded)
    assert decided == [(target, "match") for _, target in pairs]
    assert len(pairs) <= paid(steering) <= len(pairs) + len(again)
    with pytest.raises(ClientError, match="ExecutionNotRedrivable"):
        runs.redriven(run)


def test_a_run_needs_the_right_to_read_its_manifest(runs: Runs, steering: Steering) -> None:
    with runs.without("ReadManifest"):
        run = over_one_pair(runs, "erin")
    assert (run.status, run.error) == ("FAILED", "States.ItemReaderFailed")
    assert paid(steering) == 0


def test_a_run_needs_the_right_to_start_batches(runs: Runs, steering: Steering) -> None:
    with runs.without("StartBatches"):
        run = over_one_pair(runs, "erin")
    assert run.status == "FAILED"
    assert paid(steering) == 0


def test_a_redrive_finishes_a_run_once_its_rights_are_granted_again(
    runs: Runs, steering: Steering
) -> None:
    with runs.without("ComparePairs"):
        run = over_one_pair(runs, "finn")
    (batch,) = runs.batches(run)
    assert (run.status, batch["error"]) == ("FAILED", "Lambda.AWSLambdaException")
    with runs.without("RedriveBatches"):
        assert runs.redriven(run).status == "FAILED"
    with runs.without("WriteResults"):
        run = runs.redriven(run)
    assert (run.status, run.error) == ("FAILED", "States.ResultWriterFailed")
    run = runs.redriven(run)
    assert run.status == "SUCCEEDED"
    assert [line["decision"] for line in runs.results(run).succeeded] == ["match"]
    assert paid(steering) == 1


def test_a_run_needs_the_right_to_look_at_its_manifest(runs: Runs, steering: Steering) -> None:
    with runs.without("CheckManifests", of_function=True):
        run = over_one_pair(runs, "erin")
    assert (run.status, run.error) == ("FAILED", "CallForbiddenError")
    assert paid(steering) == 0


def test_a_misspelt_manifest_does_not_send_the_operator_looking_for_rights(runs: Runs) -> None:
    run = runs.over_key("manifests/none.csv")
    assert (run.status, run.error) == ("FAILED", "InvalidManifestError")
    assert "There is no manifest 'manifests/none.csv'" in run.cause


def test_a_list_with_a_wrong_beginning_fails_at_once_with_one_sentence(
    runs: Runs, steering: Steering
) -> None:
    run = runs.over("source;target\nreference/a.jpg;challenge/b.jpg\n")
    assert (run.status, run.error) == ("FAILED", "InvalidManifestError")
    assert "is separated by semicolons" in run.cause
    assert runs.states.list_map_runs(executionArn=run.arn)["mapRuns"] == []
    assert paid(steering) == 0


def test_a_list_from_a_spreadsheet_is_compared_and_its_ids_are_in_the_results(runs: Runs) -> None:
    put_images(runs, ["reference/ivan.jpg", "challenge/ivan-1.jpg", "challenge/ivan-2.jpg"])
    rows = [
        f'{number}, reference/ivan.jpg,"challenge/ivan-{number}.jpg ",,' for number in (1, 2, 3)
    ]
    # The last rows once held something. They are more than fit into a batch.
    rows += [",,,,"] * 450
    run = runs.over("\ufeffID,Source, TARGET,,\r\n" + "\r\n".join(rows) + "\r\n")
    assert run.status == "SUCCEEDED", run.cause
    lines = runs.results(run).succeeded
    # What Step Functions does with a byte-order mark, and with columns without a name, is not
    # documented. The acceptance test asks it.
    assert {line["columns"]["ID"]: line.get("decision") for line in lines} == {
        "1": "match",
        "2": "match",
        "3": None,
    }


def test_the_stack_refuses_a_state_machine_that_no_account_takes(runs: Runs) -> None:
    machine = runs.states.describe_state_machine(stateMachineArn=runs.machine)
    states = json.loads(machine["definition"])
    (name,) = states["States"]["Compare pairs of JSON Lines"]["ItemProcessor"]["States"]
    states["States"][name] = {"Type": "Succeed"}
    refused = json.dumps(states)

    def verdict(definition: str) -> str:
        answer = runs.states.validate_state_machine_definition(definition=definition)
        return str(answer["result"])

    assert (verdict(machine["definition"]), verdict(refused)) == ("OK", "FAIL")
    with pytest.raises(ClientError, match="InvalidDefinition"):
        runs.states.update_state_machine(stateMachineArn=runs.machine, definition=refused)
    with pytest.raises(ClientError, match="InvalidDefinition"):
        runs.states.create_state_machine(
            name="refused", definition=refused, roleArn=machine["roleArn"]
        )
