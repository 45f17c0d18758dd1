"""What a million pairs take: time, money, age of the queue. Calculated, not measured.

The rates come from rate.tf, and the prices are below. docs/capacity.md has the tables.

usage: python -m benchmarks.capacity            print the tables
       python -m benchmarks.capacity --write    put them into docs/capacity.md
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.rate import Rate, rate
from tools.places import REPOSITORY

DOCUMENT = REPOSITORY / "docs" / "capacity.md"
BEGIN, END = "<!-- begin: benchmarks/capacity.py -->", "<!-- end: benchmarks/capacity.py -->"
PAIRS = 1_000_000
QUOTAS = (25, 100, 500)
"""The two defaults of regions.tf, and a quota that AWS has raised."""

# US dollars for eu-west-1 and us-east-1, before any free tier or discount, from the services'
# pricing pages in 2025. They are not checked automatically.
COMPARE_FACES_CALL = 0.001
"""First tier, up to a million images a month. One call bills one image, the source."""
LAMBDA_ARM_GB_SECOND = 0.0000133334
LAMBDA_REQUEST = 0.20 / 1e6
S3_PUT_OR_LIST = 0.005 / 1e3
S3_GET = 0.0004 / 1e3
SQS_REQUEST = 0.40 / 1e6
STEP_FUNCTIONS_TRANSITION = 0.025 / 1e3
EVENTBRIDGE_S3_EVENT = 1.00 / 1e6
LOGS_GB = 0.57

# What one pair needs beside its call.
S3_PUTS_AN_UPLOAD = 3
"""Claim, list of references, result."""
S3_LOOKS_AN_UPLOAD = 1
"""Whether the image is still there."""
S3_GETS_A_PAIR = 2
"""Rekognition reads both images with the function's permissions. This assumes that S3 bills it."""
SQS_REQUESTS_AN_UPLOAD = 1.2
"""One to send, and a tenth each to receive and to delete, in batches of 10."""
EVENTS_AN_UPLOAD = 3
"""Photo, claim and result: EventBridge gets all that is created in the bucket."""
TRANSITIONS_A_BATCH = 3
LOG_BYTES_A_PAIR = 1000
"""One record of a decision, rounded up."""

MEMORY_GB = 0.5
RETENTION_DAYS = 10
"""Of the queue, in upload.tf; what is older is gone. SQS allows 14."""
_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Capacity:
    """What ``PAIRS`` pairs take at one quota; seconds and US dollars."""

    tps: int
    rate: Rate
    seconds: float
    rekognition: float
    function: float
    uploads: float
    """S3, SQS, EventBridge and logs, for pairs that arrive as uploads."""
    batch: float
    """S3, Step Functions and logs, for pairs of a manifest."""
    oldest_days: float
    """Age of the last message if all uploads arrive at once."""
    most_uploads: float
    """Backlog that clears before its last message is too old."""


def capacity(tps: int) -> Capacity:
    """Calculate the figures of one quota."""
    derived = rate(tps)
    calls_per_second = derived.calls_per_second * derived.instances
    seconds = PAIRS / calls_per_second
    gb_seconds = seconds * derived.instances * MEMORY_GB
    gets = PAIRS * S3_GETS_A_PAIR * S3_GET
    logs = PAIRS * LOG_BYTES_A_PAIR / 1e9 * LOGS_GB
    batches = PAIRS / derived.pairs_per_batch
    return Capacity(
        tps=tps,
        rate=derived,
        seconds=seconds,
        rekognition=PAIRS * COMPARE_FACES_CALL,
        function=gb_seconds * LAMBDA_ARM_GB_SECOND
        + PAIRS / derived.uploads_per_batch * LAMBDA_REQUEST,
        uploads=gets
        + logs
        + PAIRS * S3_LOOKS_AN_UPLOAD * S3_GET
        + PAIRS * S3_PUTS_AN_UPLOAD * S3_PUT_OR_LIST
        + PAIRS * SQS_REQUESTS_AN_UPLOAD * SQS_REQUEST
        + PAIRS * EVENTS_AN_UPLOAD * EVENTBRIDGE_S3_EVENT,
        # A look for an unfinished batch, and results in parts of which the number is small.
        batch=gets + logs + batches * (S3_GET + TRANSITIONS_A_BATCH * STEP_FUNCTIONS_TRANSITION),
        oldest_days=seconds / _DAY,
        most_uploads=RETENTION_DAYS * _DAY * calls_per_second,
    )


def tables(rows: Sequence[Capacity]) -> str:
    """Return the tables as Markdown."""
    lines = [
        f"{PAIRS:,} pairs, one call each:",
        "",
        "| | " + " | ".join(f"{row.tps} TPS" for row in rows) + " |",
        "|---|" + "---:|" * len(rows),
    ]
    lines += [
        f"| {title} | " + " | ".join(cell(row) for row in rows) + " |"
        for title, cell in _LINES.items()
    ]
    return "\n".join(lines)


_LINES: dict[str, Callable[[Capacity], str]] = {
    "time": lambda row: _duration(row.seconds),
    "instances at once": lambda row: str(row.rate.instances),
    "calls per second of each instance": lambda row: f"{row.rate.calls_per_second:g}",
    "uploads per batch": lambda row: str(row.rate.uploads_per_batch),
    "pairs per batch": lambda row: str(row.rate.pairs_per_batch),
    "age of the last upload, if all arrive at once": lambda row: _duration(row.oldest_days * _DAY),
    "Rekognition": lambda row: _dollars(row.rekognition),
    "Lambda": lambda row: _dollars(row.function),
    "as uploads: S3, SQS, EventBridge, logs": lambda row: _dollars(row.uploads),
    "as a list: S3, Step Functions, logs": lambda row: _dollars(row.batch),
    f"uploads that clear within {RETENTION_DAYS} days": lambda row: (
        f"{row.most_uploads / 1e6:.1f} million"
    ),
}


def document_with(text: str, inserted: str) -> str:
    """Return the document with the tables between their marks."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{inserted}\n\n{END}{rest.partition(END)[2]}"


def _duration(seconds: float) -> str:
    hours = seconds / 3600
    return f"{hours:.1f} h" if hours >= 1 else f"{seconds / 60:.0f} min"


def _dollars(amount: float) -> str:
    return f"${amount:,.2f}"


def main(arguments: Sequence[str]) -> int:
    """Print the tables, or write them."""
    parser = argparse.ArgumentParser(description="What a million pairs take.")
    parser.add_argument("--write", action="store_true", help=f"into docs/{DOCUMENT.name}")
    made = tables([capacity(tps) for tps in QUOTAS])
    if parser.parse_args(arguments).write:
        text = document_with(DOCUMENT.read_text(encoding="utf-8"), made)
        DOCUMENT.write_text(text, encoding="utf-8")
    else:
        print(made)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
