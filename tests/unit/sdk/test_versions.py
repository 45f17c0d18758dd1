"""Which version of the SDK these tests run with."""

from __future__ import annotations

import os

import boto3
import botocore

from tools.sdk_versions import lines


def line_of(version: str) -> str:
    return ".".join(version.split(".")[:2])


def test_the_sdk_is_the_one_that_is_asked_for() -> None:
    """Otherwise `make test-botocore` would test the newest version ten times."""
    wanted = os.environ.get("FACE_COMPARE_BOTOCORE", line_of(botocore.__version__))
    assert line_of(botocore.__version__) == wanted
    assert line_of(boto3.__version__) == wanted


def test_every_minor_version_from_the_oldest_to_the_newest_is_pinned() -> None:
    """If one is missing, make an empty file for it beside the others, and `make requirements`."""
    found = [tuple(map(int, line.split("."))) for line in lines()]
    assert found == [(1, minor) for minor in range(35, found[-1][1] + 1)]
    assert line_of(botocore.__version__) in lines()
