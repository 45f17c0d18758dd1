"""A customer key, alarms and saved queries. On examples/monitored."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from acceptance.checks.free import run_query
from acceptance.checks.uploads import (
    NO_MOVE,
    dead_letter_put_back,
    put_challenge,
    put_subject,
    said,
    stored,
)
from acceptance.model import Scene, SkipError, Verdict, check
from local import use

_ALARM_SECONDS = 420.0
"""CloudWatch looks once a minute, and a metric may arrive two minutes late."""
_END_SECONDS = 900.0
_KEY_SECONDS = 600.0
"""S3 keeps a key of the bucket for some minutes."""
_METRIC_SECONDS = 300.0
_TRAIL_SECONDS = 900.0
_QUERY_SECONDS = 120.0


def _alarm(scene: Scene) -> dict[str, Any]:
    name = f"{scene.name}-refused-access"
    (alarm,) = scene.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    found: dict[str, Any] = alarm
    return found


def _notified(scene: Scene, state: str) -> list[str]:
    """What CloudWatch says about its notifications of the latest change to a state.

    A new alarm first changes to OK. So a change to OK counts only after a change to ALARM.
    """
    history = scene.client("cloudwatch").describe_alarm_history(
        AlarmName=f"{scene.name}-refused-access", ScanBy="TimestampAscending"
    )
    current, found = "", dict[str, list[str]]()
    for each in history["AlarmHistoryItems"]:
        summary = str(each["HistorySummary"])
        if each["HistoryItemType"] == "StateUpdate":
            current = summary.rpartition(" to ")[2]
            if current == "ALARM" or "ALARM" in found:
                found[current] = []
        elif each["HistoryItemType"] == "Action" and current in found:
            found[current].append(summary)
    return found.get(state, [])


@check(
    "alarm-goes-off",
    "CloudWatch evaluates the alarms' expressions, and may publish to the encrypted topic.",
    "ALARM within seven minutes, and a notification that succeeded",
    on="monitored",
    not_local="the emulator does not evaluate expressions of metrics",
)
def alarm_goes_off(scene: Scene) -> Verdict:
    """Write the metric of refused access, instead of provoking it for a quarter of an hour."""
    scene.client("cloudwatch").put_metric_data(
        Namespace=f"FaceCompare/{scene.name}",
        MetricData=[{"MetricName": "RefusedAccess", "Value": 1.0, "Unit": "None"}],
    )
    scene.wait(lambda: _alarm(scene)["StateValue"] == "ALARM", _ALARM_SECONDS, "the alarm")
    told = scene.wait(lambda: _notified(scene, "ALARM"), 60, "a notification")
    return all(each.startswith("Successfully") for each in told), told


@check(
    "decision-under-a-customer-key",
    "Rekognition decrypts images with the function's rights on the customer key.",
    "match",
    on="monitored",
    row=14,
)
def decision_under_a_customer_key(scene: Scene) -> Verdict:
    """Compare two photos that the customer key encrypts."""
    outcome = scene.compare(use.EILEEN, use.DARK_REFERENCE)
    decision = (outcome.answer or {}).get("decision")
    return decision == "match", f"{decision or outcome.error_message} ({outcome.request_id})"


@check(
    "upload-under-a-customer-key",
    "S3, SQS and Lambda's poller can all use the customer key for one upload.",
    "match",
    on="monitored",
    row=14,
)
def upload_under_a_customer_key(scene: Scene) -> Verdict:
    """Put a reference and a photo."""
    put_subject(scene, "frida")
    result = stored(scene, put_challenge(scene, "frida", scene.album.challenges[0]))
    return result.get("decision") == "match", said(result)


@check(
    "if-match-under-a-customer-key",
    "S3 takes a conditional write over an object that the customer key encrypts.",
    "200 with the right ETag, PreconditionFailed with another",
    on="monitored",
    row=20,
)
def if_match_under_a_customer_key(scene: Scene) -> Verdict:
    """Write over an object twice, with its ETag and with an old one."""
    s3, seen = scene.client("s3"), []
    place = {"Bucket": scene.bucket, "Key": "results/if-match.json.claim"}
    etag = s3.put_object(**place, Body=b"0")["ETag"]
    for number in (1, 2):
        try:
            s3.put_object(**place, Body=str(number).encode(), IfMatch=etag)
            seen.append("200")
        except ClientError as error:
            seen.append(error.response["Error"]["Code"])
    return seen in (["200", "PreconditionFailed"], ["200", "412"]), seen


@check(
    "saved-queries",
    "The saved queries of an applied module run on its log group.",
    "six queries, each of them Complete",
    on="monitored",
    row=3,
)
def saved_queries(scene: Scene) -> Verdict:
    """Run each query as it is saved."""
    states = {
        name: run_query(scene, scene.log_group, text)[0] for name, text in _queries(scene).items()
    }
    return len(states) == 6 and set(states.values()) == {"Complete"}, states


@check(
    "request-found-by-query",
    "The saved query for a request finds its records by the request's id.",
    "the decision, within two minutes",
    on="monitored",
    row=3,
    not_local="the emulator's queries do not look into JSON records",
)
def request_found_by_query(scene: Scene) -> Verdict:
    """Compare, and look for the request as those on call do."""
    request = scene.compare(use.EILEEN, use.DARK_REFERENCE).request_id
    query = _queries(scene)["request"].replace("REQUEST-ID", request)

    def decisions() -> list[str]:
        rows = run_query(scene, scene.log_group, query)[1]
        return [row["decision"] for row in rows if row.get("decision")]

    found = scene.wait(decisions, _QUERY_SECONDS, f"the decision of request {request}")
    return found == ["match"], f"{found} (request {request})"


def _queries(scene: Scene) -> dict[str, str]:
    """The queries that the example has saved, by the last part of their names."""
    listed = scene.client("logs").describe_query_definitions(
        queryDefinitionNamePrefix=f"{scene.name}/"
    )["queryDefinitions"]
    return {each["name"].rpartition("/")[2]: each["queryString"] for each in listed}


@check(
    "percentile-of-similarity",
    "CloudWatch has percentiles of the metric of similarities.",
    "p50 has a value within five minutes",
    on="monitored",
    row=19,
    not_local="the emulator makes no metrics of log records",
)
def percentile_of_similarity(scene: Scene) -> Verdict:
    """Decide several times, and ask for the middle."""
    for _repetition in range(3):
        scene.compare(use.EILEEN, use.DARK_REFERENCE)
    start = datetime.now(UTC) - timedelta(minutes=15)

    def points() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = scene.client("cloudwatch").get_metric_statistics(
            Namespace=f"FaceCompare/{scene.name}",
            MetricName="Similarity",
            StartTime=start,
            EndTime=datetime.now(UTC) + timedelta(minutes=1),
            Period=60,
            ExtendedStatistics=["p50"],
        )["Datapoints"]
        return found

    values = [
        each["ExtendedStatistics"]["p50"]
        for each in scene.wait(points, _METRIC_SECONDS, "a value of p50")
    ]
    return all(0 <= each <= 100 for each in values), values


check(
    "dead-letter-under-a-customer-key",
    "A dead letter is decided once put back, though the key's conditions name the first queue.",
    "match",
    on="monitored",
    row=14,
    not_local=NO_MOVE,
)(dead_letter_put_back)


@check(
    "key-that-is-disabled",
    "An unusable key is told from a missing image.",
    "InvalidS3ObjectException, HeadObject 200, ImageKeyUnusableError",
    on="monitored",
    row=7,
    not_local="the emulator does not ask for the key when an object is read",
)
def key_that_is_disabled(scene: Scene) -> Verdict:
    """Disable the run's own key for a moment, and compare."""
    kms, key = scene.client("kms"), scene.outputs["kms_key_arn"]

    def refused() -> use.Invoked | None:
        outcome = scene.compare(use.EILEEN, use.DARK_REFERENCE)
        return outcome if outcome.error_type else None

    kms.disable_key(KeyId=key)
    try:
        outcome = scene.wait(refused, _KEY_SECONDS, "a refusal")
        head = scene.client("s3").head_object(Bucket=scene.bucket, Key=use.DARK_REFERENCE)
        image = {"S3Object": {"Bucket": scene.bucket, "Name": use.DARK_REFERENCE}}
        try:
            scene.client("rekognition").compare_faces(SourceImage=image, TargetImage=image)
            code = "200"
        except ClientError as error:
            code = error.response["Error"]["Code"]
    finally:
        kms.enable_key(KeyId=key)
    assert outcome
    status = head["ResponseMetadata"]["HTTPStatusCode"]
    good = code == "InvalidS3ObjectException" and status == 200
    return good and outcome.error_type == "ImageKeyUnusableError", (
        f"{code}, HeadObject {status}, {outcome.error_type} (request {outcome.request_id})"
    )


