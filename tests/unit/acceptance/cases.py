"""For each check: what a good account answers, and answers that turn a fact around."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from acceptance.checks import free
from acceptance.names import EXAMPLES, NETWORK_EXAMPLE
from local import use
from tests.unit.acceptance.fakes import (
    ALBUM,
    NAME,
    Answers,
    body,
    decided,
    error,
    failed,
    payload,
    records,
    report,
)


@dataclass(frozen=True, slots=True)
class Case:
    """One check."""

    good: Answers
    turned: tuple[Answers, ...]
    """Each is laid over the good answers, and must make the check fail."""
    posts: tuple[int, ...] = ()
    """Statuses of the function URL: of the good account, then one for each turned case."""


def _event(**arguments: Any) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(arguments["Payload"])
    return found


def _by_threshold(lowest: float = 0.0, stranger: str = "no_match") -> Callable[..., Any]:
    """A function that applies the threshold of the event, but none below ``lowest``."""

    def invoke(**arguments: Any) -> Any:
        event = _event(**arguments)
        threshold = max(lowest, event.get("similarity_threshold", 80))
        same = event["source"] == use.EILEEN
        return decided("match" if same else stranger, 99.0, threshold)()

    return invoke


def _invocations(**by_target: Any) -> Callable[..., Any]:
    def invoke(**arguments: Any) -> Any:
        return by_target[str(_event(**arguments)["target"])]()

    return invoke


def _faces(matches: int, unmatched: int = 0, similarity: float = 50.0) -> dict[str, Any]:
    return {
        "FaceMatches": [{"Similarity": similarity}] * matches,
        "UnmatchedFaces": [{}] * unmatched,
    }


_NO_FACE = error("InvalidParameterException")
_BAD_OBJECT = error("InvalidS3ObjectException")
_DECIDED = {"message": "face comparison decided", "decision": "match"}
_OK = decided("match")
_PUT = {"s3.put_object": {"VersionId": "v", "ETag": '"e"'}}


_NAMES = sorted({name for _message, filters in free.samples() for name in filters})
RENDERED = {
    **{f'run, x.{free.FILTER}"{name}"].pattern': name for name in _NAMES},
    f'run, {free.QUERY}"request"].query_string': "fields @message",
    "run, aws_sfn_state_machine.batch.definition": "{}",
}
"""What the module is rendered to; a pattern is the filter's name here."""


def _matches(wrong: str = "") -> Callable[..., Any]:
    """TestMetricFilter of CloudWatch, or one that also counts every record for one filter."""

    def answer(filterPattern: str, logEventMessages: list[str]) -> Any:  # noqa: N803
        counted = [
            number
            for number, (message, filters) in enumerate(free.samples(), start=1)
            if message in logEventMessages and (filterPattern in filters or filterPattern == wrong)
        ]
        return {"matches": [{"eventNumber": number} for number in counted]}

    return answer


def _query(status: str, **row: str) -> Answers:
    found = [[{"field": name, "value": value} for name, value in row.items()]] if row else []
    return {
        "logs.start_query": {"queryId": "q"},
        "logs.get_query_results": {"status": status, "results": found},
    }


_GROUP: Answers = {"logs.create_log_group": {}, "logs.delete_log_group": {}}
_SAVED = {
    "logs.describe_query_definitions": {
        "queryDefinitions": [
            {"name": f"{NAME}/{each}", "queryString": "filter REQUEST-ID"}
            for each in (
                *("access-errors", "failures", "image", "near-misses", "request"),
                "without-reference",
            )
        ]
    }
}


CASES: dict[str, Case] = {}


def _add(name: str, good: Answers, *turned: Answers, posts: tuple[int, ...] = ()) -> None:
    CASES[name] = Case(good, turned, posts)


