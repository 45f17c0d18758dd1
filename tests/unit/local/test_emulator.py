"""The launcher of the emulator: what its patches decide, apart from MiniStack."""

from __future__ import annotations

import json

import pytest

from local.emulator.function_log import platform_records


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (None, "success"),
        # An exception of the handler is an answer. It is counted by the function's own record.
        ("NoFaceInSourceError", "success"),
        ("Runtime.ExitError", "error"),
        ("Sandbox.Failure", "failure"),
        ("Sandbox.Timedout", "timeout"),
    ],
)
def test_a_crash_is_counted_once_and_an_answered_error_not_again(
    error: str | None, status: str
) -> None:
    start, report = map(json.loads, platform_records("id-1", 1000.0, 1000.25, error))
    assert (start["type"], report["type"]) == ("platform.start", "platform.report")
    assert (start["time"], report["time"]) == (
        "1970-01-01T00:16:40.000Z",
        "1970-01-01T00:16:40.250Z",
    )
    expected = {"requestId": "id-1", "status": status}
    if status != "success":
        expected["errorType"] = str(error)
    assert report["record"] == expected
