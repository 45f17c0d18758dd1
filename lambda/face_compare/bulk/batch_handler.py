"""Compares a batch of pairs from Step Functions, at the module's pace.

If an invocation fails, the state machine retries the whole batch. What was decided before a
transient error is therefore kept as a checkpoint, and the retry compares only the rest. An
invocation that Lambda stops by force leaves no checkpoint.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from face_compare.bulk.batch_event import Batch, parse_item, shown_item
from face_compare.bulk.checkpoint import Checkpoint, Entry
from face_compare.bulk.list_item import list_item
from face_compare.bulk.paced_comparer import PacedComparer
from face_compare.contract.answer import error_members, target_answer
from face_compare.engine.comparer import Comparer
from face_compare.model.comparison import TargetResult
from face_compare.model.errors import (
    ConfigurationError,
    FaceCompareError,
    TransientError,
    leading_error,
)
from face_compare.runtime import audit
from face_compare.runtime.settings import SecondsLeft, Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class _ItemOutcome:
    """What came of one item.

    ``entry`` is for the answer. It is None if the item has to be retried. ``error`` says why the
    item was not decided. It is None if it was decided.
    """

    entry: Entry | None
    error: Exception | None = None

    @property
    def kept_entry(self) -> Entry | None:
        """The entry for the checkpoint.

        An item with a configuration error has none, so that it is compared again when the run is
        redriven after the fix.
        """
        return None if isinstance(self.error, ConfigurationError) else self.entry


class BatchHandler:
    """Serves batches of pairs, one batch after another."""

    def __init__(self, settings: Settings, comparer: Comparer, s3: S3Client) -> None:
        """Take a comparer and a client of S3 with the limits of bulk work."""
        self._settings = settings
        self._comparer = comparer
        self._s3 = s3

    def check(self, event: Mapping[str, Any], invocation: audit.Invocation) -> dict[str, Any]:
        """Check a list of pairs before its run begins. See ``manifest.check_manifest``."""
        # Imported here because it is needed once for each run.
        from face_compare.bulk.manifest import check_manifest  # noqa: PLC0415

        with audit.failures_recorded(invocation):
            return check_manifest(self._s3, self._settings.bucket, event)

    def serve(
        self, event: Mapping[str, Any], invocation: audit.Invocation, seconds_left: SecondsLeft
    ) -> dict[str, Any]:
        """Compare the batch.

        Returns:
            ``{"results": [ENTRY, ...]}``, in the order of the items. Empty lines have no entry.

        Raises:
            FaceCompareError: The batch or its checkpoint cannot be read, a pair has to be
                retried, or every pair failed. Each failure is recorded already.
        """
        with audit.failures_recorded(invocation):
            batch = Batch.of(event)
            checkpoint = Checkpoint(self._s3, self._settings, batch)
            entries = checkpoint.read()
            kept = list(entries)
            open_places = [place for place, entry in enumerate(entries) if entry is None]
            open_items = [batch.items[place] for place in open_places]
            outcomes = self._compare_items(batch, open_items, invocation, seconds_left)
            for place, outcome in zip(open_places, outcomes, strict=True):
                entries[place] = outcome.entry
                kept[place] = outcome.kept_entry
            if None in entries:
                checkpoint.write(kept)
        # This error is raised outside the block above, because each item's failure has a record.
        failed = all("error" in entry for entry in entries if entry is not None)
        if entries and (None in entries or failed):
            raise leading_error([each.error for each in outcomes if each.error is not None])
        return {"results": entries}

    def _compare_items(
        self,
        batch: Batch,
        items: list[object],
        invocation: audit.Invocation,
        seconds_left: SecondsLeft,
    ) -> list[_ItemOutcome]:
        comparer = PacedComparer(self._settings, self._comparer, seconds_left, len(items))

        def outcome_of(item: object) -> _ItemOutcome:
            try:
                return self._outcome(item, invocation, comparer, is_csv=batch.is_csv)
            except Exception as error:  # noqa: BLE001 - a defect at one pair must not stop the others
                audit.record_failure(invocation, error)
                return _ItemOutcome(None, error)

        with ThreadPoolExecutor(self._settings.workers) as executor:
            outcomes = list(executor.map(outcome_of, items))
        comparer.finish()
        return outcomes

    def _outcome(
        self,
        item: object,
        invocation: audit.Invocation,
        comparer: PacedComparer,
        *,
        is_csv: bool,
    ) -> _ItemOutcome:
        entry: Entry = {"request_id": invocation.request_id}
        try:
            listed = list_item(item, is_csv=is_csv)
            if listed.columns:
                entry["columns"] = listed.columns
            explains = self._settings.explain
            request = parse_item(listed.event, self._settings.rule, module_explains=explains)
        except FaceCompareError as error:
            audit.record_failure(invocation, error)
            unread = {"item": shown_item(item), "error": error_members(error)}
            return _ItemOutcome({**entry, **unread}, error)
        result = comparer.compare(request)
        audit.record_result(invocation, result)
        if isinstance(result.outcome, TransientError):
            return _ItemOutcome(None, result.outcome)
        entry |= _short_answer(result)
        if isinstance(result.outcome, FaceCompareError):
            return _ItemOutcome(entry, result.outcome)
        return _ItemOutcome(entry)


def _short_answer(result: TargetResult) -> dict[str, Any]:
    """Return the answer without faces and boxes, because Step Functions accepts only 256 KiB."""
    answer = target_answer(result, list_sources=False)
    for side in ("source", "target"):
        answer[side].pop("face", None)
        answer[side].pop("faces", None)
    return answer
