"""Metric filters, alarms and queries of examples/monitored against records of the real function."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.integration.conftest import CAT, DARK, EILEEN, GRACE, MISSING, Deployed
from tests.integration.filter_patterns import matches

_BUILT_IN = {"record", "requestId", "review_threshold"}
"""Fields that Lambda writes ("record" only in its own reports), and one that is there when set."""


@pytest.fixture(scope="module")
def filters(monitored: Deployed) -> list[dict[str, Any]]:
    found = monitored.stack.client("logs").describe_metric_filters(logGroupName=monitored.log_group)
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
        (EILEEN, DARK, {"Comparisons": 1, "Matches": 1, "Similarity": 1}),
        (GRACE, DARK, {"Comparisons": 1, "NoMatches": 1, "Similarity": 1}),
        (EILEEN, CAT, {"Comparisons": 1, "NoFace": 1}),
        (EILEEN, MISSING, {"Comparisons": 1}),
        ("private/eileen.jpg", DARK, {"Comparisons": 1, "RefusedAccess": 1}),
    ],
)
def test_an_alarm_neither_stays_silent_nor_wakes_somebody_for_a_bad_image(
    monitored: Deployed,
    filters: list[dict[str, Any]],
    source: str,
    target: str,
    metrics: dict[str, int],
) -> None:
    outcome = monitored.compare(source, target)
    records = monitored.records(outcome)
    assert counted(filters, records) == metrics


def test_the_dashboards_similarity_is_not_empty(
    monitored: Deployed, filters: list[dict[str, Any]]
) -> None:
    outcome = monitored.compare(EILEEN, DARK)
    assert outcome.answer is not None
    (each,) = [one for one in filters if one["filterName"].endswith("-similarity")]
    (decided,) = [
        record for record in monitored.records(outcome) if matches(each["filterPattern"], record)
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
def test_a_function_that_always_crashes_does_not_look_idle(
    filters: list[dict[str, Any]], status: str, error_type: str | None
) -> None:
    """The record is made by hand, after AWS's own emulator of the runtime interface."""
    assert counted(filters, [report(status, error_type)]) == {"Errors": 1}


@pytest.mark.parametrize("status", ["success", "error", "failure"])
@pytest.mark.parametrize("error_type", [None, "InvalidRequestError", "KeyError"])
def test_an_error_that_is_on_record_does_not_count_again_as_a_crash(
    filters: list[dict[str, Any]], status: str, error_type: str | None
) -> None:
    assert counted(filters, [report(status, error_type)]) == {}


def report(status: str, error_type: str | None) -> dict[str, Any]:
    """Lambda's own record of the end of an invocation."""
    told = {} if error_type is None else {"errorType": error_type}
    return {"type": "platform.report", "record": {"requestId": "r", "status": status, **told}}


@pytest.mark.parametrize(
    ("error_type", "metrics"),
    [
        ("ImageUnreadableError", {"Errors": 1}),
        ("KeyError", {"Errors": 1}),
        ("OutOfTimeError", {"Unavailable": 1}),
        ("ServiceUnavailableError", {"Unavailable": 1}),
        ("ThrottledError", {"Throttled": 1}),
        ("CallForbiddenError", {"RefusedAccess": 1}),
        ("ReferenceNotFoundError", {"NoReference": 1}),
        ("InvalidRequestError", {}),
    ],
)
def test_a_defect_of_the_payload_or_of_aws_wakes_somebody(
    filters: list[dict[str, Any]], error_type: str, metrics: dict[str, int]
) -> None:
    failed = {"message": "face comparison failed", "error_type": error_type}
    assert counted(filters, [failed]) == {"Comparisons": 1, **metrics}


def test_saved_queries_do_not_show_empty_columns_at_night(monitored: Deployed) -> None:
    """No emulator runs the queries, so their form is checked by reading alone."""
    s3 = monitored.stack.client("s3")
    source, target = (
        {"key": key, "version_id": s3.head_object(Bucket=monitored.bucket, Key=key)["VersionId"]}
        for key in (EILEEN, DARK)
    )
    records = [
        record
        for each in (target, MISSING)
        for record in monitored.records(monitored.compare(source, each))
    ]
    known = {name for record in records for name in record} | _BUILT_IN
    found = monitored.stack.client("logs").describe_query_definitions(
        queryDefinitionNamePrefix=f"{monitored.function}/"
    )["queryDefinitions"]
    assert len(found) == 6
    for query in found:
        assert query["logGroupNames"] == [monitored.log_group]
        for line in query["queryString"].splitlines():
            # Without strings and regular expressions.
            bare = re.sub(r'"[^"]*"|/[^/]*/', "", line)
            named = re.findall(r'[A-Za-z@_][\w.@]*(?![\w"(]*["(])', bare)
            fields = {word.split(".")[0] for word in named if not word.startswith("@")}
            made = set(re.findall(r" as (\w+)", query["queryString"]))
            unknown = fields - known - made - {"fields", "filter", "sort", "limit", "desc", "asc"}
            words = {"in", "or", "and", "abs", "like", "stats", "as", "by"}
            assert unknown <= words, f"{query['name']}: {unknown}"
