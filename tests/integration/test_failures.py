"""Whatever fails: each upload has one result or lies in the dead-letter queue, and is paid once.

The real zip runs under AWS's runtime client in processes that the tests may kill; bucket, queue
and dead-letter queue are the emulator's. Only the times are shorter than the module's: a function
timeout of 10 s, the least it takes, and a visibility timeout just beyond a claim's lease of 15 s,
or of 2 s where no claim is left behind.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import pytest

from local.event_source import EventSource
from local.rekognition.steering import Steering
from local.stack import Stack
from local.upload_site import Announced, Pace, UploadSite
from tests.integration.s3_proxy import failing_s3
from tests.waiting import eventually

_PACE = Pace(calls_per_second=40.0, workers=8, timeout_seconds=10)
_BEYOND_LEASE = 18
_SHORT = 2
_NAMES = (f"fault{number}" for number in count())


@dataclass(frozen=True, slots=True)
class Ward:
    """A site, and the stand-in that counts what is paid for."""

    site: UploadSite
    steering: Steering

    @contextmanager
    def served(
        self, *, places: int = 2, batch: int = 10, pace: Pace = _PACE, **variables: str
    ) -> Iterator[EventSource]:
        """Serve the queue while the block runs; ``variables`` are the function's."""
        source = EventSource(
            sqs=self.site.stack.client("sqs"),
            queue_url=self.site.queue_url,
            new_environment=lambda: self.site.environment(pace, **variables),
            places=places,
            batch_size=batch,
        )
        with source:
            source.begin()
            yield source

    def settle(self, source: EventSource) -> None:
        """Wait until the queue is empty: every message deleted, or in the dead-letter queue."""
        until(source, lambda: not self.site.waiting(), "an empty queue", every=0.1)

    def paid(self) -> int:
        """Calls that were answered since the site was made; refused ones cost nothing."""
        served: int = self.steering.report()["outcomes"].get("CompareFaces", {}).get("ok", 0)
        return served

    def check(self, uploads: list[Announced], dead: set[Announced] = frozenset()) -> None:  # type: ignore[assignment]
        """Every upload has one result, or lies among the dead; nothing else has a result."""
        counts = self.site.results()
        assert set(counts) == {each.result_key for each in uploads if each not in dead}
        assert set(counts.values()) <= {1}, "a result was written over"
        assert self.site.failed() == set(dead)


def until(
    source: EventSource, condition: Callable[[], object], what: str, every: float = 0.01
) -> None:
    """Wait for what comes of serving; what has ended the event source ends the waiting."""
    eventually(condition, 60.0, what, every=every, check=source.check)


@pytest.fixture
def steering(bulk_stack: Stack) -> Iterator[Steering]:
    steering = Steering(bulk_stack.rekognition_endpoint)
    steering.apply(latency_ms=100, clear_script=True, reset_counters=True)
    yield steering
    steering.apply(latency_ms=0, clear_script=True)


def ward(
    stack: Stack, steering: Steering, *, visibility: int = _SHORT, max_receives: int = 3
) -> Ward:
    site = UploadSite.create(
        stack, next(_NAMES), visibility_seconds=visibility, max_receives=max_receives
    )
    site.put("reference/alice/1.jpg")
    return Ward(site, steering)


def photos(ward: Ward, number: int, subject: str = "alice") -> list[Announced]:
    return ward.site.put_many([f"challenge/{subject}/{each}.jpg" for each in range(number)])


def announcements(ward: Ward, number: int) -> set[str]:
    """The bodies of so many messages that wait in the queue, and go on waiting there.

    S3's test message is taken out, which would be among the first ten for ever.
    """
    sqs, url = ward.site.stack.client("sqs"), ward.site.queue_url
    bodies: set[str] = set()

    def complete() -> bool:
        received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
        for message in received.get("Messages", []):
            if "Records" in json.loads(message["Body"]):
                bodies.add(message["Body"])
            else:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return len(bodies) >= number

    eventually(complete, 60.0, f"{number} announcements", every=0.01)
    return bodies


def test_a_function_killed_in_mid_batch_loses_nothing(
    bulk_stack: Stack, steering: Steering
) -> None:
    """Else the photos that an instance held when it died would never be decided."""
    site = ward(bulk_stack, steering, visibility=_BEYOND_LEASE)
    uploads = photos(site, 40)
    with site.served(places=2, batch=20) as source:
        until(source, lambda: site.paid() >= 6, "six calls")
        source.environments[0].process.kill()
        site.settle(source)
        died = [each.outcome.error for each in source.handed if each.outcome.error]
    assert died == [{"errorType": "Runtime.ExitError"}]
    site.check(uploads)
    # What was under way in the one that died, and no more, is paid for again.
    assert 40 <= site.paid() <= 40 + _PACE.workers


