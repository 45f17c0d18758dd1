"""`make soak`: a long mix of good, bad and hostile requests through the deployed function.

Every request must be accounted for by the very answer or the very fault it asks for, and the
function's memory must stay flat. The short form of it is tests/integration/test_soak.py.

Flat it is after some thousand requests, not at once: the encoder of AWS's runtime client leaves
200 bytes in a reference cycle at each answer, even of an empty handler, and botocore some more at
each error. Python's collector frees them when it looks at the oldest objects, and until the first
time it has done so memory grows.
"""

from __future__ import annotations

import argparse
import base64
import random
import resource
import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from local import use
from local.photos import default_album
from local.stack import Stack
from local.terraform import Workspace

_SAMPLE_SECONDS = 0.5
LEAST_SECONDS = 10.0
"""Of a run: below, the medians of memory are those of a handful of samples and mean nothing."""
_LEAST_SAMPLES = 2
_MEBIBYTE = 1024 * 1024
GROWTH_LIMIT = 0.05
"""By how much the memory of the second half may exceed that of the first, as a share."""

JUNK: tuple[object, ...] = (
    None,
    [],
    "reference/a.jpg",
    {"source": "reference/a.jpg"},
    {"source": 7, "target": {"key": []}},
    {"source": "a", "target": "b", "similarity_threshold": 0.9},
    {"source": "a", "target": "b", "similarity_threshold": "ninety"},
    {"source": "a" * 2000, "target": "b"},
    {"source": {"bytes": "not base64"}, "target": "b"},
    {"source": "a", "targets": ["b"] * 101},
    {"source": "a", "target": "b", "x" * 5000: "y" * 50_000},
    {"pairs": []},
    {"requestContext": {"http": "no"}},
    {"Records": [{"eventSource": "aws:sqs"}]},
)


@dataclass(frozen=True, slots=True)
class Demand:
    """One request and what must come of it."""

    kind: str
    event: object
    expected: str
    """A decision, or the name of an error."""


@dataclass(slots=True)
class Soak:
    """What came of a run."""

    seconds: float = 0.0
    outcomes: Counter[str] = field(default_factory=Counter)
    """Requests by kind."""
    unexpected: list[str] = field(default_factory=list)
    """One sentence for each request that was not answered as it must be."""
    memory: dict[int, list[int]] = field(default_factory=dict)
    """Resident bytes of each execution environment, by process, in the order of sampling."""
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)

    def note(self, demand: Demand, came: str) -> None:
        """Count a request and what came of it; from any thread."""
        with self._lock:
            self.outcomes[demand.kind] += 1
            if came != demand.expected:
                self.unexpected.append(
                    f"{str(demand.event)[:120]} came to {came[:200]} in place of {demand.expected}."
                )

    @property
    def lasting(self) -> list[list[int]]:
        """The memory of the environments that were there for half of the run or longer."""
        most = max(map(len, self.memory.values()), default=0)
        return [
            taken for taken in self.memory.values() if len(taken) >= max(most / 2, _LEAST_SAMPLES)
        ]

    @property
    def growth(self) -> float | None:
        """How much more memory the second half took than the first after warming up, a share.

        Of the lasting environment that grew most; None when no memory was seen twice.
        """
        return max(map(growth, self.lasting), default=None)

    def problems(self) -> list[str]:
        """Return what is not as it should be."""
        found = self.unexpected[:20]
        if self.growth is None:
            found.append("The function's memory was not seen often enough to tell whether it grew.")
        elif self.growth > GROWTH_LIMIT:
            found.append(f"The function's memory grew by {self.growth:.1%}.")
        return found


