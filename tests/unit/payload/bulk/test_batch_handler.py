"""Batches from Step Functions: no pair is lost or paid for twice."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from face_compare.bulk.batch_handler import BatchHandler
from face_compare.engine.comparer import Comparer
from face_compare.model import errors
from face_compare.model.rule import Rule
from face_compare.runtime.clients import Clients
from face_compare.service import Service
from tests.unit.payload.bulk_work import INVOCATION, BulkWork, raising, refusal
from tests.unit.payload.conftest import SETTINGS, Context


def plenty() -> float:
    return 29.0


def serve(bulk: BulkWork, pairs: object, left: Callable[[], float] = plenty) -> dict[str, Any]:
    return bulk.batches.serve({"pairs": pairs}, INVOCATION, left)


@pytest.mark.parametrize(
    "wrap",
    [lambda item: item, lambda item: [item], lambda item: {"Items": [item], "BatchInput": {}}],
)
def test_a_single_item_and_a_batch_are_both_accepted(
    bulk: BulkWork, wrap: Callable[[object], object]
) -> None:
    (entry,) = serve(bulk, wrap({"source": "s", "target": "t"}))["results"]
    assert entry["decision"] == "match"
    assert (entry["source"]["key"], entry["target"]["key"]) == ("s", "t")
    assert "faces" not in entry["target"]
    assert "face" not in entry["source"]


def test_entries_are_in_the_order_of_the_items_with_errors_in_their_place(bulk: BulkWork) -> None:
    bulk.rekognition.scores.update({"b": "AccessDeniedException", "c": 1.0})
    items: list[object] = [{"source": "s", "target": t} for t in "abc"]
    results = serve(bulk, [*items, "nonsense"])["results"]
    assert [entry.get("decision") for entry in results] == ["match", None, "no_match", None]
    assert results[1]["error"]["type"] == "CallForbiddenError"
    assert results[1]["target"]["key"] == "b"
    assert results[3]["item"] == '"nonsense"'
    assert results[3]["error"]["type"] == "InvalidRequestError"
    assert {entry["request_id"] for entry in results} == {"request-1"}


def test_a_retried_batch_pays_for_no_pair_twice(bulk: BulkWork) -> None:
    bulk.rekognition.scores["b"] = "ThrottlingException"
    batch = {
        "Items": [{"source": "s", "target": t} for t in "abc"],
        "BatchInput": {"execution": "arn:1"},
    }
    with pytest.raises(errors.ThrottledError):
        serve(bulk, batch)
    bulk.rekognition.scores.clear()
    results = serve(bulk, batch)["results"]
    assert [entry["decision"] for entry in results] == ["match"] * 3
    assert sorted(target for _, target in bulk.rekognition.calls) == ["a", "b", "b", "c"]


def test_a_pair_is_not_decided_while_one_of_its_sources_could_not_be_compared(
    bulk: BulkWork,
) -> None:
    def busy(source: str) -> None:
        if source == "good":
            raise ClientError({"Error": {"Code": "ThrottlingException"}}, "CompareFaces")

    bulk.rekognition.before_source = busy
    bulk.rekognition.scores["t"] = 1.0
    with pytest.raises(errors.ThrottledError):
        serve(bulk, {"sources": ["bad", "good"], "target": "t"})


def test_a_batch_keeps_its_pace_to_the_end(bulk: BulkWork, clients: Clients) -> None:
    settings = SETTINGS._replace(calls_per_second=20.0)
    comparer = Comparer(settings, clients, bulk.rekognition)  # type: ignore[arg-type]
    pairs = BatchHandler(settings, comparer, bulk.s3)
    began = time.monotonic()
    items = [{"source": "s", "target": f"t{n}"} for n in range(10)]
    pairs.serve({"pairs": items}, INVOCATION, plenty)
    assert time.monotonic() - began >= 10 / 20


def test_another_execution_with_the_same_list_compares_everything_anew(bulk: BulkWork) -> None:
    bulk.rekognition.scores["b"] = "ThrottlingException"
    items = [{"source": "s", "target": t} for t in "ab"]
    with pytest.raises(errors.ThrottledError):
        serve(bulk, {"Items": items, "BatchInput": {"execution": "arn:1"}})
    bulk.rekognition.scores.clear()
    serve(bulk, {"Items": items, "BatchInput": {"execution": "arn:2"}})
    assert len(bulk.rekognition.calls) == 4


def test_a_batch_in_which_every_pair_failed_fails_with_the_pairs_error(bulk: BulkWork) -> None:
    with pytest.raises(errors.InvalidRequestError):
        serve(bulk, {"source": "", "target": "t"})


@pytest.mark.parametrize("pairs", [[], {"Items": []}, {"Items": [{}] * 1001}])
def test_an_empty_or_too_long_batch_is_refused(bulk: BulkWork, pairs: object) -> None:
    with pytest.raises(errors.InvalidRequestError, match="1 to 1000"):
        serve(bulk, pairs)


def test_a_batch_that_runs_out_of_time_fails_with_a_transient_error(bulk: BulkWork) -> None:
    with pytest.raises(errors.OutOfTimeError):
        serve(bulk, [{"source": "s", "target": "t"}], lambda: 3.0)
    assert bulk.rekognition.calls == []


def test_no_call_starts_after_slow_calls_used_up_the_time(bulk: BulkWork) -> None:
    """Otherwise Lambda would stop the function, and everything paid for would be lost."""
    left = [29.0]

    def slow(_: str) -> None:
        left[0] -= 8.0

    bulk.rekognition.before = slow
    bulk.rekognition.scores["t"] = 1.0
    sources = [f"s{n}" for n in range(4)]
    with pytest.raises(errors.OutOfTimeError):
        serve(bulk, {"sources": sources, "target": "t"}, lambda: left[0])
    assert left[0] >= 0


def test_a_match_stands_although_a_later_source_could_not_be_compared(bulk: BulkWork) -> None:
    """Otherwise a pair that cannot change any more would be paid for again."""

    def busy(source: str) -> None:
        if source == "busy":
            raise ClientError({"Error": {"Code": "ThrottlingException"}}, "CompareFaces")

    bulk.rekognition.before_source = busy
    (entry,) = serve(bulk, {"sources": ["good", "busy"], "target": "t"})["results"]
    assert entry["decision"] == "match"


def test_an_unreadable_item_is_shown_without_its_image_and_in_ascii(bulk: BulkWork) -> None:
    """Step Functions keeps answers, so no image may be in them, and no half characters."""
    image_in_base64 = "QUJD" * 50
    items = [
        {"source": {"bytes": image_in_base64}, "target": "\ud800"},
        {"source": {"bytes": image_in_base64}, "target": "t"},
        {"source": "s", "target": "t"},
        ["x" * 10_000],
    ]
    results = serve(bulk, items)["results"]
    assert "QUJD" not in json.dumps(results)
    assert [each["error"]["type"] for each in results if "error" in each] == [
        "InvalidRequestError"
    ] * 3
    for entry in results:
        json.dumps(entry, ensure_ascii=False).encode()
        assert len(json.dumps(entry)) < 1500


def test_a_batch_without_an_execution_is_compared_anew_because_its_images_may_differ(
    bulk: BulkWork,
) -> None:
    bulk.rekognition.scores["b"] = "ThrottlingException"
    items = [{"source": "s", "target": t} for t in "ab"]
    with pytest.raises(errors.ThrottledError):
        serve(bulk, items)
    bulk.rekognition.scores.update({"a": 1.0, "b": 1.0})
    results = serve(bulk, items)["results"]
    assert [entry["decision"] for entry in results] == ["no_match"] * 2


def test_a_checkpoint_of_a_weaker_rule_does_not_count(bulk: BulkWork, clients: Clients) -> None:
    """Otherwise a raised threshold would not apply to a run that is redriven."""
    bulk.rekognition.scores.update({"a": 90.0, "b": "ThrottlingException"})
    batch = {
        "Items": [{"source": "s", "target": t} for t in "ab"],
        "BatchInput": {"execution": "arn:1"},
    }
    with pytest.raises(errors.ThrottledError):
        serve(bulk, batch)
    bulk.rekognition.scores["b"] = 90.0
    stricter = SETTINGS._replace(rule=Rule(99.0))
    comparer = Comparer(stricter, clients, bulk.rekognition)  # type: ignore[arg-type]
    bulk.batches = BatchHandler(stricter, comparer, bulk.s3)
    results = serve(bulk, batch)["results"]
    assert [entry["decision"] for entry in results] == ["no_match"] * 2


def test_a_defect_at_one_pair_does_not_harm_the_others(bulk: BulkWork) -> None:
    def fail(target: str) -> None:
        if target == "b":
            raise LookupError("a defect")

    bulk.rekognition.before = fail
    batch = {
        "Items": [{"source": "s", "target": t} for t in "abc"],
        "BatchInput": {"execution": "arn:1"},
    }
    with pytest.raises(LookupError):
        serve(bulk, batch)
    bulk.rekognition.before = lambda _: None
    serve(bulk, batch)
    assert sorted(target for _, target in bulk.rekognition.calls) == ["a", "b", "b", "c"]


@pytest.mark.parametrize(
    ("code", "count"), [("ThrottlingException", 1), ("AccessDeniedException", 1)]
)
def test_each_failure_is_recorded_once_with_its_images(
    clients: Clients, bulk: BulkWork, caplog: pytest.LogCaptureFixture, code: str, count: int
) -> None:
    """Otherwise alarms would count one failure too many for each batch."""
    bulk.rekognition.scores["b"] = code
    service = Service(SETTINGS, clients)
    service._bulk = SimpleNamespace(batches=bulk.batches)  # type: ignore[assignment]
    with pytest.raises(errors.FaceCompareError):
        service.serve({"pairs": {"source": "s", "target": "b"}}, Context())
    failures = [vars(each) for each in caplog.records if each.getMessage().endswith("failed")]
    assert [each["target_key"] for each in failures] == ["b"] * count


def test_a_batch_that_is_nested_too_deeply_is_refused_by_name(bulk: BulkWork) -> None:
    nested: object = "x"
    for _ in range(200_000):
        nested = [nested]
    with pytest.raises(errors.InvalidRequestError, match="nested"):
        serve(bulk, nested)


def test_two_batches_of_one_execution_never_share_a_checkpoint(bulk: BulkWork) -> None:
    """Otherwise a person would get what was decided about another."""
    bulk.rekognition.scores.update({"b": "ThrottlingException", "c": 1.0, "d": 1.0})
    of_first, of_second = (
        {
            "Items": [{"source": "s", "target": target} for target in targets],
            "BatchInput": {"execution": "arn:1"},
        }
        for targets in ("ab", "cd")
    )
    with pytest.raises(errors.ThrottledError):
        serve(bulk, of_first)
    results = serve(bulk, of_second)["results"]
    assert [entry["target"]["key"] for entry in results] == ["c", "d"]
    assert [entry["decision"] for entry in results] == ["no_match"] * 2


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (refusal("AccessDenied", 403, "GetObject"), errors.CallForbiddenError),
        (refusal("SlowDown", 503, "GetObject"), errors.ThrottledError),
        (ReadTimeoutError(endpoint_url="x"), errors.ServiceUnavailableError),
    ],
)
def test_nothing_is_paid_for_while_the_checkpoint_cannot_be_read(
    bulk: BulkWork,
    monkeypatch: pytest.MonkeyPatch,
    answer: Exception,
    error: type[errors.FaceCompareError],
) -> None:
    """Otherwise each attempt would pay for all pairs of the batch."""
    monkeypatch.setattr(bulk.s3, "get_object", raising(answer))
    items = [{"source": "s", "target": "t"}]
    with pytest.raises(error):
        serve(bulk, {"Items": items, "BatchInput": {"execution": "arn:1"}})
    assert bulk.rekognition.calls == []


@pytest.mark.parametrize("first", ["nonsense", {"source": "s", "target": "defect"}])
def test_a_transient_error_among_others_lets_the_batch_be_retried(
    bulk: BulkWork, first: object
) -> None:
    """Otherwise Step Functions would give up a batch that the next attempt can finish."""

    def fail(target: str) -> None:
        if target == "defect":
            raise LookupError("a defect")

    bulk.rekognition.before = fail
    bulk.rekognition.scores["b"] = "ThrottlingException"
    with pytest.raises(errors.ThrottledError):
        serve(bulk, [first, {"source": "s", "target": "b"}])


def test_a_batch_is_retried_even_if_its_checkpoint_cannot_be_written(
    bulk: BulkWork, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Otherwise a wrong bucket policy would end a batch that was only throttled."""
    bulk.rekognition.scores["b"] = "ThrottlingException"
    forbidden = refusal("AccessDenied", 403, "PutObject")
    monkeypatch.setattr(bulk.s3, "put_object", raising(forbidden))
    items = [{"source": "s", "target": t} for t in "ab"]
    with pytest.raises(errors.ThrottledError):
        serve(bulk, {"Items": items, "BatchInput": {"execution": "arn:1"}})
    (note,) = [vars(r) for r in caplog.records if r.getMessage() == "batch not kept"]
    assert "AccessDenied" in note["why"]


