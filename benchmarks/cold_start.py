"""What a cold start costs, beside the usual ways to write such a function.

Each sample is a new process under awslambdaric, AWS's own runtime client, from its start to its
first request served: wall time, CPU time (user and system) and peak memory. README.md says what
is held alike, and what the figures do not tell.

usage: python -m benchmarks.cold_start [--rounds N] [--before ZIP]
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.canned import canned_rekognition
from benchmarks.figures import Estimate, paired_ratio
from benchmarks.report import last_line, machine, memory, print_table
from local.function_variables import function_variables
from local.runtime import RuntimeEnvironment
from tools import venv
from tools.package import ZIP
from tools.progress import step

HANDLERS = Path(__file__).resolve().parent / "handlers"
EVENT = {"source": "reference/alice.jpg", "target": "challenge/alice-1.jpg"}
FULL_ROUNDS = 40
NAMES = {
    "empty": "(0) empty handler",
    "payload": "(a) this payload",
    "before": "(a') the payload of --before",
    "plain_boto3": "(b) boto3, client at module level",
    "with_powertools": "(c) the same with Powertools",
}
_KIB = 1024

VARIABLES = function_variables(bucket="photos", calls_per_second=5, workers=4, timeout_seconds=30)


@dataclass(frozen=True, slots=True)
class Subject:
    """One handler in a folder of its own."""

    code: Path
    handler: str


@dataclass(frozen=True, slots=True)
class Sample:
    """One cold start: seconds of wall and CPU time, and peak resident memory in bytes."""

    wall: float
    cpu: float
    peak: float


def subjects(folder: Path, before: Path | None = None) -> dict[str, Subject]:
    """Lay out the handlers below ``folder``. A payload is what its zip holds."""
    archives = {"payload": ZIP} if before is None else {"payload": ZIP, "before": before}
    found = {}
    for key, archive in archives.items():
        zipfile.ZipFile(archive).extractall(folder / key)
        found[key] = Subject(folder / key, "face_compare.handler.handler")
    for source in sorted(HANDLERS.glob("[!_]*.py")):
        (folder / source.stem).mkdir()
        shutil.copy(source, folder / source.stem)
        found[source.stem] = Subject(folder / source.stem, f"{source.stem}.handler")
    return found


def sample(subject: Subject, interpreter: Path, endpoint: str) -> Sample:
    """Start the handler, have it serve one request, and end it.

    ``endpoint`` is where the canned answers are.

    Raises:
        RuntimeError: The handler did not start, or did not answer.
    """
    environment = RuntimeEnvironment(
        subject.code,
        subject.handler,
        {
            **VARIABLES,
            "AWS_ENDPOINT_URL": endpoint,
            # Lambda's /var/task is read-only: the handlers are compiled at every start.
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        interpreter=str(interpreter),
    )
    with environment:
        outcome = environment.invoke(EVENT)
        process = environment.process
        # Not ru_maxrss: on Linux it begins with the size of the process that forked, which is ours.
        peak = memory(process.pid, "VmHWM")
        process.kill()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if outcome.error is not None:
        raise RuntimeError(f"{subject.handler} answered {outcome.error}")
    return Sample(
        wall=environment.start_seconds + outcome.seconds,
        cpu=usage.ru_utime + usage.ru_stime,
        peak=peak,
    )


def require_compiled(interpreter: Path) -> None:
    """See that the packages are byte-compiled, as those of the Lambda runtime are.

    Raises:
        RuntimeError: A module of them would be compiled at every start.
    """
    # A package of each: the oldest are compiled by pip like all the others.
    check = (
        "import importlib.util as u, pathlib as p, sys\n"
        "for name in ('json', 'awslambdaric', 'botocore', 'boto3', 'aws_lambda_powertools'):\n"
        "    for path in p.Path(u.find_spec(name).origin).parent.rglob('*.py'):\n"
        "        if not p.Path(u.cache_from_source(path)).exists(): sys.exit(str(path))\n"
    )
    done = subprocess.run(
        [interpreter, "-I", "-c", check], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"Not byte-compiled, so no fair start: {done.stderr.strip()}")


def measure(rounds: int, before: Path | None = None) -> dict[str, list[Sample]]:
    """Take ``rounds`` samples of each handler, all of them in every round, in changing order."""
    interpreter = venv.interpreter("bench", os.environ)
    require_compiled(interpreter)
    with tempfile.TemporaryDirectory(prefix="face-compare-") as folder:
        chosen = subjects(Path(folder), before)
        samples: dict[str, list[Sample]] = {key: [] for key in chosen}
        order = random.Random(rounds)  # noqa: S311
        with (
            canned_rekognition() as endpoint,
            step(f"{rounds} rounds of {len(chosen)} starts"),
        ):
            # The first starts fill the file cache and are not counted.
            for subject in chosen.values():
                sample(subject, interpreter, endpoint)
            for _ in range(rounds):
                for key in order.sample(sorted(chosen), len(chosen)):
                    samples[key].append(sample(chosen[key], interpreter, endpoint))
        if written := list(Path(folder).rglob("*.pyc")):
            raise RuntimeError(f"A handler's byte code was written, so starts differ: {written}")
    return samples


def report(samples: Mapping[str, Sequence[Sample]]) -> str:
    """Print the table; return the line of JSON."""
    cpu = {key: [each.cpu for each in found] for key, found in samples.items()}
    wall = {key: [each.wall for each in found] for key, found in samples.items()}
    peak = {key: [each.peak for each in found] for key, found in samples.items()}
    floor = cpu["empty"]
    rows = [
        [
            NAMES[key],
            f"{median(wall[key]) * 1000:.0f}",
            f"{median(cpu[key]) * 1000:.0f}",
            f"{(median(cpu[key]) - median(floor)) * 1000:.0f}",
            f"{median(peak[key]) / _KIB / _KIB:.1f}",
        ]
        for key in NAMES
        if key in samples
    ]
    print_table(
        f"Cold start, medians of {len(floor)}",
        ["handler", "wall ms", "CPU ms", "CPU ms above (0)", "peak MiB"],
        rows,
    )
    versus_boto3 = paired_ratio(cpu["payload"], cpu["plain_boto3"], floor)
    versus_powertools = paired_ratio(cpu["payload"], cpu["with_powertools"], floor)
    memory = paired_ratio(peak["payload"], peak["plain_boto3"])
    wall_versus_boto3 = paired_ratio(wall["payload"], wall["plain_boto3"], wall["empty"])
    ratios = [
        ["CPU above (0), payload / boto3", str(versus_boto3), "<= 0.78"],
        ["CPU above (0), payload / Powertools", str(versus_powertools), ""],
        ["wall above (0), payload / boto3", str(wall_versus_boto3), ""],
        ["peak memory, payload / boto3", str(memory), "<= 0.86"],
    ]
    beside: dict[str, Estimate] = {}
    if "before" in samples:
        beside = {
            "cpu_ratio_vs_boto3_before": paired_ratio(cpu["before"], cpu["plain_boto3"], floor),
            "rss_ratio_vs_boto3_before": paired_ratio(peak["before"], peak["plain_boto3"]),
        }
        ratios += [
            ["CPU above (0), --before / boto3", str(beside["cpu_ratio_vs_boto3_before"]), ""],
            ["peak memory, --before / boto3", str(beside["rss_ratio_vs_boto3_before"]), ""],
        ]
    print_table("Ratios, with the 95 % interval of the median", ["ratio", "value", "goal"], ratios)
    return last_line(
        "cold_start",
        {
            "cpu_ratio_vs_boto3": versus_boto3,
            "cpu_ratio_vs_powertools": versus_powertools,
            "rss_ratio_vs_boto3": memory,
            "wall_ratio_vs_boto3": wall_versus_boto3,
            **beside,
            **{f"cpu_ms_{key}": median(cpu[key]) * 1000 for key in cpu},
            **{f"rss_mib_{key}": median(peak[key]) / _KIB / _KIB for key in peak},
            "rounds": len(floor),
            "machine": machine(),
        },
    )


def main(arguments: list[str]) -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(description="What a cold start costs.")
    parser.add_argument("--rounds", type=int, default=FULL_ROUNDS, help="samples of each handler")
    parser.add_argument("--before", type=Path, help="an older face_compare.zip to measure beside")
    chosen = parser.parse_args(arguments)
    if chosen.rounds < 2:
        parser.error("--rounds must be 2 or more")
    samples = measure(chosen.rounds, chosen.before)
    print(report(samples))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