def test_a_storm_of_throttling_passes(bulk_stack: Stack, steering: Steering) -> None:
    """Else a busy minute of another application would cost decisions."""
    site = ward(bulk_stack, steering, visibility=_BEYOND_LEASE)
    uploads = photos(site, 20)
    steering.apply(script=[{"fault": "throttling", "count": 16}, {"fault": "provisioned"}])
    with site.served() as source:
        site.settle(source)
        came_again = sum(each.failed for each in source.handed)
    assert came_again > 0, "botocore's own retries weathered it; the queue's were not tested"
    site.check(uploads)
    assert site.paid() == 20


def test_an_s3_that_is_overloaded_for_a_moment_costs_nothing(
    bulk_stack: Stack, steering: Steering
) -> None:
    """Else every 503 of S3 would be a call paid for twice."""
    site = ward(bulk_stack, steering, visibility=40)
    uploads = photos(site, 12)
    with failing_s3(bulk_stack.endpoint) as s3:
        s3.rule = lambda method, path: 503 if method == "PUT" and path.endswith(".json") else None
        # The module's own timeout, so that there is time to sit it out on a busy machine too.
        pace = replace(_PACE, timeout_seconds=30)
        with site.served(pace=pace, AWS_ENDPOINT_URL_S3=s3.endpoint) as source:
            until(source, lambda: len(s3.failed) >= 20, "20 refusals of S3")
            s3.rule = lambda _method, _path: None
            site.settle(source)
    site.check(uploads)
    assert site.paid() == 12


def test_an_s3_that_is_overloaded_for_long_loses_nothing(
    bulk_stack: Stack, steering: Steering
) -> None:
    """Else results would be lost when S3's trouble outlasts an invocation."""
    site = ward(bulk_stack, steering, visibility=_BEYOND_LEASE)
    uploads = photos(site, 12)
    with failing_s3(bulk_stack.endpoint) as s3:
        # Claims are made, but no result can be written.
        s3.rule = lambda method, path: 503 if method == "PUT" and path.endswith(".json") else None
        with site.served(places=1, AWS_ENDPOINT_URL_S3=s3.endpoint) as source:
            until(source, lambda: source.handed, "the first batch")
            # All but the test message that S3 sends first.
            assert source.handed[0].failed >= source.handed[0].messages - 1
            s3.rule = lambda _method, _path: None
            site.settle(source)
    site.check(uploads)
    # A call whose result could not be written in all that time is paid for again.
    assert 12 < site.paid() <= 24


def test_a_bucket_that_refuses_results_sends_uploads_to_the_dead_letter_queue_unpaid(
    bulk_stack: Stack, steering: Steering
) -> None:
    """Else calls would be paid for of which nobody ever sees the outcome."""
    site = ward(bulk_stack, steering, max_receives=2)
    uploads = photos(site, 5)
    with failing_s3(bulk_stack.endpoint) as s3:
        s3.rule = lambda method, path: 403 if method == "PUT" and "/results/" in path else None
        with site.served(AWS_ENDPOINT_URL_S3=s3.endpoint) as source:
            site.settle(source)
    assert site.paid() == 0
    site.check(uploads, dead=set(uploads))


def test_photos_in_the_dead_letter_queue_are_decided_when_they_come_again(
    bulk_stack: Stack, steering: Steering
) -> None:
    """Else a redrive after the bucket's policy is mended would be of no use."""
    site = ward(bulk_stack, steering, max_receives=1)
    uploads = photos(site, 5)
    with failing_s3(bulk_stack.endpoint) as s3:
        s3.rule = lambda method, path: 403 if method == "PUT" and "/results/" in path else None
        with site.served(AWS_ENDPOINT_URL_S3=s3.endpoint) as source:
            site.settle(source)
    sqs = bulk_stack.client("sqs")
    while messages := sqs.receive_message(
        QueueUrl=site.site.failed_url, MaxNumberOfMessages=10
    ).get("Messages"):
        for message in messages:
            sqs.send_message(QueueUrl=site.site.queue_url, MessageBody=message["Body"])
            sqs.delete_message(
                QueueUrl=site.site.failed_url, ReceiptHandle=message["ReceiptHandle"]
            )
    with site.served() as source:
        site.settle(source)
    site.check(uploads)
    assert site.paid() == 5


def test_a_poison_photo_harms_no_other(bulk_stack: Stack, steering: Steering) -> None:
    """Else one photo without a face would hold up, or send back, all that came with it."""
    site = ward(bulk_stack, steering)
    site.site.put("reference/noface/1.jpg")
    good, bad = photos(site, 8), photos(site, 1, "noface")
    strangers = photos(site, 1, "nobody")
    with site.served(places=1) as source:
        site.settle(source)
        assert sum(each.failed for each in source.handed) == 0
    site.check([*good, *bad, *strangers])
    outcomes: list[Mapping[str, Any]] = [site.site.result(each) for each in (*bad, *strangers)]
    assert [each["error"]["retryable"] for each in outcomes] == [False, False]
    assert outcomes[0]["error"]["type"].startswith("NoFaceIn")
    assert outcomes[1]["error"]["type"] == "ReferenceNotFoundError"
    assert {site.site.result(each)["decision"] for each in good} == {"match"}
    assert site.paid() == 8


