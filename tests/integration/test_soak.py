"""The short form of `make soak`: without it, a leak or a lost request shows after days, not now."""

from __future__ import annotations

from local.soak import soak
from tests.integration.conftest import Deployed

SECONDS = 25.0


def test_a_mix_of_good_bad_and_hostile_requests_is_answered_and_memory_stays_flat(
    deployed: Deployed,
) -> None:
    deployed.stack.client("s3").put_object(Bucket=deployed.bucket, Key="private/x.jpg", Body=b"x")
    report = soak(deployed.stack, deployed.function, SECONDS)
    assert report.problems() == []
    assert set(report.outcomes) == {"good", "bad", "hostile", "inline"}
    assert report.outcomes.total() > SECONDS
    assert sum(map(len, report.memory.values())) > SECONDS
