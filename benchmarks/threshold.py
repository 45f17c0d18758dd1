"""What a threshold report of a million pairs takes: seconds, CPU time and memory.

The run and the list are written into a folder that is removed afterwards: half a gigabyte.

usage: python -m benchmarks.threshold [--pairs N]
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

_PAIRS_PER_PERSON = 50
_GROUPS = ("east", "north", "south", "west")


def write_run(folder: Path, count: int) -> None:
    """Write results as the function answers them, and a list with every column."""
    random = np.random.default_rng(0)
    people = max(2, count // _PAIRS_PER_PERSON)
    first = random.integers(people, size=count)
    second = (first + random.integers(1, people, size=count)) % people
    genuine = random.random(count) < 0.3
    scores = np.where(genuine, random.normal(96, 3, count), random.normal(30, 16, count))
    with (
        (folder / "labels.csv").open("w") as labels,
        (folder / "SUCCEEDED_0.jsonl").open("w") as results,
    ):
        labels.write("source,target,label,subject,target_subject,group\n")
        for number, score in enumerate(np.clip(scores, 0, 100).tolist()):
            person, same = first[number], genuine[number]
            other = person if same else second[number]
            source = f"reference/person-{person:06}/front.jpg"
            target = f"challenge/person-{other:06}/{number:07}.jpg"
            label = "genuine" if same else "impostor"
            group = _GROUPS[person % len(_GROUPS)]
            labels.write(f"{source},{target},{label},{person},{other},{group}\n")
            image = {"bucket": "face-compare-111122223333-eu-west-1", "version_id": None}
            entry = {
                "request_id": f"2e4b0c7e-0000-4000-8000-{number:012}",
                "match": score >= 80,
                "decision": "match" if score >= 80 else "no_match",
                "similarity": score,
                "similarity_threshold": 80.0,
                "review_threshold": None,
                "source": {**image, "key": source},
                "target": {**image, "key": target, "face_count": 1},
            }
            results.write(json.dumps(entry) + "\n")


def main() -> int:
    """Run the benchmark; returns the report's exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=1_000_000)
    count = parser.parse_args().pairs
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_run(folder, count)
        places = (str(folder), str(folder / "labels.csv"), "--out", str(folder / "report"))
        began = time.monotonic()
        done = subprocess.run([sys.executable, "-m", "threshold", *places], check=False)
        seconds = time.monotonic() - began
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = used.ru_utime + used.ru_stime
    print(f"{count:,} pairs: {seconds:.1f} s, {cpu:.1f} s of CPU, {used.ru_maxrss / 1024:.0f} MiB")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
