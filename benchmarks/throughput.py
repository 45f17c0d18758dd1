"""How much of Rekognition's quota a backlog of uploads uses, and what it costs in calls.

The stand-in enforces the quota with the service's own throttling errors and takes 300 ms a call.
Uploads wait in a queue; the real zip serves them under AWS's runtime client, in as many processes
as the module allows instances, with batch, pace and workers from rate.tf. S3 is the local
emulator's; the queue is in memory. Beside it, against the same stand-in: one call after another,
and a pool of threads with botocore's standard retries and no pace. README.md has the figures.

usage: python -m benchmarks.throughput [--seconds N]
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from benchmarks.rate import Rate, rate
from benchmarks.report import machine, print_table
from local.event_source import EventSource
from local.memory_queue import MemoryQueue
from local.rekognition.steering import Steering
from local.stack import REGION, RekognitionOptions, Stack
from local.upload_site import Pace, UploadSite
from tools.progress import say, step

FULL_PAIRS = 2000
LATENCY_MS = 300.0
QUOTAS = (25, 100)
"""AWS's defaults: 100 in three regions, 25 in the others."""
POOL = 64
"""Threads of the baseline: enough for 100 calls a second of 300 ms each, twice over."""
HANDOVER_SECONDS = 0.05
"""Between the end of an invocation and the start of the next: an assumption about Lambda."""
_PEOPLE = 500
"""So many that no batch gains by what it has just listed for another image of a person."""
_TEST_EVENT = {
    "Records": [
        {
            "messageId": "test",
            "eventSource": "aws:sqs",
            "body": json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent"}),
        }
    ]
}
"""What S3 sends when a notification is made: it starts all that a first batch needs."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What one system came to at one quota."""

    pairs: int
    quota_used: float
    """Calls accepted while there was a backlog, as a share of the quota for that time."""
    throttled: float
    """Share of all calls that was refused."""
    calls_per_decision: float
    """Calls, refused ones included, for each pair that was decided."""
    lost: int
    """Pairs without a decision in the end."""
    doubled: int
    """Decisions beyond one for each pair, or calls paid for beyond that."""
    seconds: float
    ideal_seconds: float
    """Pairs / quota."""


@dataclass(slots=True)
class Meter:
    """Reads the stand-in's counters at the moments that matter."""

    steering: Steering
    tps: float
    began: float = 0.0
    backlog_ended: float = 0.0
    used: float = 0.0

    def begin(self) -> None:
        """Start with a full bucket and counters at 0."""
        self.steering.apply(tps=self.tps, latency_ms=LATENCY_MS, reset_counters=True)
        self.began = time.monotonic()

    def end_backlog(self) -> None:
        """Note how many calls were accepted until now."""
        report = self.steering.report()
        self.backlog_ended = time.monotonic()
        admitted = report["served"] + report["in_flight"]
        self.used = admitted / (self.tps * (self.backlog_ended - self.began))

    def figures(self, pairs: int, decided: int, doubled: int) -> Figures:
        """Return the figures; now is the end."""
        seconds = time.monotonic() - self.began
        report = self.steering.report()
        return Figures(
            pairs=pairs,
            quota_used=self.used,
            throttled=report["throttled"] / max(1, report["calls"]),
            calls_per_decision=report["calls"] / max(1, decided),
            lost=pairs - decided,
            doubled=max(doubled, report["served"] - decided),
            seconds=seconds,
            ideal_seconds=pairs / self.tps,
        )


def this_module(stack: Stack, meter: Meter, pairs: int) -> Figures:
    """Serve a backlog of uploads as the module does."""
    derived = rate(meter.tps)
    queue = MemoryQueue(derived.visibility_timeout)
    site = UploadSite.create(stack, f"module-{meter.tps:g}-tps", queue)
    for number in range(_PEOPLE):
        site.put(f"reference/person{number}/1.jpg")
    uploads = site.upload(
        f"challenge/person{number % _PEOPLE}/{number}.jpg" for number in range(pairs)
    )
    with _source(site, derived, meter) as source:
        for environment in source.environments.values():
            environment.invoke(_TEST_EVENT)
        meter.begin()
        source.begin()
        drain(queue, source)
        counts = site.results()
        decided = sum(upload.result_key in counts for upload in uploads)
        figures = meter.figures(pairs, decided, doubled=sum(counts.values()) - len(counts))
        for handed in source.handed:
            if handed.failed:
                say(f"{handed.failed} of {handed.messages} uploads had to be retried")
    return figures


