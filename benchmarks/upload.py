"""What an upload costs an instance in CPU, now and before, and where it goes.

The zip runs under awslambdaric, AWS's own runtime client, and serves batches of announcements. S3
and Rekognition answer over TLS from other processes. So the CPU of the instance's process is what
an upload costs: the event, five calls, the decision, the records. README.md has the figures.

usage: python -m benchmarks.upload [--rounds N]
"""

from __future__ import annotations

import argparse
import hashlib
import io
import itertools
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.canned import canned_rekognition, served
from benchmarks.canned_s3 import VERSION_ID, CannedS3
from benchmarks.certificates import make_certificates
from benchmarks.figures import Estimate, estimate, paired_ratio
from benchmarks.report import last_line, machine, print_table
from local.function_variables import function_variables
from local.runtime import RuntimeEnvironment
from tools import venv
from tools.package import ZIP
from tools.places import REPOSITORY
from tools.progress import say, step

FULL_ROUNDS = 20
BATCH = 120
"""Uploads in a batch: three seconds at the pace below."""
CALL_SECONDS = 0.3
"""What Rekognition takes for a comparison."""
CALLS_PER_SECOND = 40
WORKERS = 61
"""What rate.tf derives from this pace."""
BEFORE = "6a12ce1"
BEFORE_SHA256 = "d4f54eb0577297e96faa4f8ef9c97a3eb0f66f40050aa0a12d3614d44e8b53ce"
"""The commit and its zip that the costs are compared with."""
PARTS = {
    "HeadObject": "is it there: HeadObject",
    "claim": "claim: PutObject",
    "ListObjectsV2": "references: ListObjectsV2",
    "CompareFaces": "comparison: CompareFaces",
    "PutObject": "result: PutObject",
    "own": "the payload's own work in the workers",
    "main": "messages read, threads started",
    "rest": "runtime client, threads' start and end",
}
"""The parts of the cost, in the order of an upload."""
_CALLS = ("HeadObject", "claim", "ListObjectsV2", "CompareFaces", "PutObject")
_METER = Path(__file__).with_name("upload_meter.py")


@dataclass(frozen=True, slots=True)
class Subject:
    """One payload under one kind of load."""

    title: str
    archive: bytes
    images_per_person: int = 1


@dataclass(frozen=True, slots=True)
class Sample:
    """Milliseconds of CPU for each upload of one batch: all of them, and by part."""

    total: float
    parts: Mapping[str, float]

    @classmethod
    def of(cls, process_seconds: float, seconds: Mapping[str, float]) -> Sample:
        """Return the sample of one batch.

        ``seconds`` are what the meter answers. The workers' time has that of the calls in it.
        """
        parts = {call: seconds.get(call, 0.0) for call in _CALLS}
        parts["own"] = seconds["workers"] - sum(parts.values())
        parts["main"] = seconds["main"]
        parts["rest"] = process_seconds - seconds["workers"] - seconds["main"]
        per_upload = 1000 / BATCH
        return cls(
            process_seconds * per_upload,
            {name: value * per_upload for name, value in parts.items()},
        )


class Instance:
    """A warm instance of one subject."""

    def __init__(self, subject: Subject, environment: RuntimeEnvironment) -> None:
        """Take a started environment with the meter as its handler."""
        self._environment = environment
        self._events = events(subject.images_per_person)
        self._process_seconds = 0.0
        # It connects, and fills caches. What it cost is not used.
        self.sample()

    def sample(self) -> Sample:
        """Serve one batch.

        Raises:
            RuntimeError: An upload was not decided.
        """
        outcome = self._environment.invoke(next(self._events))
        if outcome.error is not None or outcome.answer["failed"]:
            raise RuntimeError(
                f"The batch failed: {outcome} {self._environment.log_records()[-1:]}"
            )
        used = outcome.answer["process"] - self._process_seconds
        self._process_seconds = outcome.answer["process"]
        return Sample.of(used, outcome.answer["parts"])


def before() -> bytes | None:
    """Return the earlier zip from the repository's history, None if it is not there.

    Raises:
        RuntimeError: The history has another zip in this place.
    """
    shown = subprocess.run(
        ["git", "show", f"{BEFORE}:lambda/face_compare.zip"],
        cwd=REPOSITORY,
        capture_output=True,
        check=False,
    )
    if shown.returncode:
        return None
    if hashlib.sha256(shown.stdout).hexdigest() != BEFORE_SHA256:
        raise RuntimeError(f"The zip of {BEFORE} is not the one that is compared with.")
    return shown.stdout


def subjects() -> dict[str, Subject]:
    """Return what is measured, by name in the line of JSON."""
    earlier, current = before(), ZIP.read_bytes()
    if earlier is None:
        say(f"The history has no commit {BEFORE}, so only the present code is measured.")
    return {
        **({} if earlier is None else {"before": Subject("before", earlier)}),
        "now": Subject("now", current),
        "four_a_person": Subject("now, 4 images a person", current, images_per_person=4),
    }