for _example in (*EXAMPLES, NETWORK_EXAMPLE):
    _add(f"apply-{_example}", {"scene.apply": None}, {"scene.apply": RuntimeError("denied")})
    _add(f"second-plan-{_example}", {"scene.drift": list}, {"scene.drift": lambda: ["a: b"]})
_GONE = {"scene.destroy": list, "scene.left": list}
_add(
    "destroy-leaves-nothing",
    _GONE,
    {"scene.destroy": lambda: ["examples/minimal: denied"]},
    {"scene.left": lambda: ["log group: late"]},
)
_add(
    "late-record-brings-nothing-back",
    {"logs.describe_log_groups": {"logGroups": []}},
    {"logs.describe_log_groups": {"logGroups": [{"logGroupName": "/aws/lambda/late"}]}},
)

_add(
    "filter-patterns",
    {"logs.test_metric_filter": _matches()},
    {"logs.test_metric_filter": _matches(wrong="crashes")},
    {"logs.test_metric_filter": {"matches": []}},
)
_VALID = {"result": "OK", "diagnostics": []}
_WARNING = {"code": "DUPLICATE_STATE_NAME", "message": "told"}
_VALIDATE = "stepfunctions.validate_state_machine_definition"
_add(
    "state-machine-definition",
    {_VALIDATE: _VALID},
    {_VALIDATE: {"result": "FAIL", "diagnostics": []}},
    {_VALIDATE: {**_VALID, "diagnostics": [_WARNING]}},
)
_add(
    "metric-without-data",
    {"cloudwatch.get_metric_data": {"MetricDataResults": [{"Values": [0.0, 0.0]}]}},
    {"cloudwatch.get_metric_data": {"MetricDataResults": [{"Values": []}]}},
    {"cloudwatch.get_metric_data": {"MetricDataResults": [{"Values": [0.0, 1.0]}]}},
)
_add(
    "saved-queries-parse",
    {**_GROUP, **_query("Complete")},
    _query("Failed"),
    {"logs.start_query": error("MalformedQueryException")},
)
_add(
    "strangers-have-a-score",
    {"rekognition.compare_faces": _faces(2)},
    {"rekognition.compare_faces": _faces(1, 1)},
)
for _side in ("source", "target"):
    _add(
        f"no-face-in-{_side}-is-an-error",
        {"rekognition.compare_faces": _NO_FACE},
        {"rekognition.compare_faces": _faces(0)},
        {"rekognition.compare_faces": error("InvalidImageFormatException")},
    )
    _name = f"NoFaceIn{_side.title()}Error"
    _add(
        f"no-face-in-{_side}",
        {"lambda.invoke": failed(_name)},
        {"lambda.invoke": decided("no_match")},
        {"lambda.invoke": failed("InvalidRequestError")},
    )


def _alike(same: float, other: float) -> Callable[..., Any]:
    """CompareFaces by who is on the demo's photos."""

    def compare(SourceImage: Any, TargetImage: Any, **_more: Any) -> Any:  # noqa: N803
        pair = next(
            pair
            for pair in ALBUM.pairs()
            if (pair.reference.data, pair.challenge.data)
            == (SourceImage["Bytes"], TargetImage["Bytes"])
        )
        return _faces(1, similarity=same if pair.expected == "match" else other)

    return compare


_COMPARE = "rekognition.compare_faces"
_add(
    "similarities",
    {_COMPARE: _alike(99.9, 3.0)},
    {_COMPARE: _alike(99.9, 81.0)},
    {_COMPARE: _alike(79.0, 3.0)},
)
_add("match", {"lambda.invoke": _OK}, {"lambda.invoke": decided("no_match")})
_add("stranger", {"lambda.invoke": decided("no_match")}, {"lambda.invoke": _OK})
for _name, _error in (
    ("missing", "ImageNotFoundError"),
    ("forbidden", "ImageForbiddenError"),
    ("threshold-not-lowered", "InvalidRequestError"),
):
    _add(
        _name,
        {"lambda.invoke": failed(_error)},
        {"lambda.invoke": decided("no_match")},
        {"lambda.invoke": failed("ImageUnreadableError")},
    )
