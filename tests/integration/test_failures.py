"""Whatever fails: each upload has one result or is in the dead-letter queue, and is paid for once.

The real zip runs under AWS's runtime client in processes that the tests may kill. Only the times
are shorter than the module's: a function timeout of 10 s, the least it takes, and a visibility
timeout just beyond a claim's lease of 15 s, or of 2 s where no claim is left behind.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count

import pytest

from local.event_source import EventSource
from local.memory_queue import MemoryQueue
from local.rekognition.steering import Steering
from local.runtime import RuntimeEnvironment
from local.upload_site import Pace, Upload, UploadSite
from local.waiting import eventually
from tests.integration.conftest import Bulk
from tests.integration.s3_proxy import FailingS3, failing_s3

_PACE = Pace(calls_per_second=40.0, workers=8, timeout_seconds=10)
_BEYOND_LEASE = 18.0
_SHORT = 2.0
_MANY = 20
"""Attempts. On a busy machine an invocation may put images off for lack of time."""
_NAMES = (f"site{number}" for number in count())


@dataclass(frozen=True, slots=True)
class Ward:
    """A site, an S3 before it that fails on demand, and the stand-in that counts what is paid."""

    site: UploadSite
    s3: FailingS3
    steering: Steering

    def uploads(self, number: int, subject: str = "alice") -> list[Upload]:
        return self.site.upload(f"challenge/{subject}/{each}.jpg" for each in range(number))

    def environment(self, pace: Pace = _PACE) -> RuntimeEnvironment:
        # An image without a reference does not wait here: the queue does not say when it came.
        return self.site.environment(
            pace,
            AWS_ENDPOINT_URL_S3=self.s3.endpoint,
            FACE_COMPARE_REFERENCE_WAIT_MINUTES="0",
        )

    @contextmanager
    def served(
        self,
        new_environment: Callable[[], RuntimeEnvironment] | None = None,
        *,
        places: int = 2,
        batch: int = 10,
    ) -> Iterator[EventSource]:
        """Serve the queue while the block runs, and then until it is empty."""
        source = EventSource(
            self.site.queue, new_environment or self.environment, places, batch_size=batch
        )
        with source:
            source.begin()
            yield source
            until(source, lambda: not self.site.queue.held(), "an empty queue")

    def paid(self) -> int:
        """Calls that were answered since the site was made; refused ones cost nothing."""
        served: int = self.steering.report()["outcomes"].get("CompareFaces", {}).get("ok", 0)
        return served

    def check(self, uploads: Sequence[Upload], dead: Collection[Upload] = ()) -> None:
        """Every upload has one result or is in the dead-letter queue; nothing else has one."""
        assert sorted(self.site.queue.dead) == sorted(each.announcement for each in dead)
        counts = self.site.results()
        assert set(counts) == {each.result_key for each in uploads if each not in dead}
        assert set(counts.values()) <= {1}, "a result was written over"


def until(source: EventSource, condition: Callable[[], object], what: str) -> None:
    """Wait for what comes of serving; what has ended the event source ends the waiting."""
    eventually(condition, 300.0, what, every=0.005, check=source.check)


@pytest.fixture
def ward(bulk: Bulk, request: pytest.FixtureRequest) -> Iterator[Ward]:
    """A ward whose queue has the visibility timeout and the attempts that the test asks for."""
    visibility, attempts = getattr(request, "param", (_SHORT, _MANY))
    steering = Steering(bulk.stack.rekognition_endpoint)
    steering.apply(latency_ms=100, clear_script=True, reset_counters=True)
    site = UploadSite.create(bulk.stack, next(_NAMES), MemoryQueue(visibility, attempts))
    site.put("reference/alice/1.jpg")
    with failing_s3(bulk.stack.endpoint) as s3:
        yield Ward(site, s3, steering)
    steering.apply(latency_ms=0, clear_script=True)


def queue(visibility: float = _SHORT, attempts: int = _MANY) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("ward", [(visibility, attempts)], indirect=True, ids=[""])


def results_fail(status: int) -> Callable[[str, str], int | None]:
    """A rule: claims are made, but no result can be written."""
    return lambda method, path: status if method == "PUT" and path.endswith(".json") else None


def refuse_all(method: str, path: str) -> int | None:
    return 403 if method == "PUT" and "/results/" in path else None


def pass_all(_method: str, _path: str) -> int | None:
    return None


@queue(_BEYOND_LEASE)
def test_the_images_of_an_instance_that_dies_are_still_decided(ward: Ward) -> None:
    uploads = ward.uploads(40)
    with ward.served(places=2, batch=20) as source:
        until(source, lambda: ward.paid() >= 6, "six calls")
        source.environments[0].process.kill()
    died = [each.outcome.error for each in source.handed if each.outcome.error]
    assert died == [{"errorType": "Runtime.ExitError"}]
    ward.check(uploads)
    # What was under way in the one that died, and no more, is paid for again.
    assert 40 <= ward.paid() <= 40 + _PACE.workers


@queue(_BEYOND_LEASE)
def test_a_busy_minute_of_another_application_costs_no_decision(ward: Ward) -> None:
    uploads = ward.uploads(20)
    ward.steering.apply(script=[{"fault": "throttling", "count": 16}, {"fault": "provisioned"}])
    with ward.served() as source:
        pass
    retried = sum(each.failed for each in source.handed)
    assert retried > 0, "botocore's own retries weathered it; the queue's were not tested"
    ward.check(uploads)
    assert ward.paid() == 20


@queue(40)
def test_a_503_of_s3_is_not_a_call_paid_for_twice(ward: Ward) -> None:
    uploads = ward.uploads(12)
    ward.s3.rule = results_fail(503)
    # The module's own timeout, so that there is time to sit it out on a busy machine too.
    pace = replace(_PACE, timeout_seconds=30)
    with ward.served(lambda: ward.environment(pace)) as source:
        until(source, lambda: len(ward.s3.failed) >= 20, "20 refusals of S3")
        ward.s3.rule = pass_all
    ward.check(uploads)
    assert ward.paid() == 12


@queue(_BEYOND_LEASE)
def test_no_result_is_lost_when_s3s_trouble_outlasts_an_invocation(ward: Ward) -> None:
    uploads = ward.uploads(12)
    ward.s3.rule = results_fail(503)
    with ward.served(places=1) as source:
        until(source, ward.paid, "a call")
        # On a busy machine a batch may have ended before, without a call.
        ended = len(source.handed)
        until(source, lambda: len(source.handed) > ended, "the end of a batch with calls")
        assert all(each.failed == each.messages for each in source.handed)
        ward.s3.rule = pass_all
        without_result = ward.paid()
    ward.check(uploads)
    # A call whose result could not be written in all that time is paid for again.
    assert 12 < ward.paid() <= 12 + without_result


@queue(attempts=1)
def test_a_redrive_after_the_buckets_policy_is_fixed_decides_the_images(ward: Ward) -> None:
    uploads = ward.uploads(5)
    ward.s3.rule = refuse_all
    with ward.served():
        pass
    ward.check(uploads, dead=uploads)
    ward.site.queue.redrive()
    ward.s3.rule = pass_all
    # Now a busy machine may put images off.
    ward.site.queue.visibility_seconds, ward.site.queue.max_attempts = _BEYOND_LEASE, _MANY
    with ward.served():
        pass
    ward.check(uploads)
    assert ward.paid() == 5


@queue()
def test_s3s_repetitions_cost_no_money_and_leave_one_decision(ward: Ward) -> None:
    uploads = ward.uploads(10)
    for _ in range(4):
        ward.site.queue.send(each.announcement for each in uploads)
    # Each batch holds several of the same, and both instances get some at the same time.
    with ward.served(places=2, batch=10) as source:
        pass
    assert {each.place for each in source.handed} == {0, 1}
    assert sum(each.messages for each in source.handed) >= 50
    ward.check(uploads)
    assert ward.paid() == 10


@queue()
def test_an_instance_with_a_wrong_clock_takes_no_claim_from_another(ward: Ward) -> None:
    ahead = ward.site.stack.folder / f"{ward.site.bucket}-ahead"
    shutil.copytree(ward.site.code, ahead)
    (ahead / "sitecustomize.py").write_text(_AN_HOUR_AHEAD, encoding="utf-8")
    sites = iter([ward.site, replace(ward.site, code=ahead)])
    uploads = ward.uploads(10)
    ward.site.queue.send(each.announcement for each in uploads)
    stamps = set()
    with ward.served(lambda: next(sites).environment(_PACE)) as source:
        until(source, lambda: not ward.site.queue.held(), "an empty queue")
        # The clock was wrong indeed: its own records say so.
        for environment in source.environments.values():
            stamps |= {record["timestamp"][:13] for record in environment.log_records()}
    assert len(stamps) >= 2
    ward.check(uploads)
    assert ward.paid() == 10


_AN_HOUR_AHEAD = '''\
"""The host's clock is an hour ahead, except for Lambda's own calculation of the time left."""
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
time.time_ns = lambda: int(ahead() * 1e9)
datetime.datetime = Ahead
'''