def events(images_per_person: int) -> Iterator[dict[str, Any]]:
    """Make one batch after another, each with so many uploads of each person in a row."""
    uploads = itertools.count()
    while True:
        numbers = list(itertools.islice(uploads, BATCH))
        yield {"Records": [_message(n, n // images_per_person) for n in numbers]}


def _message(number: int, person: int) -> dict[str, Any]:
    """Return a message as Lambda hands it over, with all members that S3 and SQS give it."""
    announcement = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "eu-west-1",
        "eventTime": "2026-11-25T12:00:00.000Z",
        "eventName": "ObjectCreated:Put",
        "userIdentity": {"principalId": "AWS:AROAEXAMPLEEXAMPLEEXA:upload"},
        "requestParameters": {"sourceIPAddress": "192.0.2.1"},
        "responseElements": {"x-amz-request-id": "4442587FB7D0A2F9", "x-amz-id-2": "x" * 76},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "uploads",
            "bucket": {
                "name": "photos",
                "ownerIdentity": {"principalId": "A3NL1KOZZKExample"},
                "arn": "arn:aws:s3:::photos",
            },
            "object": {
                "key": f"challenge/person{person}/{number}.jpg",
                "size": 204_800,
                "eTag": "d41d8cd98f00b204e9800998ecf8427e",
                "versionId": VERSION_ID,
                "sequencer": "0055AED6DCD90281E5",
            },
        },
    }
    return {
        "messageId": f"00000000-0000-4000-8000-{number:012}",
        "receiptHandle": "x" * 340,
        "body": json.dumps({"Records": [announcement]}),
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": "1764072000000",
            "SenderId": "AIDAJHIPRHEMV73VRJEBU",
            "ApproximateFirstReceiveTimestamp": "1764072000100",
        },
        "messageAttributes": {},
        "md5OfBody": "d41d8cd98f00b204e9800998ecf8427e",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:000000000000:face-compare-uploads",
        "awsRegion": "eu-west-1",
    }


@contextmanager
def instances(chosen: Mapping[str, Subject]) -> Iterator[dict[str, Instance]]:
    """Start a warm instance of each subject."""
    interpreter = str(venv.interpreter("bench", os.environ))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="face-compare-")))
        server, bundle = make_certificates(folder)
        s3 = stack.enter_context(served(CannedS3, server))
        rekognition = stack.enter_context(canned_rekognition(server, CALL_SECONDS))
        variables = {
            **function_variables(
                bucket="photos",
                calls_per_second=CALLS_PER_SECOND,
                workers=WORKERS,
                timeout_seconds=30,
            ),
            "AWS_CA_BUNDLE": str(bundle),
            "AWS_ENDPOINT_URL_REKOGNITION": rekognition,
            "AWS_ENDPOINT_URL_S3": s3,
            # A role's credentials have one, and it is signed with each call.
            "AWS_SESSION_TOKEN": "x" * 800,
        }
        found = {}
        for name, subject in chosen.items():
            code = folder / name
            zipfile.ZipFile(io.BytesIO(subject.archive)).extractall(code)
            shutil.copy(_METER, code)
            environment = RuntimeEnvironment(
                code, f"{_METER.stem}.handler", variables, interpreter=interpreter
            )
            found[name] = Instance(subject, stack.enter_context(environment))
        yield found


def measure(chosen: Mapping[str, Subject], rounds: int) -> dict[str, list[Sample]]:
    """Take ``rounds`` samples of each subject, all of them in every round, in changing order."""
    samples: dict[str, list[Sample]] = {name: [] for name in chosen}
    order = random.Random(rounds)  # noqa: S311
    with (
        instances(chosen) as started,
        step(f"{rounds} rounds of {len(chosen)} batches with {BATCH} uploads"),
    ):
        for _ in range(rounds):
            for name in order.sample(sorted(chosen), len(chosen)):
                samples[name].append(started[name].sample())
    return samples


def report(chosen: Mapping[str, Subject], samples: Mapping[str, Sequence[Sample]]) -> str:
    """Print the table; return the line of JSON."""
    totals = {name: [each.total for each in found] for name, found in samples.items()}
    found = {name: estimate(values) for name, values in totals.items()}
    rows = [
        [title, *(f"{median(each.parts[part] for each in samples[name]):.2f}" for name in chosen)]
        for part, title in PARTS.items()
    ]
    print_table(
        f"CPU of an upload in ms, medians of {len(totals['now'])} batches with {BATCH}",
        ["part", *(subject.title for subject in chosen.values())],
        [*rows, ["together", *(str(found[name]) for name in chosen)]],
    )
    figures: dict[str, float | str | bool | Estimate] = {
        "cpu_ms_per_upload": found["now"],
        "cpu_ms_per_upload_four_a_person": found["four_a_person"],
    }
    if "before" in found:
        figures["cpu_ms_per_upload_before"] = found["before"]
        figures["cpu_ratio_vs_before"] = paired_ratio(totals["now"], totals["before"])
        figures["before"] = BEFORE
    return last_line(
        "upload",
        {**figures, "rounds": len(totals["now"]), "uploads_per_batch": BATCH, "machine": machine()},
    )


def main(arguments: Sequence[str]) -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(description="What an upload costs in CPU.")
    parser.add_argument("--rounds", type=int, default=FULL_ROUNDS, help="batches of each payload")
    rounds = parser.parse_args(arguments).rounds
    if rounds < 2:
        parser.error("--rounds must be 2 or more")
    chosen = subjects()
    print(report(chosen, measure(chosen, rounds)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
