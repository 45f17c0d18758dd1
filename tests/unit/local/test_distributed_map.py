"""The emulator's Distributed Map: what is documented or recorded of Step Functions, in small."""

from __future__ import annotations

import pytest

from local.emulator.distributed_map.items import read
from local.emulator.distributed_map.map_run import MapRun

CSV = {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}


def run_of(*statuses: str, tolerated: float = 5) -> MapRun:
    """A Map Run with two items in each child."""
    nothing = dict.fromkeys(("startDate", "stopDate", "output", "error", "cause"))
    children = [
        {
            "executionArn": f"arn:aws:states:eu-west-1:1:execution:fc/Csv:{number}",
            "stateMachineArn": "machine",
            "name": str(number),
            "input": '{"Items": [1, 2]}',
            "status": status,
            "redriveCount": 0,
            **nothing,
        }
        for number, status in enumerate(statuses)
    ]
    return MapRun({"toleratedFailurePercentage": tolerated, "redriveCount": 0}, children)


@pytest.mark.parametrize(
    ("row", "source", "target"),
    [
        ("a.jpg,b.jpg", "a.jpg", "b.jpg"),
        ('"a,1.jpg","b\nc.jpg"', "a,1.jpg", "b\nc.jpg"),
        ('"a ""1"".jpg",b.jpg', 'a "1".jpg', "b.jpg"),
        (r"a\,1.jpg,C:\\b.jpg", "a,1.jpg", r"C:\b.jpg"),
        (r"a\d.jpg,b.jpg", "ad.jpg", "b.jpg"),
        ("a.jpg", "a.jpg", ""),
        ("a.jpg,b.jpg,c.jpg", "a.jpg", "b.jpg"),
    ],
)
def test_a_key_with_a_comma_a_quotation_mark_or_a_backslash_is_read_as_on_aws(
    row: str, source: str, target: str
) -> None:
    body = f"source,target\n{row}\n".encode()
    assert read(body, CSV) == [{"source": source, "target": target}]


def test_a_run_fails_when_more_batches_fail_than_are_tolerated() -> None:
    assert not run_of("FAILED", *["SUCCEEDED"] * 19).exceeded()
    assert run_of("FAILED", "TIMED_OUT", *["SUCCEEDED"] * 18).exceeded()
    assert run_of("FAILED", *["SUCCEEDED"] * 18).exceeded()
    assert not run_of("ABORTED", "PENDING", *["SUCCEEDED"] * 2).exceeded()
    assert not run_of("FAILED", "FAILED", tolerated=100).exceeded()
    assert run_of("FAILED", "SUCCEEDED", tolerated=0).exceeded()
