"""What a comparison costs in a warm function beyond the time Rekognition takes.

The payload runs in this process; CompareFaces is answered over HTTP on loopback by another
process, so that this one's CPU time holds all that the function does for a comparison: the event
read, the call serialized, signed, sent and parsed by botocore, the decision, the log record in
Lambda's own format, the answer. Only TLS is missing. README.md has the figures.

usage: python -m benchmarks.overhead [--invocations N]
"""

from __future__ import annotations

import argparse
import gc
import importlib
import logging
import os
import sys
import tempfile
import time
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from awslambdaric.lambda_runtime_log_utils import JsonFormatter

from benchmarks.canned import canned_rekognition
from benchmarks.cold_start import EVENT, VARIABLES
from benchmarks.figures import Estimate, estimate, slope
from benchmarks.report import last_line, machine, memory, print_table
from tools.package import ZIP
from tools.progress import step

FULL_INVOCATIONS = 10_000
_SECTIONS = 20
_WARM_UP = 200


class Context:
    """Lambda's context object, as far as the payload reads it."""

    aws_request_id = "00000000-0000-4000-8000-000000000000"
    function_version = "$LATEST"

    def get_remaining_time_in_millis(self) -> int:
        """Return a time that never runs out."""
        return 29_000


@dataclass(frozen=True, slots=True)
class Growth:
    """What one more invocation leaves behind, in bytes: of Python's objects, and resident."""

    allocated: float
    resident: float


@contextmanager
def warm_payload(endpoint: str) -> Iterator[tuple[Callable[[], Any], Callable[[], Any]]]:
    """Start the zip's payload in this process.

    Yields two functions: one serves a comparison, the other makes the bare API call of it.
    """
    os.environ.update(
        {
            **VARIABLES,
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_LAMBDA_FUNCTION_NAME": "face-compare",
        }
    )
    with tempfile.TemporaryDirectory(prefix="face-compare-") as folder, _lambda_logging():
        zipfile.ZipFile(ZIP).extractall(folder)
        sys.path.insert(0, folder)
        handler = importlib.import_module("face_compare.handler").handler
        runtime = "face_compare.runtime"
        settings_class = importlib.import_module(f"{runtime}.settings").Settings
        settings = settings_class.from_environment(os.environ)
        client = importlib.import_module(f"{runtime}.clients").Clients(settings).rekognition
        parameters = {
            f"{side.title()}Image": {"S3Object": {"Bucket": settings.bucket, "Name": EVENT[side]}}
            for side in ("source", "target")
        }
        context = Context()

        def compare() -> Any:
            return handler(EVENT, context)

        def call() -> Any:
            return client.compare_faces(**parameters, SimilarityThreshold=0)

        if not compare()["match"]:
            raise RuntimeError("The payload does not give the decision that the answer holds.")
        yield compare, call
        sys.path.remove(folder)


@contextmanager
def _lambda_logging() -> Iterator[None]:
    """Write records in the runtime's JSON format, to nowhere."""
    with Path(os.devnull).open("w", encoding="utf-8") as sink:
        handler = logging.StreamHandler(sink)
        handler.setFormatter(JsonFormatter())
        logging.getLogger().addHandler(handler)
        yield
        logging.getLogger().removeHandler(handler)


def cpu_ms(work: Callable[[], Any]) -> float:
    """Return the CPU time of one call of ``work``, user and system, in milliseconds."""
    started = time.process_time_ns()
    work()
    return (time.process_time_ns() - started) / 1e6


def growth(work: Callable[[], Any], invocations: int) -> Growth:
    """Call ``work`` that often and return what each call leaves behind.

    The first fifth is left out: caches fill up then.
    """
    per_section = invocations // _SECTIONS
    allocated, resident = [], []
    tracemalloc.start()
    try:
        for _ in range(_SECTIONS):
            for _ in range(per_section):
                work()
            gc.collect()
            allocated.append(tracemalloc.get_traced_memory()[0])
            resident.append(memory(os.getpid(), "VmRSS"))
    finally:
        tracemalloc.stop()
    settled = _SECTIONS // 5
    return Growth(slope(allocated[settled:], per_section), slope(resident[settled:], per_section))


def report(whole: Estimate, call: Estimate, own: Estimate, grown: Growth, count: int) -> str:
    """Print the table; return the line of JSON."""
    print_table(
        f"One comparison in a warm function, {count:,} invocations",
        ["figure", "value", "goal"],
        [
            ["CPU, everything, ms", str(whole), "< 3"],
            ["CPU, the bare API call in botocore, ms", str(call), ""],
            ["CPU, what the payload adds to the call, ms", str(own), ""],
            ["objects left behind, bytes an invocation", f"{grown.allocated:.1f}", "0"],
            ["resident memory growth, bytes an invocation", f"{grown.resident:.1f}", "0"],
        ],
    )
    return last_line(
        "overhead",
        {
            "cpu_ms": whole,
            "cpu_ms_api_call": call,
            "cpu_ms_payload": own,
            "allocated_bytes_per_invocation": grown.allocated,
            "resident_bytes_per_invocation": grown.resident,
            "invocations": count,
            "machine": machine(),
        },
    )


def main(arguments: list[str]) -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(description="What a warm comparison costs.")
    parser.add_argument("--invocations", type=int, default=FULL_INVOCATIONS)
    count = parser.parse_args(arguments).invocations
    if count < 10 * _SECTIONS:
        parser.error(f"--invocations must be {10 * _SECTIONS} or more")
    with (
        canned_rekognition() as endpoint,
        warm_payload(endpoint) as (compare, call),
        step(f"{count:,} invocations"),
    ):
        for _ in range(_WARM_UP):
            compare()
            call()
        # In turn, so that what else the machine does weighs on both alike.
        pairs = [(cpu_ms(compare), cpu_ms(call)) for _ in range(count // 5)]
        grown = growth(compare, count)
    whole, bare = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    own = [mine - theirs for mine, theirs in pairs]
    print(report(estimate(whole), estimate(bare), estimate(own), grown, count))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