_add(
    "threshold-raised",
    {"lambda.invoke": _by_threshold()},
    {"lambda.invoke": _by_threshold(stranger="match")},
    {"lambda.invoke": decided("match", threshold=80.0)},
)
_RECORDS = "logs.filter_log_events"
_add(
    "record-in-cloudwatch",
    {"lambda.invoke": _OK, _RECORDS: records(_DECIDED, report(status="success"))},
    {_RECORDS: records()},
    {_RECORDS: records(_DECIDED, _DECIDED, report(status="success"))},
    {_RECORDS: records(_DECIDED, report(status="error"))},
)
_MISSING = failed("ImageNotFoundError")
_add(
    "failure-is-no-crash",
    {"lambda.invoke": _MISSING, _RECORDS: records(report(status="error"))},
    {_RECORDS: records(report(status="error", errorType="Runtime.Unknown"))},
    {_RECORDS: records()},
)

_VERSIONS = {
    "rekognition.compare_faces": _BAD_OBJECT,
    "lambda.invoke": _MISSING,
    "s3.delete_object": {"VersionId": "m"},
    **_PUT,
}
for _name, _head in (("unknown-version", "404"), ("delete-marker", "405")):
    _add(
        _name,
        {**_VERSIONS, "s3.head_object": error(_head)},
        {"rekognition.compare_faces": _faces(1)},
        {"s3.head_object": {}},
        {"lambda.invoke": failed("ImageUnreadableError")},
    )
for _name in ("empty-image", "half-an-image", "cmyk-image", "image-of-108-megapixels"):
    _add(
        _name,
        {**_PUT, "lambda.invoke": failed("ImageFormatError")},
        {"lambda.invoke": failed("CallRejectedError")},
        {"lambda.invoke": decided("no_match")},
    )


def _wins(number: int) -> list[Any]:
    """Answers to eight conditional writes: some win, and the others are refused."""
    return [{}] * number + [error("PreconditionFailed")]


_add("one-claim", {"s3.put_object": _wins(1)}, {"s3.put_object": _wins(2)}, {"s3.put_object": {}})
_add(
    "one-claim-over-a-delete-marker",
    {"s3.put_object": _wins(2), "s3.delete_object": {}},
    {"s3.put_object": _wins(3)},
    {"s3.put_object": [{}, error("PreconditionFailed")]},
)

_PROBE = {
    "lambda.create_function": {},
    "lambda.delete_function": {},
    "lambda.get_function_configuration": {"Role": "role", "Runtime": "r", "State": "Active"},
}
_SHOWN = payload({"errorMessage": "told"})
_add(
    "timeout-is-a-crash",
    {**_PROBE, "lambda.invoke": _SHOWN, _RECORDS: records(report(status="timeout"))},
    {_RECORDS: records(report(status="error", errorType="Sandbox.Timedout"))},
    {_RECORDS: records()},
)
_MEMORY = report(status="error", errorType="Runtime.OutOfMemory")
_add(
    "out-of-memory-is-a-crash",
    {**_PROBE, "lambda.invoke": _SHOWN, _RECORDS: records(_MEMORY)},
    {_RECORDS: records(report(status="error"))},
)
_add(
    "sdk-of-the-runtime",
    {**_PROBE, "lambda.invoke": payload("1.40.4")},
    {"lambda.invoke": payload("1.35.98")},
    {"lambda.create_function": error("InvalidParameterValueException")},
)

