"""Looks at the beginning of a list of pairs, before a run compares them.

Step Functions uses the first line of a CSV file as names, whatever it is. With semicolons, or
without a header, every pair would fail in its own execution, where few people look. So the state
machine asks the function first, and the run fails at once with one sentence.
"""

from __future__ import annotations

import codecs
import csv
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from face_compare.bulk.list_item import misspelling, plain_name
from face_compare.contract.request import MEMBERS
from face_compare.engine.error_mapping import general_error, status_of
from face_compare.model.errors import InvalidManifestError
from face_compare.runtime.clients import AWS_ERRORS

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# Step Functions accepts headers of up to 10 KiB ("ItemReader" in its developer guide).
_LONGEST_HEADER = 10 * 1024
_LONGEST_SHOWN = 80

# Those that the state machine accepts.
_ENDINGS = (".csv", ".jsonl")

_SOURCES = ("source", "sources")
_HEADER = "Its first line must be the header source,target (more columns may follow)"
_LINE = 'Each line must be an object such as {"source": "reference/a.jpg", "target": "…"}'
_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "vertical bars", ":": "colons"}
_OTHER_FILES = {
    b"PK\x03\x04": "is an Excel workbook or another ZIP archive",
    b"\x1f\x8b": "is compressed with gzip",
    b"\xff\xfe": "is text in UTF-16",
    b"\xfe\xff": "is text in UTF-16",
}


def check_manifest(s3: S3Client, bucket: str, event: Mapping[str, Any]) -> dict[str, Any]:
    """Check the manifest whose key is in ``event``.

    Returns:
        ``{"manifest": KEY}``, if a run can read it.

    Raises:
        InvalidManifestError: There is no such object, or it is not a list of pairs.
        FaceCompareError: It cannot be read now.
    """
    key = event["manifest"]
    # The message shows how a bad list begins. A caller must not see by it how a result begins.
    if not isinstance(key, str) or not key.endswith(_ENDINGS):
        raise InvalidManifestError(
            f'The event must be {{"manifest": KEY}}, and KEY ends in {" or ".join(_ENDINGS)}.'
        )
    try:
        part = s3.get_object(Bucket=bucket, Key=key, Range=f"bytes=0-{_LONGEST_HEADER - 1}")
        beginning = part["Body"].read()
    except AWS_ERRORS as error:
        if status_of(error) == 404:
            raise InvalidManifestError(
                f"There is no manifest {key!r} in the bucket {bucket}. Upload it first, or correct "
                "the key."
            ) from None
        # S3 has no part of an empty object.
        if status_of(error) != 416:
            raise general_error(error, "S3") from error
        beginning = b""
    problem = problem_of(beginning, is_csv=key.endswith(".csv"))
    if problem:
        raise InvalidManifestError(f"The manifest {key!r} {problem}.")
    return {"manifest": key}


def problem_of(beginning: bytes, *, is_csv: bool) -> str:
    """Return why a file with this beginning is not a list of pairs, "" if it is one."""
    saved = f"Save it as {'CSV (UTF-8)' if is_csv else 'JSON Lines in UTF-8'}"
    for first, problem in _OTHER_FILES.items():
        if beginning.startswith(first):
            return f"{problem}. {saved}"
    try:
        # The last character may be cut off.
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(beginning)
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        return f"is not text in UTF-8: it contains the byte {byte:#04x}. {saved}"
    if "\r" in text.rstrip("\r") and "\n" not in text:
        return f"ends its lines with CR only, as an old Macintosh did. {saved}"
    lines = text.splitlines()
    if not text.strip():
        return f"is empty. {_HEADER if is_csv else _LINE}"
    if is_csv:
        return _problem_of_header(lines[0])
    first_line = next(line for line in lines if line.strip())
    # A line that is longer than what was read is left to the run.
    is_whole = first_line is not lines[-1] or len(beginning) < _LONGEST_HEADER
    return _problem_of_line(first_line) if is_whole else ""


def _problem_of_header(line: str) -> str:
    names = _names(line, ",")
    # A cell of CSV cannot hold a list of sources.
    if "target" in names and "source" in names:
        return _problem_of_columns(names)
    for delimiter, written in _DELIMITERS.items():
        if "target" in _names(line, delimiter):
            return f"is separated by {written}. {_HEADER}, separated by commas"
    if line.lstrip().startswith("{"):
        return "is JSON Lines under a CSV file's name. Give it a name that ends in .jsonl"
    if "source" in names or "target" in names:
        missing = "source" if "target" in names else "target"
        return f"has no column {missing}. {_HEADER}"
    return f"has no header: it begins with {line[:_LONGEST_SHOWN]!a}. {_HEADER}"


def _problem_of_columns(names: Sequence[str]) -> str:
    repeated = sorted({name for name in names if name and names.count(name) > 1})
    if repeated:
        return f"has the column {repeated[0]!a:.80} twice. {_HEADER}"
    for name in names:
        problem = "" if name in MEMBERS else misspelling(name)
        if problem:
            return f"has a misspelled column. {problem.rstrip('.')}"
    return ""


def _names(line: str, delimiter: str) -> Sequence[str]:
    rows = csv.reader([line], delimiter=delimiter, escapechar="\\")
    return [plain_name(name) for name in next(rows, [])]


def _problem_of_line(line: str) -> str:
    shown = f"it begins with {line[:_LONGEST_SHOWN]!a}"
    try:
        item = json.loads(line)
    except (ValueError, RecursionError):
        if line.lstrip().startswith("["):
            return f"is one JSON list, not JSON Lines. {_LINE}"
        return f"is not JSON Lines: {shown}. {_LINE}"
    if not isinstance(item, dict):
        return f"is not JSON Lines of objects: {shown}. {_LINE}"
    names = [plain_name(str(name)) for name in item]
    if "target" in names and any(name in names for name in _SOURCES):
        return ""
    return f"does not name a source and a target: {shown}. {_LINE}"