@check(
    "trail-of-the-key",
    "Lambda's poller decrypts messages through SQS, with the context that the role's policy names.",
    "a Decrypt in CloudTrail with aws:sqs:arn of the queue of uploads",
    on="monitored",
    row=14,
    not_local="the emulator does not record the use of keys in CloudTrail",
)
def trail_of_the_key(scene: Scene) -> Verdict:
    """Look for the use of the key; CloudTrail is up to a quarter of an hour late."""
    key, queue = scene.outputs["kms_key_arn"], f":{scene.name}-uploads"

    def contexts() -> list[str]:
        pages = (
            scene.client("cloudtrail")
            .get_paginator("lookup_events")
            .paginate(LookupAttributes=[{"AttributeKey": "ResourceName", "AttributeValue": key}])
        )
        events = [json.loads(each["CloudTrailEvent"]) for page in pages for each in page["Events"]]
        asked = [each["requestParameters"] for each in events if each["eventName"] == "Decrypt"]
        found = [(each or {}).get("encryptionContext", {}).get("aws:sqs:arn") for each in asked]
        return [str(each) for each in found if each]

    try:
        found = scene.wait(contexts, _TRAIL_SECONDS, "an event")
    except AssertionError as error:
        # It says nothing about the module: CloudTrail promises no time.
        raise SkipError(f"CloudTrail had no event yet: {error}") from error
    return all(each.endswith(queue) for each in found), f"{len(found)} uses, by {set(found)}"


@check(
    "alarm-ends",
    "An alarm ends by itself when its cause is over, and those who were called hear of it.",
    "OK within a quarter of an hour, and a second notification that succeeded",
    on="monitored",
    not_local="the emulator does not evaluate expressions of metrics",
)
def alarm_ends(scene: Scene) -> Verdict:
    """Wait for the end of the alarm of the first check."""
    scene.wait(lambda: _alarm(scene)["StateValue"] == "OK", _END_SECONDS, "the alarm's end")
    told = scene.wait(lambda: _notified(scene, "OK"), 60, "a second notification")
    return all(each.startswith("Successfully") for each in told), told
