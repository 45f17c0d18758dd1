"""Metric filters, alarms and queries of examples/monitored against records of the real function."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from local import use
from local.photos import default_album
from tests.integration.conftest import Deployed, Everything
from tests.integration.example_uses import people
from tests.integration.filter_patterns import matches

REFERENCE, SAME, STRANGER = (
    "reference/m/front.jpg",
    "challenge/m/same.jpg",
    "challenge/m/stranger.jpg",
)
_BUILT_IN = {"record", "requestId", "review_threshold"}
"""Fields that Lambda writes ("record" only in its own reports), and one that is there when set."""


@pytest.fixture(scope="module")
def watched(everything: Everything) -> Deployed:
    outputs = everything.applied["monitored"].result().outputs
    found = Deployed(
        everything.stack,
        outputs["bucket_name"],
        outputs["function_name"],
        outputs["log_group_name"],
    )
    album = default_album()
    same, other = people(album)
    s3 = everything.stack.client("s3")
    cat = next(photo for photo in album.challenges if not photo.people)
    use.upload(s3, found.bucket, REFERENCE, same[0])
    use.upload(s3, found.bucket, SAME, same[1])
    use.upload(s3, found.bucket, STRANGER, other)
    use.upload(s3, found.bucket, "challenge/m/cat.jpg", cat)
    use.upload(s3, found.bucket, "private/front.jpg", same[0])
    return found


@pytest.fixture(scope="module")
def filters(watched: Deployed) -> list[dict[str, Any]]:
    found = watched.stack.client("logs").describe_metric_filters(logGroupName=watched.log_group)
    listed: list[dict[str, Any]] = found["metricFilters"]
    return listed


def counted(filters: list[dict[str, Any]], records: list[dict[str, Any]]) -> dict[str, int]:
    """How many records each metric counts, zeros left out."""
    metrics: dict[str, int] = {}
    for each in filters:
        name = each["metricTransformations"][0]["metricName"]
        hits = sum(matches(each["filterPattern"], record) for record in records)
        metrics[name] = metrics.get(name, 0) + hits
    return {name: count for name, count in metrics.items() if count}


@pytest.mark.parametrize(
    ("source", "target", "metrics"),
    [
        (REFERENCE, SAME, {"Comparisons": 1, "Matches": 1, "Similarity": 1}),
        (REFERENCE, STRANGER, {"Comparisons": 1, "NoMatches": 1, "Similarity": 1}),
        (REFERENCE, "challenge/m/cat.jpg", {"Comparisons": 1, "NoFace": 1}),
        (REFERENCE, "challenge/m/none.jpg", {"Comparisons": 1}),
        ("private/front.jpg", SAME, {"Comparisons": 1, "RefusedAccess": 1}),
    ],
)
def test_each_outcome_is_counted_once_and_by_the_right_metric(
    watched: Deployed,
    filters: list[dict[str, Any]],
    source: str,
    target: str,
    metrics: dict[str, int],
) -> None:
    """Else an alarm would stay silent, or wake somebody for a bad photo."""
    outcome = watched.compare(source, target)
    records = watched.records(outcome)
    assert counted(filters, records) == metrics


def test_the_score_is_taken_from_the_record(
    watched: Deployed, filters: list[dict[str, Any]]
) -> None:
    """Else the dashboard's similarity would be empty."""
    outcome = watched.compare(REFERENCE, SAME)
    assert outcome.answer is not None
    (each,) = [one for one in filters if one["filterName"].endswith("-similarity")]
    (decided,) = [
        record for record in watched.records(outcome) if matches(each["filterPattern"], record)
    ]
    field = each["metricTransformations"][0]["metricValue"].removeprefix("$.")
    assert decided[field] == outcome.answer["similarity"]


@pytest.mark.parametrize(
    ("status", "error_type"),
    [
        ("error", "Runtime.ExitError"),
        ("error", "Runtime.OutOfMemory"),
        ("failure", "Sandbox.Failure"),
        ("timeout", "Sandbox.Timedout"),
        ("timeout", None),
    ],
)
def test_a_crash_counts_although_the_payload_could_not_record_it(
    filters: list[dict[str, Any]], status: str, error_type: str | None
) -> None:
    """Else a function that always runs out of time or memory would look idle.

    The record is made by hand, after AWS's own emulator of the runtime interface.
    """
    assert counted(filters, [report(status, error_type)]) == {"Faults": 1}


