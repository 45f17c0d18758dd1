"""Checks that need nothing deployed: patterns, queries, the state machine, Rekognition itself."""

from __future__ import annotations

import functools
import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from acceptance.model import Scene, Verdict, check
from local import use
from local.photos import Album, Expected, Photo
from local.rekognition.comparison import compare_faces
from local.rekognition.dlib_engine import DlibEngine
from local.rekognition.faces import ImageFile
from tools import aws_documents

FILTER = "aws_cloudwatch_log_metric_filter.record["
QUERY = "aws_cloudwatch_query_definition.saved["
_THRESHOLD = 80.0
"""The module's default."""
_DECIDED = "face comparison decided"
_REFUSED = {"comparisons", "refused_access"}
_REQUEST = {"comparisons"}
_COUNTED_BY_TYPE = {
    "CallForbiddenError": _REFUSED,
    "CallRejectedError": {"comparisons", "errors"},
    "ImageForbiddenError": _REFUSED,
    "ImageFormatError": _REQUEST,
    "ImageKeyUnusableError": _REFUSED,
    "ImageNotFoundError": _REQUEST,
    "ImageTooLargeError": _REQUEST,
    "ImageUnreadableError": {"comparisons", "errors"},
    "InvalidRequestError": _REQUEST,
    "KeyError": {"comparisons", "errors"},
    "NoFaceInSourceError": {"comparisons", "no_face"},
    "NoFaceInTargetError": {"comparisons", "no_face"},
    "OutOfTimeError": {"comparisons", "unavailable"},
    "ReferenceNotFoundError": {"comparisons", "no_reference"},
    "ServiceUnavailableError": {"comparisons", "unavailable"},
    "SeveralFacesInSourceError": _REQUEST,
    "SeveralFacesInTargetError": _REQUEST,
    "ThrottledError": {"comparisons", "throttled"},
}


def samples() -> Iterator[tuple[str, frozenset[str]]]:
    """Log records, and the metric filters that must count each."""
    for decision, metric in (
        ("match", "matches"),
        ("no_match", "no_matches"),
        ("review", "reviews"),
    ):
        record = {"message": _DECIDED, "decision": decision, "similarity": 91.5}
        yield json.dumps(record), frozenset({"comparisons", "similarity", metric})
    for name, metrics in _COUNTED_BY_TYPE.items():
        record = {"message": "face comparison failed", "error_type": name}
        yield json.dumps(record), frozenset(metrics)
    yield json.dumps({"message": "image already decided"}), frozenset()
    for status, error_type, counted in (
        ("success", None, False),
        ("error", "InvalidRequestError", False),
        ("error", "Runtime.ExitError", True),
        ("error", "Runtime.OutOfMemory", True),
        ("failure", "Sandbox.Failure", True),
        ("timeout", None, True),
        ("timeout", "Sandbox.Timedout", True),
    ):
        told = {"errorType": error_type} if error_type else {}
        report = {"type": "platform.report", "record": {"status": status, **told}}
        yield json.dumps(report), frozenset({"crashes"} if counted else ())


@functools.cache
def rendered() -> Mapping[str, str]:
    """Every text of the module, of modules/batch and of examples/monitored, by its place."""
    return aws_documents.texts(["monitored"])


def instances(beginning: str, attribute: str) -> dict[str, str]:
    """One attribute of each instance of a rendered resource, by the instance's name."""
    return {
        place.partition(beginning)[2].partition("]")[0].strip('"'): text
        for place, text in rendered().items()
        if beginning in place and place.endswith(f"].{attribute}")
    }


@check(
    "filter-patterns",
    "CloudWatch reads the patterns of the metric filters as the module means them.",
    "each of the records matches exactly the filters that should count it",
    row=1,
    not_local="the emulator does not have TestMetricFilter",
)
def filter_patterns(scene: Scene) -> Verdict:
    """Ask for each pattern which of the records match."""
    messages, wanted = zip(*samples(), strict=True)
    found: list[set[str]] = [set() for _ in messages]
    patterns = instances(FILTER, "pattern")
    for name, pattern in patterns.items():
        answer = scene.client("logs").test_metric_filter(
            filterPattern=pattern, logEventMessages=list(messages)
        )
        for match in answer["matches"]:
            found[match["eventNumber"] - 1].add(name)
    wrong = [
        f"{message}: {sorted(got)}, not {sorted(want)}"
        for message, got, want in zip(messages, found, wanted, strict=True)
        if got != want
    ]
    good = f"{len(patterns)} patterns, {len(messages)} records, all as intended"
    return patterns and not wrong, "; ".join(wrong) or good


@check(
    "state-machine-definition",
    "Step Functions takes the definition of modules/batch.",
    "OK, without a diagnostic",
    row=2,
)
def state_machine_definition(scene: Scene) -> Verdict:
    """Have the rendered definition validated."""
    (definition,) = (
        text for place, text in rendered().items() if place.endswith("batch.definition")
    )
    answer = scene.client("stepfunctions").validate_state_machine_definition(definition=definition)
    diagnostics = [f"{each['code']} {each['message']}" for each in answer["diagnostics"]]
    return answer["result"] == "OK" and not diagnostics, [answer["result"], *diagnostics]