_USER = {
    "iam.create_user": {},
    "iam.create_access_key": {"AccessKey": {"AccessKeyId": "k", "SecretAccessKey": "s"}},
    "iam.attach_user_policy": {},
    "iam.list_access_keys": {"AccessKeyMetadata": []},
    "iam.list_attached_user_policies": {"AttachedPolicies": []},
    "iam.delete_user": {},
    "sts-as.get_caller_identity": {},
}
_add("unsigned-request", {}, {}, posts=(403, 200))
_UNKNOWN = error("InvalidClientTokenId")
_add(
    "stranger-to-the-url",
    _USER,
    {},
    {"sts-as.get_caller_identity": _UNKNOWN},
    posts=(403, 200, 403),
)
_add("signed-request", _USER, {}, {}, posts=(200, 403, 502))
_add(
    "no-way-past-the-url",
    {**_USER, "lambda-as.invoke": error("AccessDeniedException")},
    {"lambda-as.invoke": _OK},
    {"lambda-as.invoke": error("ResourceNotFoundException")},
    posts=(200, 200, 200),
)


def _stored(result: object, key: str | None = None) -> Answers:
    """A bucket in which every result has this content."""
    return {
        **_PUT,
        "s3.list_objects_v2": lambda Prefix, **_more: {"Contents": [{"Key": key or Prefix}]},  # noqa: N803
        "s3.get_object": body(result),
    }


_MATCH = {"decision": "match", "request_id": "r-1"}
_NO_RESULT: Answers = {"s3.list_objects_v2": {}}
for _name in ("upload-decided", "upload-under-a-customer-key"):
    _add(_name, _stored(_MATCH), _NO_RESULT, _stored({"decision": "no_match"}))
_add("upload-into-an-idle-queue", _stored(_MATCH), _NO_RESULT)
_add("stranger-uploaded", _stored({"decision": "no_match"}), _stored(_MATCH), _NO_RESULT)


def _waiting(*, kept: object = _MATCH, left: bool = False, marks: int = 2) -> Answers:
    """A bucket in which photos wait for a reference; whether the deleted one has a result."""

    def listed(Prefix: str, **_more: object) -> Any:  # noqa: N803
        if Prefix.endswith("/waiting/"):
            return {"Contents": [{"Key": f"{Prefix}{each}.waiting"} for each in range(marks)]}
        keys = [] if "gone" in Prefix and not left else [Prefix]
        return {"Contents": [{"Key": key} for key in keys]}

    return {
        **_PUT,
        "s3.delete_object": {},
        "s3.list_objects_v2": listed,
        "s3.get_object": body(kept),
    }


for _name in ("upload-before-its-reference", "deleted-upload"):
    _add(
        _name,
        _waiting(),
        _waiting(marks=0),
        _waiting(kept={"error": {"type": "ReferenceNotFoundError"}}),
        *([_waiting(left=True)] if _name == "deleted-upload" else []),
    )


def _announced(*keys: str) -> dict[str, Any]:
    bodies = [json.dumps({"detail": {"object": {"key": key}}}) for key in keys]
    return {"Messages": [{"Body": text, "ReceiptHandle": "h"} for text in bodies]}


_DORA = "results/dora/door 1+.jpg/v.json"
_RECEIVE = "sqs.receive_message"
_add(
    "result-announced",
    {**_PUT, "sqs.delete_message": {}, _RECEIVE: _announced(_DORA)},
    {_RECEIVE: _announced("results/another.json")},
    {_RECEIVE: _announced(_DORA, f"{_DORA}.claim")},
)
_ATTRIBUTES = {
    "RedrivePolicy": json.dumps({"deadLetterTargetArn": "dead", "maxReceiveCount": 5}),
    "VisibilityTimeout": "180",
    "ApproximateNumberOfMessages": "1",
}
_REFUSED_THEN_FINE = [failed("ImageForbiddenError"), _OK]
_DEAD = {
    **_stored(_MATCH),
    "sqs.get_queue_url": {"QueueUrl": "u"},
    "sqs.get_queue_attributes": {"Attributes": _ATTRIBUTES},
    "sqs.set_queue_attributes": {},
    "sqs.start_message_move_task": {},
    "lambda.get_function_configuration": {"Role": "arn:aws:iam::111122223333:role/r"},
    "lambda.invoke": _REFUSED_THEN_FINE,
    "iam.get_role_policy": {"PolicyDocument": {"Statement": [{"Sid": "ReadImages"}]}},
    "iam.put_role_policy": {},
}
for _name in ("dead-letter-put-back", "dead-letter-under-a-customer-key"):
    _add(
        _name,
        _DEAD,
        {"lambda.invoke": _REFUSED_THEN_FINE, **_NO_RESULT},
        {"sqs.start_message_move_task": error("ResourceNotFoundException")},
        {
            "sqs.get_queue_attributes": [
                {"Attributes": _ATTRIBUTES},
                {"Attributes": {**_ATTRIBUTES, "ApproximateNumberOfMessages": "0"}},
            ]
        },
    )
