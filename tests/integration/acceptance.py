"""One `make acceptance LOCAL=1`, with its own stack."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from acceptance import __main__ as program
from local.rekognition.steering import Steering
from local.stack import REGION, RIGHTS

_LOOK_ALIKE = "fc-accept-20261126-0153-minimal-production"


@dataclass(frozen=True, slots=True)
class Accepted:
    """A finished run, and a second one with a service that does not work."""

    code: int
    output: str
    facts: Mapping[str, Any]
    page: str
    asked: frozenset[str]
    """Actions that IAM was asked for on behalf of the run's user."""
    denied: frozenset[str]
    look_alike_stays: bool
    code_without_rekognition: int
    facts_without_rekognition: Mapping[str, Any]


def run(folder: Path) -> Accepted:
    """Run everything, and then what is free while Rekognition refuses every call."""
    output = io.StringIO()
    console = Console(file=output, width=200)
    everything = program.Options.read({"LOCAL": "1"})
    free = program.Options.read({"LOCAL": "1", "FREE": "1"})
    with program.site_of(everything) as site:
        assert site.stack
        s3 = site.stack.client("s3")
        where = {"LocationConstraint": REGION}
        s3.create_bucket(Bucket=_LOOK_ALIKE, CreateBucketConfiguration=where)
        code = program.run(site, everything, console, folder)
        facts = json.loads((folder / "acceptance-report.json").read_text(encoding="utf-8"))
        page = (folder / "acceptance-report.html").read_text(encoding="utf-8")
        names = [each["Name"] for each in s3.list_buckets()["Buckets"]]
        key = site.session.get_credentials()
        assert key
        lines = (site.stack.folder / RIGHTS).read_text(encoding="utf-8").splitlines()
        asked = [each for each in map(json.loads, lines) if each["key"] == key.access_key]

        steering = Steering(site.stack.rekognition_endpoint)
        steering.apply(script=[{"fault": "throttling", "count": 1000}])
        second = folder / "second"
        second.mkdir()
        refused = program.run(site, free, console, second)
        without = json.loads((second / "acceptance-report.json").read_text(encoding="utf-8"))
    return Accepted(
        code,
        output.getvalue(),
        facts,
        page,
        frozenset(each["action"] for each in asked),
        frozenset(each["action"] for each in asked if not each["allowed"]),
        names == [_LOOK_ALIKE],
        refused,
        without,
    )
