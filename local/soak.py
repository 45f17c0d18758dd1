"""`make soak`: a long mix of good, bad and hostile requests through the deployed function.

Each request must get the answer or the error that it asks for, and the function's memory must stay
flat. tests/integration/test_soak.py is the short form.

Memory grows in the first thousands of requests: the encoder of AWS's runtime client leaves 200
bytes in a reference cycle at each answer, and botocore some more at each error. Python's collector
frees them only when it looks at the oldest objects.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import random
import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import psutil
from rich.console import Console

from local import use
from local.photos import default_album
from local.stack import Stack
from local.terraform import Workspace

GROWTH_LIMIT = 0.05
"""By how much the memory of the second half may exceed that of the first, as a share."""
_SAMPLE_SECONDS = 0.5
_TELL_SECONDS = 10.0
_WORKERS = 2

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
    {"requestContext": "no"},
    {"Records": [{"eventSource": "aws:sqs"}]},
)


@dataclass(frozen=True, slots=True)
class Demand:
    """One request and what must come of it: a decision, or the name of an error."""

    kind: str
    event: object
    expected: str


@dataclass(slots=True)
class Soak:
    """The outcome of a run."""

    outcomes: Counter[str] = field(default_factory=Counter)
    """Requests by kind."""
    unexpected: list[str] = field(default_factory=list)
    """One sentence for each request that got another answer."""
    memory: dict[int, list[int]] = field(default_factory=dict)
    """Resident bytes of each execution environment, by process, in the order of sampling."""

    def note(self, demand: Demand, came: str) -> None:
        """Count a request and its outcome; from any thread."""
        self.outcomes[demand.kind] += 1
        if came != demand.expected:
            self.unexpected.append(
                f"{str(demand.event)[:120]} came to {came[:200]} instead of {demand.expected}."
            )

    @property
    def growth(self) -> float | None:
        """By what share memory grew, in the environment where it grew most; None if not seen."""
        samples = max(map(len, self.memory.values()), default=0)
        # An environment that started late is still warming up.
        return max(
            (growth(taken) for taken in self.memory.values() if len(taken) >= max(samples / 2, 2)),
            default=None,
        )

    def problems(self) -> list[str]:
        """Return what is not as it should be."""
        found = self.unexpected[:20]
        if self.growth is None:
            found.append("The function's memory was not seen often enough to tell whether it grew.")
        elif self.growth > GROWTH_LIMIT:
            found.append(f"The function's memory grew by {self.growth:.1%}.")
        return found

    def __str__(self) -> str:
        taken = ", ".join(f"{each[-1] / 2**20:.1f} MiB" for each in self.memory.values())
        return f"{dict(self.outcomes)}, {len(self.unexpected)} unexpected, memory {taken}"


def growth(taken: Sequence[int]) -> float:
    """Return by what share the second half exceeds the first, without the first fifth."""
    warm = taken[len(taken) // 5 :]
    half = len(warm) // 2
    return statistics.median(warm[half:]) / statistics.median(warm[:half]) - 1


def kinds() -> list[list[Demand]]:
    """Every request there is, by kind."""
    album = default_album()
    reference = album.references[0]
    source = f"reference/{reference.name}"
    inline = {"bytes": base64.b64encode(reference.data).decode()}
    good = [
        Demand("good", {"source": pair.source, "target": pair.target}, str(pair.expected))
        for pair in album.pairs()
    ]
    bad = [
        Demand("bad", {"source": source, "target": "challenge/none.jpg"}, "ImageNotFoundError"),
        Demand("bad", {"source": source, "target": "private/x.jpg"}, "ImageForbiddenError"),
        Demand("bad", {"source": source, "target": "challenge/note.jpg"}, "ImageFormatError"),
        Demand("bad", {"source": inline, "target": {"bytes": "QUJD"}}, "ImageFormatError"),
    ]
    hostile = [Demand("hostile", event, "InvalidRequestError") for event in JUNK]
    return [good, bad, hostile, [Demand("inline", {"source": source, "target": inline}, "match")]]


def demands(seed: int) -> Iterator[Demand]:
    """Yield a random mix without end, the same one for the same seed."""
    every = kinds()
    chance = random.Random(seed)  # noqa: S311 - repeatable, and not a secret
    while True:
        yield chance.choice(chance.choices(every, [6, 2, 3, 1])[0])


def soak(
    stack: Stack, function: str, seconds: float, tell: Callable[[str], None] = lambda _: None
) -> Soak:
    """Send requests for so many seconds, several at once."""
    report = Soak()
    enough = threading.Event()

    def send_all(demands: Iterable[Demand]) -> None:
        for demand in demands:
            if enough.is_set():
                return
            send(stack.client("lambda"), function, demand, report)

    with ThreadPoolExecutor(_WORKERS) as pool:
        # Twice, so that every environment has made every client before its memory counts.
        each_once = [demand for kind in kinds() for demand in kind]
        list(pool.map(send_all, [2 * each_once] * _WORKERS))
        running = [pool.submit(send_all, demands(seed)) for seed in range(_WORKERS)]
        began = told = time.monotonic()
        try:
            while time.monotonic() - began < seconds:
                time.sleep(_SAMPLE_SECONDS)
                for process, taken in memory_of(function).items():
                    report.memory.setdefault(process, []).append(taken)
                if time.monotonic() - told >= _TELL_SECONDS:
                    told = time.monotonic()
                    tell(str(report))
        finally:
            # On Ctrl-C too: leaving the block waits for the workers.
            enough.set()
        for each in running:
            each.result()
    return report


def send(client: object, function: str, demand: Demand, report: Soak) -> None:
    """Send one request and note its outcome."""
    try:
        outcome = use.invoke(client, function, demand.event)
        came = outcome.error_type or str((outcome.answer or {}).get("decision"))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is not an answer
        came = f"no answer ({error})"
    report.note(demand, came)


def memory_of(function: str) -> dict[int, int]:
    """Resident bytes of each running execution environment of a function, by process."""
    found = {}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get("AWS_LAMBDA_FUNCTION_NAME") == function:
                found[process.pid] = process.memory_info().rss
    return found


def put_photos(stack: Stack, bucket: str) -> None:
    """Put what the requests name."""
    s3, album = stack.client("s3"), default_album()
    use.upload_album(s3, bucket, album)
    s3.put_object(Bucket=bucket, Key="challenge/note.jpg", Body=b"not an image at all")
    s3.put_object(Bucket=bucket, Key="private/x.jpg", Body=b"not for the function")


def main(arguments: Sequence[str]) -> int:
    """Deploy examples/minimal on a stack of its own and soak it; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m local.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=1800.0, help="(default: 1800)")
    seconds = parser.parse_args(arguments).seconds
    console = Console(highlight=False)
    with Stack() as stack:
        console.print("Applying examples/minimal to the local stack, about a minute …")
        workspace = Workspace.create("minimal", stack.folder, stack.endpoint)
        workspace.init()
        workspace.apply()
        outputs = workspace.outputs()
        put_photos(stack, str(outputs["bucket_name"]))
        report = soak(stack, str(outputs["function_name"]), seconds, console.print)
    console.print(str(report))
    for problem in report.problems():
        console.print(problem)
    return 1 if report.problems() else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
