"""How near one request with many targets comes to perfect packing.

The zip runs under awslambdaric; each call of CompareFaces takes 300 ms. Perfect packing is
what it would take if nothing but these calls took time: as many at once as the module's
`comparison.concurrency` allows, without a gap.

usage: python -m benchmarks.many_targets [--rounds N]
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
import zipfile
from pathlib import Path

from benchmarks.canned import canned_rekognition
from benchmarks.cold_start import VARIABLES
from benchmarks.figures import Estimate, estimate
from benchmarks.report import last_line, machine, print_table
from local.runtime import RuntimeEnvironment
from tools.package import ZIP
from tools.progress import step

CALL_SECONDS = 0.3
TARGETS = 20
CONCURRENCY = (5, 10)
FULL_ROUNDS = 20
_EVENT = {"source": "reference/a.jpg", "targets": [f"challenge/{n}.jpg" for n in range(TARGETS)]}


def perfect_seconds(concurrency: int) -> float:
    """Return what perfect packing takes."""
    return math.ceil(TARGETS / concurrency) * CALL_SECONDS


def ratios(code: Path, endpoint: str, concurrency: int, rounds: int) -> Estimate:
    """Return the wall time of a warm request as a multiple of perfect packing."""
    variables = {
        **VARIABLES,
        "AWS_ENDPOINT_URL": endpoint,
        "FACE_COMPARE_CONCURRENCY": str(concurrency),
    }
    with RuntimeEnvironment(code, "face_compare.handler.handler", variables) as environment:
        environment.invoke(_EVENT)
        taken = []
        for _ in range(rounds):
            outcome = environment.invoke(_EVENT)
            if len(outcome.answer["results"]) != TARGETS:
                raise RuntimeError("The payload did not answer every target.")
            taken.append(outcome.seconds / perfect_seconds(concurrency))
    return estimate(taken)


def main(arguments: list[str]) -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(description="What many targets in one request cost.")
    parser.add_argument("--rounds", type=int, default=FULL_ROUNDS)
    rounds = parser.parse_args(arguments).rounds
    measured = {}
    with (
        tempfile.TemporaryDirectory(prefix="face-compare-") as folder,
        canned_rekognition(seconds=CALL_SECONDS) as endpoint,
    ):
        zipfile.ZipFile(ZIP).extractall(folder)
        for concurrency in CONCURRENCY:
            with step(f"{TARGETS} targets, {concurrency} at once, {rounds} rounds"):
                measured[concurrency] = ratios(Path(folder), endpoint, concurrency, rounds)
    print_table(
        f"{TARGETS} targets in one request, {CALL_SECONDS * 1000:.0f} ms a call, warm",
        ["at once", "perfect packing, s", "measured / perfect", "goal"],
        [
            [str(concurrency), f"{perfect_seconds(concurrency):.1f}", str(ratio), "<= 1.5"]
            for concurrency, ratio in measured.items()
        ],
    )
    figures = {f"packing_ratio_at_{concurrency}": ratio for concurrency, ratio in measured.items()}
    print(last_line("many_targets", {**figures, "targets": TARGETS, "machine": machine()}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