_POINTS = "cloudwatch.get_metric_statistics"
_add(
    "no-invocation-dropped",
    {_POINTS: {"Datapoints": []}},
    {_POINTS: {"Datapoints": [{"Sum": 1.0}]}},
)
_RESULTS = [{"Key": f"results/ivan/{number}.json"} for number in range(1000)]
_add(
    "thousand-uploads",
    {**_PUT, "s3.list_objects_v2": {"Contents": _RESULTS}, _POINTS: {"Datapoints": []}},
    {"s3.list_objects_v2": {"Contents": _RESULTS[1:]}},
    {_POINTS: {"Datapoints": [{"Sum": 1.0}]}},
)


_MANIFEST = {"ResultFiles": {"SUCCEEDED": [{"Key": "lines"}], "FAILED": [], "PENDING": []}}


def _run(
    status: str = "SUCCEEDED",
    lines: tuple[object, ...] = (),
    failure: str = "",
    redrives: int = 0,
    cause: str = "told",
) -> Answers:
    """A run with this end and these lines."""
    text = "\n".join(json.dumps(each) for each in lines)

    def content(Key: str, **_more: object) -> Any:  # noqa: N803
        return body(json.dumps(_MANIFEST) if Key.endswith("manifest.json") else text)()

    end = {"status": status, "error": failure, "cause": cause if failure else ""}
    counts = {"redriveCount": redrives, "executionCounts": {"failed": 1}}
    return {
        **_PUT,
        "stepfunctions.start_execution": {"executionArn": "arn:run"},
        "stepfunctions.describe_execution": end,
        "stepfunctions.redrive_execution": {},
        "stepfunctions.stop_execution": {},
        "stepfunctions.list_map_runs": {"mapRuns": [{"mapRunArn": "map"}]},
        "stepfunctions.describe_map_run": counts,
        "stepfunctions.list_executions": {"executions": [{"executionArn": "batch"}]},
        "s3.list_objects_v2": {"Contents": [{"Key": "results/batch/run/manifest.json"}]},
        "s3.get_object": content,
    }


