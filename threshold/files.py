"""Files of a batch run and of labels: found, fetched from S3, opened, read line by line."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from rich.progress import Progress

_STATES = ("SUCCEEDED", "FAILED", "PENDING")


def counted(number: int, name: str) -> str:
    """Return a number with what it counts: 1 pair, 2 pairs."""
    return f"{number:,} {name}{'' if number == 1 else 's'}"


class InputError(Exception):
    """The input cannot be used; the message is one sentence that says what and where."""


def local_copy(place: str, folder: Path, progress: Progress) -> Path:
    """Return the path of a file or folder; what is in S3 is copied below `folder` first."""
    if not place.startswith("s3://"):
        if not Path(place).exists():
            raise InputError(f"There is no file or folder {place}.")
        return Path(place)
    bucket, _, prefix = place.removeprefix("s3://").partition("/")
    if not bucket or not prefix:
        raise InputError(f"{place} must name a file or folder in a bucket: s3://BUCKET/KEY.")
    try:
        return _fetched(bucket, prefix, folder, progress)
    except (BotoCoreError, ClientError) as error:
        raise InputError(f"Cannot read {place}: {error}") from error


def _fetched(bucket: str, prefix: str, folder: Path, progress: Progress) -> Path:
    s3 = boto3.client("s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    listed = [each for page in pages for each in page.get("Contents", [])]
    single = [each for each in listed if each["Key"] == prefix and not prefix.endswith("/")]
    base = prefix.rstrip("/") + "/"
    found = single or [each for each in listed if each["Key"].startswith(base)]
    wanted = [each for each in found if single or _is_result(Path(each["Key"]))]
    if not wanted:
        raise InputError(f"There is nothing to read at s3://{bucket}/{prefix}.")
    task = progress.add_task("Download", total=sum(each["Size"] for each in wanted))
    for each in wanted:
        path = folder / (Path(prefix).name if single else each["Key"].removeprefix(base))
        path.parent.mkdir(parents=True, exist_ok=True)
        s3.download_file(
            bucket, each["Key"], str(path), Callback=lambda size: progress.advance(task, size)
        )
    return folder / Path(prefix).name if single else folder


def result_files(place: Path) -> list[Path]:
    """Return the files of a run's folder, checked against its manifest.json; or the file itself."""
    if place.is_file():
        return [place]
    found = sorted(path for path in place.rglob("*") if path.is_file() and _is_result(path))
    for manifest in [path for path in found if path.name == "manifest.json"]:
        _check_complete(manifest)
        found.remove(manifest)
    if not found:
        raise InputError(f"{place} holds no SUCCEEDED_* or FAILED_* file of a batch run.")
    return found


def _is_result(path: Path) -> bool:
    return path.name == "manifest.json" or path.name.startswith(tuple(f"{s}_" for s in _STATES))


def _check_complete(manifest: Path) -> None:
    try:
        listed = json.loads(manifest.read_bytes())["ResultFiles"]
        sizes = {Path(e["Key"]).name: int(e["Size"]) for s in _STATES for e in listed.get(s, [])}
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise InputError(f"{manifest} is not the manifest of a batch run.") from error
    for name, size in sizes.items():
        path = manifest.with_name(name)
        if path.with_name(f"{name}.gz").is_file():
            continue
        there = path.stat().st_size if path.is_file() else 0
        if there != size:
            raise InputError(
                f"{path} has {there:,} of the {size:,} bytes that manifest.json lists: copy the "
                "run's folder again."
            )


@contextlib.contextmanager
def text(path: Path, progress: Progress, title: str) -> Iterator[TextIO]:
    """Open a text file, gzipped or not, and show how far it is read.

    Raises:
        InputError: It cannot be read, or is not whole, or not UTF-8.
    """
    size = path.stat().st_size
    task = progress.add_task(title, total=size)
    try:
        with path.open("rb") as raw:
            counted: Any = progress.wrap_file(raw, task_id=task)
            # In large parts, since each read moves the progress bar.
            body: Any = io.BufferedReader(counted, 1 << 20)
            if path.suffix == ".gz":
                body = gzip.GzipFile(fileobj=body)
            # No newline translation here: a CSV field may hold line breaks.
            yield io.TextIOWrapper(body, "utf-8-sig", newline="")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text: save or export it as UTF-8.") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"{path} is cut off or not a gzip file: copy it again.") from error
    progress.update(task, completed=size)


def json_lines(stream: Iterable[str], path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the number and the object of each line that is not blank."""
    for number, line in enumerate(stream, 1):
        if line.isspace():
            continue
        try:
            found = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError(
                f"{path}, line {number} is not JSON: the file is cut off, or not JSON Lines."
            ) from error
        if not isinstance(found, dict):
            raise InputError(
                f"{path}, line {number} is not a JSON object: JSON Lines are expected."
            )
        yield number, found
