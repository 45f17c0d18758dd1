"""`python -m threshold RESULTS LABELS` (`make threshold`): from labeled pairs to a threshold."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from threshold import analysis, report
from threshold.files import InputError, local_copy, result_files
from threshold.labels import read_labels
from threshold.results import read_results

_SAMPLE = Path(__file__).with_name("sample")


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the report; return 0, 2 for input that cannot be used, or 130 after Ctrl-C."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    if bool(asked.results) is not bool(asked.labels):
        parser.error("give both the results and the labels, or neither for the sample")
    console = Console(highlight=False, soft_wrap=True)
    try:
        facts = _analyzed(asked)
        page = report.write(facts, asked.out.removesuffix(".html"))
    except InputError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except OSError as error:
        sys.stderr.write(f"{error.filename or asked.out}: {error.strerror}.\n")
        return 2
    except KeyboardInterrupt:
        return 130
    advice = facts["recommendation"]
    for said in (*facts["cautions"], advice["sentence"], advice["terraform"], f"See {page}."):
        console.print(said, markup=False)
    return 0


def _analyzed(asked: argparse.Namespace) -> analysis.Facts:
    with (
        Progress(console=Console(stderr=True)) as progress,
        tempfile.TemporaryDirectory() as folder,
    ):
        fetched = Path(folder)
        listed = asked.labels or str(_SAMPLE / "pairs.csv")
        labels = read_labels(local_copy(listed, fetched / "labels", progress), progress)
        place = asked.results or str(_SAMPLE)
        files = result_files(local_copy(place, fetched / "results", progress))
        outcomes = read_results(files, labels, progress)
        if not asked.partial:
            outcomes.check_whole()
        task = progress.add_task("Analyze", total=None)
        facts = analysis.analyze(outcomes, wanted_fmr=asked.fmr)
        progress.update(task, total=1, completed=1)
    return {
        "results": asked.results or "the demo's photos, scored by its stand-in for Rekognition",
        "labels": asked.labels or "threshold/sample/pairs.csv",
        **facts,
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m threshold", description=__doc__)
    parser.add_argument(
        "results", nargs="?", help="a run's folder or file, here or s3://BUCKET/results/batch/RUN/"
    )
    parser.add_argument(
        "labels", nargs="?", help="the list with source, target and label: CSV or JSON Lines"
    )
    parser.add_argument("--out", default="threshold-report", help="name of the report's two files")
    parser.add_argument(
        "--fmr",
        type=percentage,
        help="wanted FMR in percent (the lowest of 1, 0.1, 0.01 shown)",
    )
    parser.add_argument(
        "--partial", action="store_true", help="leave out pairs without a label or a result"
    )
    return parser


def percentage(text: str) -> float:
    """Read a percentage as a share."""
    percent = float(text.rstrip(" %"))
    if not 0 < percent < 100:
        raise argparse.ArgumentTypeError("must be a percentage over 0 and below 100")
    return percent / 100


if __name__ == "__main__":
    sys.exit(main())
