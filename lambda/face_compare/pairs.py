"""A batch of pairs from Step Functions: compared at the module's pace.

The event is ``{"pairs": ITEMS}``, where ITEMS is one item, a list of them, or what a
Distributed Map's ItemBatcher makes of them: ``{"Items": [...], "BatchInput": {"execution":
ARN}}``. An item is an event of a direct invocation with one ``target`` and without inline photos.

The state machine runs a batch again whole when it fails. What was decided before a passing
fault is therefore kept in the bucket until then, and only the rest is compared again. (Of an
invocation that was killed nothing is kept.)
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from face_compare import audit
from face_compare.aws_errors import AWS_ERRORS, general_fault, http_status
from face_compare.comparer import Comparer, SecondsLeft
from face_compare.comparison import fault_members, leading_fault
from face_compare.faults import FaceCompareError, InvalidRequestError, SetupError
from face_compare.images import InlineImage
from face_compare.paced import PacedComparer
from face_compare.request import Request, parse_request
from face_compare.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_MOST_PAIRS = 1000
_LONGEST_SHOWN_ITEM = 500

Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Batch:
    """The items of a batch, and the ARN of the execution they belong to ("" if not told)."""

    items: list[object]
    execution: str
    text: str
    """The items as JSON, the same for the same items."""

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> _Batch:
        """Read an event.

        Raises:
            InvalidRequestError: There is nothing in it, or too much.
        """
        pairs = event["pairs"]
        execution = ""
        if isinstance(pairs, Mapping) and "Items" in pairs:
            shared = pairs.get("BatchInput")
            told = shared.get("execution") if isinstance(shared, Mapping) else None
            execution = told if isinstance(told, str) else ""
            pairs = pairs["Items"]
        items = pairs if isinstance(pairs, list) else [pairs]
        if not 1 <= len(items) <= _MOST_PAIRS:
            raise InvalidRequestError(f"pairs must hold 1 to {_MOST_PAIRS} items.")
        try:
            return cls(items, execution, json.dumps(items, sort_keys=True))
        except RecursionError:
            raise InvalidRequestError("pairs is nested too deeply to be a list of pairs.") from None


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What came of one item.

    ``entry`` is what stands in the answer; None if the item has to come again. ``error`` is what
    to raise if nothing better came of the batch; None if the item was decided.
    """

    entry: Entry | None
    error: Exception | None = None