_LINES = (
    {"decision": "match"},
    {"decision": "no_match"},
    {"error": {"type": "ImageNotFoundError"}},
)
_UNREADABLE = {"error": {"type": "ImageUnreadableError"}}
_add(
    "list-of-pairs",
    _run(lines=_LINES),
    _run(lines=_LINES[:2]),
    _run(lines=(*_LINES[:2], _UNREADABLE)),
    _run("FAILED", failure="States.ResultWriterFailed"),
)
_TOLERANCE = "States.ExceedToleratedFailureThreshold"
_DESCRIBE = "stepfunctions.describe_execution"
_ENDS = [
    {"status": "FAILED", "error": _TOLERANCE},
    {"status": "SUCCEEDED"},
]
_add(
    "failed-list-redriven",
    {**_run(lines=_LINES[:1], redrives=1), _DESCRIBE: _ENDS},
    {_DESCRIBE: {"status": "SUCCEEDED"}},
    {_DESCRIBE: [_ENDS[0], _ENDS[0]]},
    {_DESCRIBE: _ENDS, "stepfunctions.describe_map_run": {"redriveCount": 0}},
    {_DESCRIBE: _ENDS, "stepfunctions.redrive_execution": error("ExecutionNotRedrivable")},
)
_add(
    "failed-batch-within-tolerance",
    _run(),
    _run("FAILED", failure=_TOLERANCE),
    {"stepfunctions.describe_map_run": {"executionCounts": {"failed": 0}}},
)
_add(
    "list-from-a-spreadsheet",
    _run(lines=_LINES[:2]),
    _run("FAILED", failure="States.ItemReaderFailed"),
    _run(lines=(*_LINES[:2], _UNREADABLE)),
)
_add(
    "list-that-is-missing",
    _run("FAILED", failure="InvalidManifestError", cause="There is no manifests/none.csv"),
    _run("FAILED", failure="States.ItemReaderFailed", cause="AccessDenied"),
    _run(),
)
_add(
    "list-of-another-kind",
    _run("FAILED", failure="InvalidManifestError"),
    _run(),
    _run("FAILED", failure="States.Runtime"),
)


def _history(name: str) -> Answers:
    event = {"type": "TaskFailed", "taskFailedEventDetails": {"error": name}}
    return {"stepfunctions.get_execution_history": {"events": [event]}}


_UPDATED = {
    **_run(),
    "lambda.update_function_code": {},
    "lambda.update_function_configuration": {},
    "lambda.get_function_configuration": {"LastUpdateStatus": "Successful"},
}
for _name, _error in (
    ("batch-that-times-out", "Sandbox.Timedout"),
    ("batch-without-memory", "Runtime.ExitError"),
):
    _add(
        _name,
        {**_UPDATED, **_history(_error)},
        _history("Lambda.Unknown"),
        {"stepfunctions.get_execution_history": {"events": []}},
    )


def _alarm(state: str, *history: str) -> Answers:
    """An alarm in this state, whose history is made of states and of what its actions came to."""
    states = {"ALARM", "OK"}
    return {
        "cloudwatch.put_metric_data": {},
        "cloudwatch.describe_alarms": {"MetricAlarms": [{"StateValue": state}]},
        "cloudwatch.describe_alarm_history": {
            "AlarmHistoryItems": [
                {"HistoryItemType": "StateUpdate", "HistorySummary": f"Alarm updated to {each}"}
                if each in states
                else {"HistoryItemType": "Action", "HistorySummary": each}
                for each in history
            ]
        },
    }


_SENT, _UNSENT = "Successfully executed action arn", "Failed to execute action arn"
_NEW = ("OK", _SENT)
_add(
    "alarm-goes-off",
    _alarm("ALARM", *_NEW, "ALARM", _SENT),
    _alarm("OK", *_NEW),
    _alarm("ALARM", *_NEW, "ALARM"),
    _alarm("ALARM", *_NEW, "ALARM", _UNSENT),
)
_add(
    "alarm-ends",
    _alarm("OK", *_NEW, "ALARM", _SENT, "OK", _SENT),
    _alarm("ALARM", *_NEW, "ALARM", _SENT),
    _alarm("OK", *_NEW),
    _alarm("OK", *_NEW, "ALARM", _SENT, "OK"),
    _alarm("OK", *_NEW, "ALARM", _SENT, "OK", _UNSENT),
)
_add(
    "decision-under-a-customer-key",
    {"lambda.invoke": _OK},
    {"lambda.invoke": failed("ImageKeyUnusableError")},
)
_REFUSED = error("PreconditionFailed")
_WRITTEN = {"ETag": "e"}
_add(
    "if-match-under-a-customer-key",
    {"s3.put_object": [_WRITTEN, {}, _REFUSED]},
    {"s3.put_object": [_WRITTEN, {}, {}]},
    {"s3.put_object": [_WRITTEN, _REFUSED, _REFUSED]},
)
_add(
    "saved-queries",
    {**_SAVED, **_query("Complete")},
    _query("Failed"),
    {"logs.describe_query_definitions": {"queryDefinitions": []}},
)
_add(
    "request-found-by-query",
    {**_SAVED, "lambda.invoke": _OK, **_query("Complete", decision="match")},
    _query("Complete"),
    _query("Complete", decision="no_match"),
)
_P50 = {"ExtendedStatistics": {"p50": 98.5}}
_add(
    "percentile-of-similarity",
    {"lambda.invoke": _OK, _POINTS: {"Datapoints": [_P50]}},
    {_POINTS: {"Datapoints": []}},
    {_POINTS: {"Datapoints": [{"ExtendedStatistics": {"p50": -1.0}}]}},
)
_add(
    "key-that-is-disabled",
    {
        "kms.disable_key": {},
        "kms.enable_key": {},
        "lambda.invoke": failed("ImageKeyUnusableError"),
        "s3.head_object": {"ResponseMetadata": {"HTTPStatusCode": 200}},
        "rekognition.compare_faces": _BAD_OBJECT,
    },
    {"lambda.invoke": failed("ImageNotFoundError")},
    {"lambda.invoke": _OK},
    {"rekognition.compare_faces": error("AccessDeniedException")},
    {"s3.head_object": error("404")},
)