@pytest.mark.parametrize("left", [0, 1], ids=["the only one", "one of two"])
def test_a_reference_deleted_between_event_and_comparison_is_told(
    bulk_stack: Stack, steering: Steering, left: int
) -> None:
    """Else the photo would be tried for ever, or vanish."""
    site = ward(bulk_stack, steering)
    if left:
        site.site.put("reference/alice/2.jpg")
    uploads = photos(site, 1)
    s3 = bulk_stack.client("s3")
    with failing_s3(bulk_stack.endpoint) as proxy:

        def delete_after_listing(method: str, path: str) -> int | None:
            # The claim is made before the references are listed; the write comes last.
            if method == "GET" and path.rstrip("/") == f"/{site.site.bucket}":
                listed.append(path)
            return None

        listed: list[str] = []
        proxy.rule = delete_after_listing
        # The first comparison is put off by a throttled answer, the reference goes meanwhile.
        steering.apply(script=[{"fault": "throttling", "count": 1}])
        with site.served(places=1, AWS_ENDPOINT_URL_S3=proxy.endpoint) as source:
            until(
                source,
                lambda: listed and steering.report()["throttled"] >= 1,
                "a listing and a refused call",
                every=0.002,
            )
            s3.delete_object(Bucket=site.site.bucket, Key="reference/alice/1.jpg")
            site.settle(source)
    site.check(uploads)
    result = site.site.result(uploads[0])
    if left:
        assert result["decision"] == "match"
        assert result["sources"][0]["error"]["type"] == "ImageNotFoundError"
    else:
        assert result["error"]["type"] == "ImageNotFoundError"
    assert site.paid() == left


def test_the_same_event_five_times_is_decided_and_paid_for_once(
    bulk_stack: Stack, steering: Steering
) -> None:
    """Else S3's repetitions would cost money, or leave two decisions about one photo."""
    site = ward(bulk_stack, steering, max_receives=20)
    uploads = photos(site, 10)
    sqs = bulk_stack.client("sqs")
    for body in announcements(site, 10):
        for _ in range(4):
            sqs.send_message(QueueUrl=site.site.queue_url, MessageBody=body)
    # Each batch holds several of the same, and both instances get some at the same time.
    with site.served(places=2, batch=10) as source:
        site.settle(source)
        assert {each.place for each in source.handed} == {0, 1}
        assert sum(each.messages for each in source.handed) >= 50
    site.check(uploads)
    assert site.paid() == 10


def test_an_instance_whose_clock_is_wrong_takes_nothing_away_from_another(
    bulk_stack: Stack, steering: Steering
) -> None:
    """Else a clock an hour ahead would find every claim stale, and pay for all of them again."""
    site = ward(bulk_stack, steering, max_receives=20)
    ahead = site.site.stack.folder / f"{site.site.bucket}-ahead"
    shutil.copytree(site.site.code, ahead)
    (ahead / "sitecustomize.py").write_text(_AN_HOUR_AHEAD, encoding="utf-8")
    wrong = replace(site.site, code=ahead)
    uploads = photos(site, 10)
    sqs = bulk_stack.client("sqs")
    for body in announcements(site, 10):
        sqs.send_message(QueueUrl=site.site.queue_url, MessageBody=body)
    environments = iter([site.site, wrong])
    source = EventSource(
        sqs=sqs,
        queue_url=site.site.queue_url,
        new_environment=lambda: next(environments).environment(_PACE),
        places=2,
        batch_size=10,
    )
    with source:
        source.begin()
        site.settle(source)
        # The clock was wrong indeed: its own records say so.
        stamps = {
            str(record["timestamp"])[:13]
            for environment in source.environments.values()
            for record in environment.log_records()
        }
    assert len(stamps) >= 2
    site.check(uploads)
    assert site.paid() == 10


_AN_HOUR_AHEAD = '''\
"""The host's clock is an hour ahead, for all but Lambda's own reckoning of the time left."""
import datetime
import sys
import time

_time, _datetime = time.time, datetime.datetime


def ahead():
    ours = sys._getframe(1).f_globals.get("__name__", "").endswith("lambda_context")
    return _time() if ours else _time() + 3600


class Ahead(_datetime):
    @classmethod
    def now(cls, tz=None):
        return _datetime.now(tz) + datetime.timedelta(hours=1)

    @classmethod
    def utcnow(cls):
        return _datetime.utcnow() + datetime.timedelta(hours=1)


time.time = ahead
datetime.datetime = Ahead
'''
