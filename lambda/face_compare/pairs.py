"""A batch of pairs from Step Functions: compared at the module's pace, none paid for twice.

The event is ``{"pairs": ITEMS}``, where ITEMS is one item, a list of them, or what a
Distributed Map's ItemBatcher makes of them: ``{"Items": [...], "BatchInput": {"execution":
ARN}}``. An item is an event of a direct invocation with one ``target``.

The state machine runs a batch again whole when it fails. What was decided before a passing
fault is therefore kept in the bucket until then, and only the rest is compared again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from face_compare import audit
from face_compare.aws_errors import AWS_ERRORS, general_fault, http_status
from face_compare.comparer import Comparer, SecondsLeft
from face_compare.comparison import PairResult, TargetResult, fault_members, leading_fault
from face_compare.faults import FaceCompareError, InvalidRequestError, OutOfTimeError, PassingError
from face_compare.pacing import Pacer
from face_compare.request import Request, parse_request
from face_compare.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_MOST_PAIRS = 1000

Entry = dict[str, Any]


def items_of(event: Mapping[str, Any]) -> tuple[list[object], str]:
    """Return the items of a batch, and the execution they belong to ("" if it is not told).

    Raises:
        InvalidRequestError: There is nothing in it, or too much.
    """
    pairs = event["pairs"]
    execution = ""
    if isinstance(pairs, Mapping) and "Items" in pairs:
        shared = pairs.get("BatchInput")
        execution = str(shared.get("execution", "")) if isinstance(shared, Mapping) else ""
        pairs = pairs["Items"]
    items = pairs if isinstance(pairs, list) else [pairs]
    if not 1 <= len(items) <= _MOST_PAIRS:
        raise InvalidRequestError(f"pairs must hold 1 to {_MOST_PAIRS} items.")
    return items, execution


class Pairs:
    """Compares the pairs of one batch."""

    def __init__(self, settings: Settings, comparer: Comparer, s3: S3Client) -> None:
        """Take the settings, and what compares and stores with the limits of paced work."""
        self._settings = settings
        self._comparer = comparer
        self._s3 = s3

    def serve(
        self, event: Mapping[str, Any], invocation: audit.Invocation, seconds_left: SecondsLeft
    ) -> dict[str, Any]:
        """Compare the batch.

        Returns:
            ``{"results": [ENTRY, ...]}`` in the order of the items. An entry has keys,
            versions, similarity, decision and thresholds, or the pair's error; it has no faces
            and boxes, for which Step Functions' 256 KiB would not do.

        Raises:
            FaceCompareError: A passing fault is left, and the batch has to come again; or every
                pair failed.
        """
        items, execution = items_of(event)
        memo = _Memo(self._s3, self._settings, items, execution)
        entries = memo.read()
        open_places = [place for place, entry in enumerate(entries) if entry is None]
        pacer = Pacer(self._settings.calls_per_second, len(open_places))

        def compare(place: int) -> Entry | FaceCompareError:
            return self._entry(items[place], invocation, seconds_left, pacer)

        with ThreadPoolExecutor(self._settings.workers) as executor:
            outcomes = list(executor.map(compare, open_places))
        pacer.finish()
        faults = [outcome for outcome in outcomes if isinstance(outcome, FaceCompareError)]
        for place, outcome in zip(open_places, outcomes, strict=True):
            entries[place] = _kept(items[place], outcome)
        if any(entry is None for entry in entries):
            memo.write(entries)
            raise leading_fault(faults)
        if len(faults) == len(items):
            raise leading_fault(faults)
        return {"results": entries}

    def _entry(
        self,
        item: object,
        invocation: audit.Invocation,
        seconds_left: SecondsLeft,
        pacer: Pacer,
    ) -> Entry | FaceCompareError:
        try:
            request = parse_request(item, self._settings.rule)
            if request.listed_targets:
                raise InvalidRequestError("An item of a batch has one target, not targets.")
            result = self._compare(request, seconds_left, pacer)
        except FaceCompareError as fault:
            audit.record_failure(invocation, fault, 0.0)
            return fault
        audit.record_result(invocation, result)
        return leading_fault(result.faults) if result.best is None else _decided(result)

    def _compare(self, request: Request, seconds_left: SecondsLeft, pacer: Pacer) -> TargetResult:
        pairs: list[PairResult] = []
        left = seconds_left() - self._settings.seconds_after_turn
        turns = pacer.reserve(len(request.sources), left)
        if not turns:
            raise OutOfTimeError(
                "The function's timeout left no time for this pair; send smaller batches."
            )
        for source, turn in zip(request.sources, turns, strict=True):
            pacer.until(turn)
            single = Request((source,), request.targets, request.rule)
            (result,) = self._comparer.compare(single, seconds_left)
            pairs.extend(result.pairs)
            if isinstance(pairs[-1].outcome, PassingError):
                # The source that could not be compared may be the one that decides.
                raise pairs[-1].outcome
        return TargetResult(self._settings.bucket, request.rule, tuple(pairs))


class _Memo:
    """What is already decided of a batch that has to come again."""

    def __init__(
        self, s3: S3Client, settings: Settings, items: Sequence[object], execution: str
    ) -> None:
        self._s3 = s3
        self._bucket = settings.bucket
        self._count = len(items)
        content = json.dumps([execution, items], sort_keys=True).encode()
        digest = hashlib.sha256(content).hexdigest()
        self._key = f"{settings.results_prefix}batch/unfinished/{digest}.memo"

    def read(self) -> list[Entry | None]:
        """Return an entry for each item, None where it is not decided yet."""
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
        try:
            self._s3.put_object(
                Bucket=self._bucket, Key=self._key, Body=json.dumps(entries).encode()
            )
        except AWS_ERRORS as error:
            audit.record_note("batch not kept", why=str(general_fault(error, "S3")))


def _kept(item: object, outcome: Entry | FaceCompareError) -> Entry | None:
    """Return the entry that stands for an outcome; None if trying again may change it."""
    if not isinstance(outcome, FaceCompareError):
        return outcome
    return None if outcome.retryable else {"item": item, "error": fault_members(outcome)}


def _decided(result: TargetResult) -> Entry:
    answer = result.to_answer(list_sources=False)
    for side in ("source", "target"):
        answer[side].pop("face", None)
        answer[side].pop("faces", None)
    return answer
