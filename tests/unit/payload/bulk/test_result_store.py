"""Claims: otherwise two invocations would decide the same image, or none would."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest

from face_compare.bulk.result_store import ClaimOutcome, ResultStore
from tests.unit.payload.bulk_work import BulkWork
from tools.places import REPOSITORY


def test_a_claim_is_given_once_and_again_only_when_it_has_expired(bulk: BulkWork) -> None:
    valid, expired = (ResultStore(bulk.s3, "photos", lease) for lease in (60.0, -1.0))
    assert valid.claim("results/k.json", "a") is ClaimOutcome.MINE
    assert valid.claim("results/k.json", "b") is ClaimOutcome.BUSY
    assert expired.claim("results/k.json", "c") is ClaimOutcome.MINE


@pytest.mark.parametrize("timeout", [15.0, 30.0, 900.0])
def test_a_claim_outlives_its_holder_and_expires_before_the_message_is_delivered_again(
    bulk: BulkWork, timeout: float
) -> None:
    """Otherwise an image would be paid for twice, or its message delivered in vain."""
    rate = (REPOSITORY / "rate.tf").read_text(encoding="utf-8")
    found = re.search(r"visibility_timeout = (\d+) \* var\.function\.timeout", rate)
    assert found, "the visibility timeout has moved"
    lease = bulk.with_settings(timeout_seconds=timeout).uploads._results._lease_seconds
    # The queue counts from the receipt of a message. A claim is made up to a timeout later.
    assert timeout + 1 <= lease <= (int(found[1]) - 1) * timeout


@pytest.mark.parametrize("status", [409, 412])
def test_a_claim_that_is_refused_and_then_gone_is_left_to_the_next_delivery(
    bulk: BulkWork, status: int
) -> None:
    """Otherwise what clears in a moment would be recorded as a failure."""
    bulk.refuse("put_object", "x", status)
    store = ResultStore(bulk.s3, "photos", -1.0)
    assert store.claim("results/k.json", "a") is ClaimOutcome.BUSY


def test_only_one_of_two_invocations_takes_over_an_expired_claim(bulk: BulkWork) -> None:
    store = ResultStore(bulk.s3, "photos", -1.0)
    store.claim("results/k.json", "dead")
    original = bulk.s3.head_object

    def head(**call: Any) -> Any:
        seen = original(**call)
        if call["Key"].endswith(".claim"):
            bulk.s3.put_object(Bucket="photos", Key=call["Key"], Body=b"the other invocation")
        return seen

    bulk.monkeypatch.setattr(bulk.s3, "head_object", head)
    assert store.claim("results/k.json", "late") is ClaimOutcome.BUSY


def test_a_decided_image_is_never_claimed_again_however_old_the_claim_is(bulk: BulkWork) -> None:
    store = ResultStore(bulk.s3, "photos", -1.0)
    store.claim("results/k.json", "a")
    assert store.write("results/k.json", {"key": "雪"}) is True
    assert store.write("results/k.json", {"key": "other"}) is False
    assert store.claim("results/k.json", "b") is ClaimOutcome.DECIDED
    stored = bulk.s3.get_object(Bucket="photos", Key="results/k.json")["Body"].read()
    assert "雪" in stored.decode(), "a search for the key must find it"


def test_a_wrong_clock_of_the_function_does_not_expire_claims(bulk: BulkWork) -> None:
    store = ResultStore(bulk.s3, "photos", 60.0)
    store.claim("results/k.json", "a")

    class Tomorrow(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Tomorrow:
            return cls(2100, 1, 1, tzinfo=tz)

    bulk.monkeypatch.setattr("face_compare.bulk.result_store.datetime", Tomorrow)
    assert store.claim("results/k.json", "b") is ClaimOutcome.BUSY