def drain(queue: MemoryQueue, source: EventSource) -> None:
    """Wait until every message is deleted; raises what ended the event source before."""
    while queue.held():
        source.check()
        time.sleep(0.1)


def _source(site: UploadSite, derived: Rate, meter: Meter) -> EventSource:
    pace = Pace(derived.calls_per_second, derived.workers)
    return EventSource(
        queue=site.queue,
        new_environment=lambda: site.environment(pace),
        places=derived.instances,
        batch_size=derived.uploads_per_batch,
        window_seconds=derived.batching_window,
        handover_seconds=HANDOVER_SECONDS,
        when_empty=meter.end_backlog,
    )


def one_after_another(stack: Stack, meter: Meter, pairs: int) -> Figures:
    """Make the calls in a loop."""
    return _baseline(stack, meter, pairs, threads=1)


def unpaced_pool(stack: Stack, meter: Meter, pairs: int) -> Figures:
    """Make the calls from a pool of threads, as fast as they will go."""
    return _baseline(stack, meter, pairs, threads=POOL)


def _baseline(stack: Stack, meter: Meter, pairs: int, threads: int) -> Figures:
    client = boto3.client(
        "rekognition",
        endpoint_url=stack.rekognition_endpoint,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106
        config=Config(retries={"mode": "standard"}, max_pool_connections=threads),
    )

    def compare(number: int) -> bool:
        person = f"person{number % _PEOPLE}"
        photos = (f"reference/{person}/1.jpg", f"challenge/{person}/{number}.jpg")
        source, target = ({"S3Object": {"Bucket": "photos", "Name": name}} for name in photos)
        try:
            client.compare_faces(SourceImage=source, TargetImage=target, SimilarityThreshold=0)  # type: ignore[arg-type]
        except ClientError:
            return False
        return True

    meter.begin()
    with ThreadPoolExecutor(threads) as pool:
        futures = [pool.submit(compare, number) for number in range(pairs)]
        # The backlog ends when the last pair is taken up.
        while any(not future.running() and not future.done() for future in futures[-1:]):
            time.sleep(0.05)
        meter.end_backlog()
        decided = sum(future.result() for future in futures)
    return meter.figures(pairs, decided, doubled=0)


SYSTEMS: dict[str, tuple[str, Callable[[Stack, Meter, int], Figures], int]] = {
    "module": ("this module", this_module, 1),
    # A rate does not depend on how many calls it is taken from; the whole would take 10 minutes.
    "one_after_another": ("one call after another", one_after_another, 10),
    "unpaced_pool": (f"{POOL} threads, no pace", unpaced_pool, 1),
}
"""By name in the line of JSON: title, how it is run, and by what the number of pairs is divided."""


def report(measured: dict[tuple[str, int], Figures]) -> str:
    """Print the table; return the line of JSON."""
    columns = ["quota used", "throttled", "calls/decision", "lost", "decided twice", "time/ideal"]
    print_table(
        f"A backlog of pairs, Rekognition takes {LATENCY_MS:g} ms",
        ["system", "TPS", "pairs", *columns],
        [
            [
                SYSTEMS[name][0],
                str(tps),
                f"{each.pairs:,}",
                f"{each.quota_used:.1%}",
                f"{each.throttled:.2%}",
                f"{each.calls_per_decision:.3f}",
                str(each.lost),
                str(each.doubled),
                f"{each.seconds:.0f} s / {each.ideal_seconds:.0f} s",
            ]
            for (name, tps), each in measured.items()
        ],
    )
    systems: dict[str, dict[str, Any]] = {}
    for (name, tps), each in measured.items():
        figures = {key: round(value, 4) for key, value in asdict(each).items()}
        systems.setdefault(name, {})[str(tps)] = figures
    return json.dumps({"benchmark": "throughput", **systems, "machine": machine()})


def main(arguments: Sequence[str]) -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(description="What share of the quota a backlog uses.")
    parser.add_argument(
        "--seconds",
        type=int,
        help=f"as many pairs as the quota allows in that time (default: {FULL_PAIRS:,} pairs)",
    )
    seconds = parser.parse_args(arguments).seconds
    measured = {}
    options = RekognitionOptions(scripted=True, reads_images=False, checks_rights=False)
    with Stack(options) as stack:
        steering = Steering(stack.rekognition_endpoint)
        for tps in QUOTAS:
            for name, (title, run, share) in SYSTEMS.items():
                pairs = (seconds * tps if seconds else FULL_PAIRS) // share
                with step(f"{title}, {tps} TPS, {pairs:,} pairs"):
                    measured[name, tps] = run(stack, Meter(steering, tps), pairs)
    print(report(measured))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