def test_a_retried_batch_is_answered_even_if_all_remaining_pairs_failed(
    bulk: BulkWork,
) -> None:
    """Otherwise what the first attempt decided would be lost."""
    items = [{"source": "s", "target": t} for t in "ab"]
    batch = {"Items": items, "BatchInput": {"execution": "arn:1"}}
    bulk.rekognition.scores["b"] = "ThrottlingException"
    with pytest.raises(errors.ThrottledError):
        serve(bulk, batch)
    bulk.rekognition.scores["b"] = "AccessDeniedException"
    results = serve(bulk, batch)["results"]
    assert [entry.get("decision") for entry in results] == ["match", None]


@pytest.mark.parametrize("targets", [["t"], ["t", "u"]])
def test_an_item_with_targets_is_refused_alone(bulk: BulkWork, targets: list[str]) -> None:
    """Otherwise nobody could tell which image a line of the results is about."""
    items = [{"source": "s", "targets": targets}, {"source": "s", "target": "t"}]
    refused, decided = serve(bulk, items)["results"]
    assert refused["error"]["type"] == "InvalidRequestError"
    assert "one target" in refused["error"]["message"]
    assert decided["decision"] == "match"


def test_the_largest_batch_is_accepted(bulk: BulkWork) -> None:
    """Otherwise a batch that the documentation allows would be refused."""
    results = serve(bulk, [*[{}] * 999, {"source": "s", "target": "t"}])["results"]
    assert len(results) == 1000
    assert results[-1]["decision"] == "match"