@check(
    "metric-without-data",
    "FILL(metric, 0) gives zeros for a metric that never had data, so alarms do not lack data.",
    "zeros",
    row=3,
    not_local="the emulator has no metric math",
)
def metric_without_data(scene: Scene) -> Verdict:
    """Ask for a metric that does not exist, as the alarms do."""
    metric = {"Namespace": f"FaceCompare/{scene.name}-none", "MetricName": "Errors"}
    now = datetime.now(UTC)
    (found,) = scene.client("cloudwatch").get_metric_data(
        StartTime=now - timedelta(minutes=30),
        EndTime=now,
        MetricDataQueries=[
            {"Id": "result", "Expression": "FILL(m1, 0)"},
            {
                "Id": "m1",
                "MetricStat": {"Metric": metric, "Period": 300, "Stat": "Sum"},
                "ReturnData": False,
            },
        ],
    )["MetricDataResults"]
    return found["Values"] and set(found["Values"]) == {0.0}, found["Values"] or "no values"


@check(
    "saved-queries-parse",
    "CloudWatch Logs Insights can run each saved query, also before there is any record.",
    "each query is Complete",
    row=3,
)
def saved_queries_parse(scene: Scene) -> Verdict:
    """Run each query on an empty log group."""
    queries = instances(QUERY, "query_string")
    with _log_group(scene) as group:
        states = {name: run_query(scene, group, text)[0] for name, text in queries.items()}
    return states and set(states.values()) == {"Complete"}, states


@contextmanager
def _log_group(scene: Scene) -> Iterator[str]:
    logs, name = scene.client("logs"), f"/aws/lambda/{scene.name}-free"
    logs.create_log_group(logGroupName=name, tags=scene.tags)
    try:
        yield name
    finally:
        logs.delete_log_group(logGroupName=name)


def run_query(scene: Scene, group: str, query: str) -> tuple[str, list[dict[str, str]]]:
    """Run a query of Logs Insights over the last hour; its state at the end, and its rows."""
    logs, now = scene.client("logs"), datetime.now(UTC)
    started = logs.start_query(
        logGroupName=group,
        queryString=query,
        startTime=int((now - timedelta(hours=1)).timestamp()),
        endTime=int((now + timedelta(minutes=1)).timestamp()),
    )

    def ended() -> Any:
        answer = logs.get_query_results(queryId=started["queryId"])
        return answer if answer["status"] not in {"Scheduled", "Running"} else None

    answer = scene.wait(ended, 60, "the end of a query")
    rows = [{each["field"]: each["value"] for each in row} for row in answer["results"]]
    return str(answer["status"]), rows


def _photo(scene: Scene, key: str) -> Photo:
    folder, _, name = key.partition("/")
    photos = scene.album.references if folder == "reference" else scene.album.challenges
    return next(photo for photo in photos if photo.name == name)


def rekognition(scene: Scene, source: str, target: str, threshold: float = 0.0) -> Any:
    """Call CompareFaces with the bytes of two photos of the album, as the function does."""
    return scene.client("rekognition").compare_faces(
        SourceImage={"Bytes": _photo(scene, source).data},
        TargetImage={"Bytes": _photo(scene, target).data},
        SimilarityThreshold=threshold,
    )


@check(
    "strangers-have-a-score",
    "With a threshold of 0, CompareFaces gives a similarity to every face, strangers too.",
    "both faces of the group are in FaceMatches, and UnmatchedFaces is empty",
    row=5,
)
def strangers_have_a_score(scene: Scene) -> Verdict:
    """Compare one person with a photo of two."""
    answer = rekognition(scene, use.GRACE, use.BOTH)
    found = len(answer["FaceMatches"]), len(answer["UnmatchedFaces"])
    seen = f"{found[0]} in FaceMatches, {found[1]} in UnmatchedFaces"
    return found == (2, 0), f"{seen} ({request_of(answer)})"


def request_of(answer: Mapping[str, Any]) -> str:
    """The request id of an answer of AWS."""
    return f"request {answer.get('ResponseMetadata', {}).get('RequestId', 'none')}"


@check(
    "no-face-in-source-is-an-error",
    "CompareFaces refuses a source without a face; it does not answer with an empty list.",
    "InvalidParameterException",
    row=6,
)
def no_face_in_source(scene: Scene) -> Verdict:
    """Compare a cat with a person."""
    return _refusal(scene, use.CAT, use.EILEEN)


@check(
    "no-face-in-target-is-an-error",
    "CompareFaces refuses a target without a face; it does not answer with an empty list.",
    "InvalidParameterException",
    row=6,
)
def no_face_in_target(scene: Scene) -> Verdict:
    """Compare a person with a cat."""
    return _refusal(scene, use.EILEEN, use.CAT)