def growth(taken: Sequence[int]) -> float:
    """Return by what share the second half exceeds the first, the first fifth left out.

    Of two samples or more.
    """
    warm = taken[len(taken) // 5 :]
    half = len(warm) // 2
    return statistics.median(warm[half:]) / statistics.median(warm[:half]) - 1


def kinds() -> dict[str, list[Demand]]:
    """Every request there is, by kind."""
    album = default_album()
    reference = album.references[0]
    inline = {"bytes": base64.b64encode(reference.data).decode()}
    pairs = [
        Demand(
            "good",
            {"source": f"reference/{pair.reference.name}", "target": f"challenge/{photo.name}"},
            str(pair.expected),
        )
        for pair in album.pairs()
        if (photo := pair.challenge) and pair.expected is not None
    ]
    source = f"reference/{reference.name}"
    bad = [
        Demand("bad", {"source": source, "target": "challenge/none.jpg"}, "ImageNotFoundError"),
        Demand("bad", {"source": source, "target": "private/x.jpg"}, "ImageForbiddenError"),
        Demand("bad", {"source": source, "target": "challenge/note.jpg"}, "ImageFormatError"),
        Demand("bad", {"source": inline, "target": {"bytes": "QUJD"}}, "ImageFormatError"),
    ]
    hostile = [Demand("hostile", event, "InvalidRequestError") for event in JUNK]
    several = [Demand("inline", {"source": source, "target": inline}, "match")]
    return {"good": pairs, "bad": bad, "hostile": hostile, "inline": several}


def demands(seed: int) -> Iterator[Demand]:
    """Yield requests without end, the same ones for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, and no secret
    every = list(kinds().values())
    while True:
        yield chance.choice(chance.choices(every, [6, 2, 3, 1])[0])


def soak(
    stack: Stack,
    function: str,
    seconds: float,
    *,
    workers: int = 2,
    seed: int = 1,
    progress: Callable[[Soak], None] = lambda _: None,
) -> Soak:
    """Send requests for so many seconds, ``workers`` at once."""
    report = Soak()
    enough = threading.Event()

    def warm_up(_: int) -> None:
        # Twice, so that every environment has made every client before its memory counts.
        client = stack.client("lambda")
        for demand in 2 * [demand for every in kinds().values() for demand in every]:
            _send(client, function, demand, report)

    def worker(number: int) -> None:
        client = stack.client("lambda")
        for demand in demands(seed + number):
            if enough.is_set():
                return
            _send(client, function, demand, report)

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(warm_up, range(workers)))
        began = time.monotonic()
        running = [pool.submit(worker, number) for number in range(workers)]
        try:
            while time.monotonic() - began < seconds:
                time.sleep(_SAMPLE_SECONDS)
                for process, taken in _memory_of(function).items():
                    report.memory.setdefault(process, []).append(taken)
                progress(report)
        finally:
            # On Ctrl-C too: leaving the block waits for the workers.
            enough.set()
        for each in running:
            each.result()
    report.seconds = time.monotonic() - began
    return report


def _send(client: object, function: str, demand: Demand, report: Soak) -> None:
    try:
        outcome = use.invoke(client, function, demand.event)
        came = outcome.error_type or str((outcome.answer or {}).get("decision"))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is no answer
        came = f"no answer ({error})"
    report.note(demand, came)


def _memory_of(function: str) -> dict[int, int]:
    """Resident bytes of each running execution environment of a function, by process."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if b"awslambdaric" not in (process / "cmdline").read_bytes():
                continue
            environment = (process / "environ").read_bytes().split(b"\0")
            if f"AWS_LAMBDA_FUNCTION_NAME={function}".encode() in environment:
                pages = int((process / "statm").read_text().split()[1])
                found[int(process.name)] = pages * resource.getpagesize()
        except (OSError, ValueError, IndexError):
            continue
    return found


def _mebibytes(report: Soak) -> list[str]:
    return [f"{taken[-1] / _MEBIBYTE:.1f}" for taken in report.lasting]


def _put_photos(stack: Stack, bucket: str) -> None:
    s3, album = stack.client("s3"), default_album()
    for photo in album.references:
        use.upload(s3, bucket, f"reference/{photo.name}", photo)
    for photo in album.challenges:
        use.upload(s3, bucket, f"challenge/{photo.name}", photo)
    s3.put_object(Bucket=bucket, Key="challenge/note.jpg", Body=b"not a picture at all")
    s3.put_object(Bucket=bucket, Key="private/x.jpg", Body=b"not for the function")


def main(arguments: Sequence[str]) -> int:
    """Deploy examples/minimal on a stack of its own and soak it; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m local.soak", description=__doc__)
    parser.add_argument(
        "--seconds", type=float, default=1800.0, help=f"{LEAST_SECONDS:g} or more (default: 1800)"
    )
    seconds = parser.parse_args(arguments).seconds
    # Not `<`: it would let "nan" pass.
    if not seconds >= LEAST_SECONDS:
        parser.error(f"--seconds must be {LEAST_SECONDS:g} or more, to see whether memory grows")
    if not Path("/proc/self/statm").exists():
        parser.error("the function's memory is read from /proc: run it on Linux")
    console = Console(highlight=False)
    with Stack() as stack:
        console.print("Applying examples/minimal to the local stack, about a minute …")
        workspace = Workspace.create("minimal", stack.folder, stack.endpoint)
        workspace.init()
        workspace.apply()
        outputs = workspace.outputs()
        _put_photos(stack, str(outputs["bucket_name"]))
        told = time.monotonic()

        def tell(report: Soak) -> None:
            nonlocal told
            if time.monotonic() - told >= 10:
                told = time.monotonic()
                console.print(
                    f"{report.outcomes.total():7} requests, {len(report.unexpected)} not as they "
                    f"must be, MiB {' '.join(_mebibytes(report))}"
                )

        report = soak(stack, str(outputs["function_name"]), seconds, progress=tell)
    table = Table("requests", *report.outcomes, "MiB", "growth")
    table.add_row(
        str(report.outcomes.total()),
        *(str(count) for count in report.outcomes.values()),
        " ".join(_mebibytes(report)),
        "unknown" if report.growth is None else f"{report.growth:+.2%}",
    )
    console.print(table)
    for problem in report.problems():
        console.print(problem)
    return 1 if report.problems() else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