def _trail(queue: str) -> dict[str, Any]:
    asked = {"encryptionContext": {"aws:sqs:arn": f"arn:aws:sqs:eu-west-1:1:{queue}"}}
    event = {"eventName": "Decrypt", "requestParameters": asked}
    return {"Events": [{"CloudTrailEvent": json.dumps(event)}]}


_TRAIL = "cloudtrail.lookup_events"
_add(
    "trail-of-the-key",
    {_TRAIL: _trail(f"{NAME}-uploads")},
    {_TRAIL: _trail(f"{NAME}-uploads-failed")},
)
_add(
    "every-region",
    {
        "lambda.get_function_configuration": {"Role": "role"},
        "lambda-in.create_function": [{}, error("OptInRequired"), {}],
        "lambda-in.create_function_url_config": {},
        "lambda-in.delete_function": {},
    },
    {"lambda-in.create_function": error("InvalidParameterValueException")},
    {"lambda-in.create_function_url_config": error("UnknownOperationException")},
    {"lambda-in.create_function": error("OptInRequired")},
)
_QUOTA = {
    "service-quotas.list_service_quotas": {
        "Quotas": [{"QuotaName": "Calls of CompareFaces", "Value": 1.0}]
    }
}
_THROTTLED = error("ProvisionedThroughputExceededException")
_add(
    "quota-exceeded",
    {
        **_QUOTA,
        "rekognition.compare_faces": _THROTTLED,
        _POINTS: {"Datapoints": [{"Sum": 3.0}]},
    },
    {"rekognition.compare_faces": _faces(1)},
    {_POINTS: {"Datapoints": []}},
)
_add(
    "quota-used",
    {**_QUOTA, "rekognition.compare_faces": _faces(1), _POINTS: {"Datapoints": []}},
    {_POINTS: {"Datapoints": [{"Sum": 1.0}]}},
    {"rekognition.compare_faces": _THROTTLED},
    {"rekognition.compare_faces": {**_faces(1), "ResponseMetadata": {"RetryAttempts": 1}}},
)

_add(
    "decision-in-a-private-network",
    {"lambda.invoke": _OK},
    {"lambda.invoke": failed("ServiceUnavailableError")},
)
_add(
    "code-without-rights-on-the-network",
    {
        **_UPDATED,
        "lambda.invoke": payload({"errorMessage": "with an explicit deny in a policy"}),
    },
    {"lambda.invoke": payload(None)},
    {"lambda.invoke": payload({"errorMessage": "no identity-based policy allows it"})},
)