def _refusal(scene: Scene, source: str, target: str) -> Verdict:
    try:
        answer = rekognition(scene, source, target)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        return code == "InvalidParameterException", f"{code} ({request_of(error.response)})"
    return False, f"200 with {len(answer['FaceMatches'])} matches ({request_of(answer)})"


@check(
    "similarities",
    "Rekognition and the stand-in of the local stack decide alike on the demo's photos.",
    "every pair of one person at 80 or more, every other pair below",
)
def similarities(scene: Scene) -> Verdict:
    """Compare every pair of the demo, and keep both scores."""
    ours, rows, wrong = stand_in(scene.album), [], []
    for pair in scene.album.pairs():
        if not pair.challenge.people:
            continue
        scene.go_on()
        answer = rekognition(scene, pair.source, pair.target)
        theirs = _best(answer)
        row = {
            "source": pair.source,
            "target": pair.target,
            "expected": str(pair.expected),
            "rekognition": theirs,
            "stand_in": ours[pair.source, pair.target],
        }
        rows.append(row)
        if (theirs >= _THRESHOLD) is not (pair.expected is Expected.MATCH):
            wrong.append(row)
    scene.similarities.extend(rows)
    return rows and not wrong, wrong or f"{len(rows)} pairs, all on their side of 80"


def _best(answer: Mapping[str, Any]) -> float:
    return round(max((each["Similarity"] for each in answer["FaceMatches"]), default=0.0), 2)


def stand_in(album: Album) -> Mapping[tuple[str, str], float]:
    """The similarity of each pair of the album by the local stack's stand-in."""
    engine = DlibEngine()
    faces = {
        photo.name: engine.analyze(ImageFile(photo.data))
        for photo in (*album.references, *album.challenges)
        if photo.people
    }
    return {
        (pair.source, pair.target): _best(
            compare_faces(faces[pair.reference.name], faces[pair.challenge.name], 0.0)
        )
        for pair in album.pairs()
        if pair.challenge.people
    }


@check(
    "quota-exceeded",
    "Above the quota, Rekognition throttles; it says so by an error, and counts it.",
    "some of the calls throttled, and ThrottledCount in CloudWatch",
    row=8,
    extra="quota",
    not_local="the emulator has no metrics of Rekognition",
)
def quota_exceeded(scene: Scene) -> Verdict:
    """Call at one and a half times the quota for a minute."""
    codes = _burst(scene, 1.5, 60)
    counts = {name: _counted(scene, name) for name in ("ThrottledCount", "UserErrorCount")}
    throttled = codes.total() - codes["200"]
    return throttled and counts["ThrottledCount"], f"{dict(codes)}, {counts}"


@check(
    "quota-used",
    "At 98 % of the quota nothing is throttled, so the function's pace is right.",
    "every call answered, and ThrottledCount 0",
    row=8,
    extra="quota",
    not_local="the emulator has no quota",
)
def quota_used(scene: Scene) -> Verdict:
    """Call at 98 % of the quota for ten minutes."""
    codes = _burst(scene, 0.98, 600)
    # Of its last five minutes only, so that nothing of the check before is counted.
    throttled = _counted(scene, "ThrottledCount")
    return set(codes) == {"200"} and not throttled, f"{dict(codes)}, ThrottledCount {throttled:g}"


def _burst(scene: Scene, share: float, seconds: float) -> Counter[str]:
    """Call CompareFaces at a share of the quota; how many calls ended with each code."""
    pages = scene.client("service-quotas").get_paginator("list_service_quotas")
    listed = [
        each
        for page in pages.paginate(ServiceCode="rekognition")
        for each in page["Quotas"]
        if "CompareFaces" in each["QuotaName"]
    ]
    quota = float(listed[0]["Value"])
    began, count = time.monotonic(), max(1, int(quota * share * seconds * scene.patience))

    def call(number: int) -> str:
        scene.go_on()
        time.sleep(max(0.0, began + number / (quota * share) * scene.patience - time.monotonic()))
        try:
            answer = rekognition(scene, use.EILEEN, use.DARK)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        # A throttled call that boto3 has tried again counts as throttled.
        return "retried" if answer.get("ResponseMetadata", {}).get("RetryAttempts") else "200"

    with ThreadPoolExecutor(min(256, int(quota * 2) + 1)) as pool:
        return Counter(pool.map(call, range(count)))


def _counted(scene: Scene, metric: str) -> float:
    now = datetime.now(UTC)

    def points() -> list[Any]:
        found: list[Any] = scene.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Rekognition",
            MetricName=metric,
            Dimensions=[{"Name": "Operation", "Value": "CompareFaces"}],
            StartTime=now - timedelta(minutes=5),
            EndTime=datetime.now(UTC),
            Period=60,
            Statistics=["Sum"],
        )["Datapoints"]
        return found

    try:
        return float(sum(each["Sum"] for each in scene.wait(points, 180, metric)))
    except AssertionError:
        return 0.0