@pytest.mark.parametrize("status", ["success", "error", "failure"])
@pytest.mark.parametrize("error_type", [None, "InvalidRequestError", "KeyError"])
def test_an_exception_that_is_on_record_does_not_count_again_as_a_crash(
    filters: list[dict[str, Any]], status: str, error_type: str | None
) -> None:
    """Else every bad photo would wake somebody, whatever status Lambda gives its invocation."""
    assert counted(filters, [report(status, error_type)]) == {}


def report(status: str, error_type: str | None) -> dict[str, Any]:
    """Lambda's own record of the end of an invocation."""
    told = {} if error_type is None else {"errorType": error_type}
    return {"type": "platform.report", "record": {"requestId": "r", "status": status, **told}}


@pytest.mark.parametrize(
    ("error_type", "metrics"),
    [
        ("ImageUnreadableError", {"Faults": 1}),
        ("KeyError", {"Faults": 1}),
        ("OutOfTimeError", {"Unavailable": 1}),
        ("ServiceUnavailableError", {"Unavailable": 1}),
        ("ThrottledError", {"Throttled": 1}),
        ("CallForbiddenError", {"RefusedAccess": 1}),
        ("InvalidRequestError", {}),
    ],
)
def test_every_kind_of_failure_has_its_metric(
    filters: list[dict[str, Any]], error_type: str, metrics: dict[str, int]
) -> None:
    """Else a defect of the payload, or of AWS, would wake nobody."""
    failed = {"message": "face comparison failed", "error_type": error_type}
    assert counted(filters, [failed]) == {"Comparisons": 1, **metrics}


def test_saved_queries_ask_for_fields_that_records_have(watched: Deployed) -> None:
    """Else whoever is on call would be shown empty columns at night.

    No emulator runs them: their form has been checked by nothing but reading.
    """
    s3 = watched.stack.client("s3")
    source, target = (
        {"key": key, "version_id": s3.head_object(Bucket=watched.bucket, Key=key)["VersionId"]}
        for key in (REFERENCE, SAME)
    )
    records = [
        record
        for each in (target, "challenge/m/none.jpg")
        for record in watched.records(watched.compare(source, each))
    ]
    known = {name for record in records for name in record} | _BUILT_IN
    found = watched.stack.client("logs").describe_query_definitions(
        queryDefinitionNamePrefix=f"{watched.function}/"
    )["queryDefinitions"]
    assert len(found) == 5
    for query in found:
        assert query["logGroupNames"] == [watched.log_group]
        for line in query["queryString"].splitlines():
            # Without strings and regular expressions.
            bare = re.sub(r'"[^"]*"|/[^/]*/', "", line)
            named = re.findall(r'[A-Za-z@_][\w.@]*(?![\w"(]*["(])', bare)
            fields = {word.split(".")[0] for word in named if not word.startswith("@")}
            unknown = fields - known - {"fields", "filter", "sort", "limit", "desc", "asc"}
            assert unknown <= {"in", "or", "and", "abs", "like"}, f"{query['name']}: {unknown}"


def test_every_alarm_has_somebody_to_tell(watched: Deployed, everything: Everything) -> None:
    """Else an alarm would go off in a room with nobody in it."""
    topic = everything.applied["monitored"].result().outputs["topic_arn"]
    cloudwatch = watched.stack.client("cloudwatch")
    found = cloudwatch.describe_alarms(AlarmNamePrefix=f"{watched.function}-")["MetricAlarms"]
    assert len(found) == 10
    assert watched.stack.client("sns").get_topic_attributes(TopicArn=topic)["Attributes"]


def test_the_dashboard_is_what_cloudwatch_reads(watched: Deployed) -> None:
    """Else the console would show an empty page."""
    cloudwatch = watched.stack.client("cloudwatch")
    found = cloudwatch.get_dashboard(DashboardName=f"{watched.function}-eu-west-1")
    widgets = json.loads(found["DashboardBody"])["widgets"]
    assert [widget["type"] for widget in widgets].count("metric") == 8
    assert [widget["type"] for widget in widgets].count("log") == 1