class Pairs:
    """Compares the pairs of one batch."""

    def __init__(self, settings: Settings, comparer: Comparer, s3: S3Client) -> None:
        """Take the settings, and what compares and stores with the limits of paced work."""
        self._settings = settings
        self._comparer = comparer
        self._s3 = s3

    def serve(
        self, event: Mapping[str, Any], invocation: audit.Invocation, seconds_left: SecondsLeft
    ) -> dict[str, Any] | Exception:
        """Compare the batch.

        Returns:
            ``{"results": [ENTRY, ...]}`` in the order of the items. An entry has request id,
            keys, versions, similarity, decision and thresholds, or the pair's error; it has no
            faces and boxes, for which Step Functions' 256 KiB would not do. Or the error to be
            raised, because a pair has to come again and the batch with it, or because every
            pair failed; each of them is recorded already.

        Raises:
            FaceCompareError: The batch cannot be read, or what was kept of it cannot.
        """
        batch = _Batch.of(event)
        memo = _Memo(self._s3, self._settings, batch)
        entries = memo.read()
        open_places = [place for place, entry in enumerate(entries) if entry is None]
        comparer = PacedComparer(self._settings, self._comparer, seconds_left, len(open_places))

        def compare(place: int) -> _Outcome:
            return self._outcome(batch.items[place], invocation, comparer)

        with ThreadPoolExecutor(self._settings.workers) as executor:
            outcomes = list(executor.map(compare, open_places))
        comparer.finish()
        kept = list(entries)
        for place, outcome in zip(open_places, outcomes, strict=True):
            entries[place] = outcome.entry
            # Whoever mends the set-up and takes the run up again has such a pair compared again.
            kept[place] = None if isinstance(outcome.error, SetupError) else outcome.entry
        errors = [outcome.error for outcome in outcomes if outcome.error is not None]
        if None in entries:
            memo.write(kept)
            return leading_fault(errors)
        if all("error" in entry for entry in entries if entry is not None):
            return leading_fault(errors)
        return {"results": entries}

    def _outcome(
        self, item: object, invocation: audit.Invocation, comparer: PacedComparer
    ) -> _Outcome:
        try:
            return self._compared(item, invocation, comparer)
        except Exception as error:  # noqa: BLE001 - a defect at one pair must not cost the others
            audit.record_failure(invocation, error)
            return _Outcome(None, error)

    def _compared(
        self, item: object, invocation: audit.Invocation, comparer: PacedComparer
    ) -> _Outcome:
        try:
            request = self._request(item)
        except FaceCompareError as error:
            audit.record_failure(invocation, error)
            unread = {"item": _shown(item), "error": fault_members(error)}
            return _Outcome({"request_id": invocation.request_id, **unread}, error)
        result = comparer.compare(request)
        audit.record_result(invocation, result)
        outcome = result.outcome
        fault = outcome if isinstance(outcome, FaceCompareError) else None
        if fault is not None and fault.retryable:
            return _Outcome(None, fault)
        answer = result.to_answer(list_sources=False)
        for side in ("source", "target"):
            answer[side].pop("face", None)
            answer[side].pop("faces", None)
        return _Outcome({"request_id": invocation.request_id, **answer}, fault)

    def _request(self, item: object) -> Request:
        request = parse_request(item, self._settings.rule)
        if request.listed_targets:
            raise InvalidRequestError("An item of a batch has one target, not targets.")
        if any(isinstance(image, InlineImage) for image in (*request.sources, *request.targets)):
            raise InvalidRequestError(
                "An item of a batch names its photos by key: what is in an item is kept by Step "
                "Functions, and photos must not be."
            )
        return request


class _Memo:
    """What is already decided of a batch that has to come again.

    A batch that belongs to no execution is not told from another of the same pairs, whose
    photos may have been others, so nothing is kept of it. Nor does what was decided by another
    rule count.
    """

    def __init__(self, s3: S3Client, settings: Settings, batch: _Batch) -> None:
        self._s3 = s3
        self._bucket = settings.bucket
        self._count = len(batch.items)
        self._is_kept = bool(batch.execution)
        content = json.dumps([batch.execution, str(settings.rule), batch.text])
        digest = hashlib.sha256(content.encode()).hexdigest()
        self._key = f"{settings.results_prefix}batch/unfinished/{digest}.memo"

    def read(self) -> list[Entry | None]:
        """Return an entry for each item, None where it is not decided yet."""
        if not self._is_kept:
            return [None] * self._count
        try:
            stored = self._s3.get_object(Bucket=self._bucket, Key=self._key)
            entries: list[Entry | None] = json.loads(stored["Body"].read())
        except ClientError as error:
            if http_status(error) == 404:
                return [None] * self._count
            raise general_fault(error, "S3") from error
        except AWS_ERRORS as error:
            raise general_fault(error, "S3") from error
        return entries

    def write(self, entries: Sequence[Entry | None]) -> None:
        """Keep what is decided. Failing that, the pairs are compared again: it is no fault."""
        if not self._is_kept:
            return
        try:
            self._s3.put_object(
                Bucket=self._bucket, Key=self._key, Body=json.dumps(entries).encode()
            )
        except AWS_ERRORS as error:
            audit.record_note("batch not kept", why=str(general_fault(error, "S3")))


def _shown(item: object) -> str:
    """Return an item that could not be read as JSON text, for whoever looks for it in the list.

    Without photos that are in it, and cut. In ASCII, since it may hold what no encoding can.
    """
    without_photos = json.loads(
        json.dumps(item), object_hook=lambda members: {**members, **_hidden(members)}
    )
    return json.dumps(without_photos)[:_LONGEST_SHOWN_ITEM]


def _hidden(members: Mapping[str, Any]) -> dict[str, str]:
    return {"bytes": "..."} if "bytes" in members else {}
