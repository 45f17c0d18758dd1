"""The short form of `make soak`."""

from __future__ import annotations

from local.soak import soak
from tests.integration.conftest import Deployed

SECONDS = 12.0


def test_a_leak_or_a_lost_request_shows_now_and_not_after_days(minimal: Deployed) -> None:
    minimal.stack.client("s3").put_object(Bucket=minimal.bucket, Key="private/x.jpg", Body=b"x")
    report = soak(minimal.stack, minimal.function, SECONDS)
    assert report.problems() == []
    assert set(report.outcomes) == {"good", "bad", "hostile", "inline"}
