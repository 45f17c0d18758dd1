"""One execution environment: what becomes of an invocation whose time is over."""

from __future__ import annotations

from pathlib import Path

from local.runtime import RuntimeEnvironment

_SLOW = """\
import time


def handler(event, context):
    time.sleep(event)
    return {"slept": event}
"""


def test_an_environment_that_timed_out_is_not_given_the_next_batch(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(_SLOW, encoding="utf-8")
    with RuntimeEnvironment(tmp_path, "slow.handler", {}, timeout_seconds=3) as environment:
        assert environment.invoke(0).answer == {"slept": 0}
        outcome = environment.invoke(60)
        assert outcome.error == {"errorType": "Sandbox.Timedout"}
        assert 3 <= outcome.seconds < 60
        assert environment.process.poll() is not None
