"""Batches from Step Functions: no pair is lost or paid for twice."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from face_compare.model import errors
from face_compare.model.rule import Rule
from face_compare.runtime.clients import Clients
from face_compare.service import Service
from tests.unit.payload.bulk_work import BulkWork
from tests.unit.payload.direct import DECIDED, FAILED, Records
from tests.unit.payload.fake_rekognition import raising, refusal
from tests.unit.payload.invocation import SETTINGS, Context

PAIR = {"source": "s", "target": "t"}


def pairs(targets: str) -> list[object]:
    """Return a pair for each letter."""
    return [{"source": "s", "target": target} for target in targets]


def batch(items: list[object], execution: object = "arn:1") -> dict[str, Any]:
    return {"Items": items, "BatchInput": {"execution": execution}}


def serve_throttled(bulk: BulkWork, event: object) -> None:
    """Serve a batch whose target "b" is throttled."""
    bulk.rekognition.scores["b"] = "ThrottlingException"
    with pytest.raises(errors.ThrottledError):
        bulk.serve_batch(event)
    del bulk.rekognition.scores["b"]


def decisions(entries: list[Any]) -> list[str | None]:
    return [entry.get("decision") for entry in entries]


@pytest.mark.parametrize(
    "wrap",
    [lambda item: item, lambda item: [item], lambda item: {"Items": [item], "BatchInput": {}}],
)
def test_a_single_item_and_a_batch_are_both_accepted(
    bulk: BulkWork, wrap: Callable[[object], object]
) -> None:
    (entry,) = bulk.serve_batch(wrap(PAIR))
    assert entry["decision"] == "match"
    assert (entry["source"]["key"], entry["target"]["key"]) == ("s", "t")
    assert "faces" not in entry["target"]
    assert "face" not in entry["source"]


def test_entries_and_records_are_in_the_order_of_the_items_with_errors_in_their_place(
    bulk: BulkWork, records: Records
) -> None:
    """Otherwise one pair of a million could be missing without notice."""
    bulk.rekognition.scores.update({"b": "AccessDeniedException", "c": 1.0})
    version = {"source": "s", "target": {"key": "a", "version_id": "v1"}}
    results = bulk.serve_batch([version, *pairs("bc"), "nonsense"])
    assert decisions(results) == ["match", None, "no_match", None]
    assert results[1]["error"]["type"] == "CallForbiddenError"
    assert results[1]["target"]["key"] == "b"
    assert results[3]["item"] == '"nonsense"'
    assert results[3]["error"]["type"] == "InvalidRequestError"
    assert {entry["request_id"] for entry in results} == {"request-1"}
    failed = {each["error_type"]: each["levelno"] for each in records.of(FAILED)}
    assert failed == dict.fromkeys(("CallForbiddenError", "InvalidRequestError"), logging.ERROR)
    decided = {each["target_key"]: each for each in records.of(DECIDED)}
    assert (decided["a"]["source_key"], decided["a"]["target_version_id"]) == ("s", "v1")
    assert (decided["a"]["decision"], decided["c"]["decision"]) == ("match", "no_match")


def test_a_retried_batch_pays_for_no_pair_twice(bulk: BulkWork) -> None:
    serve_throttled(bulk, batch(pairs("abc")))
    # Nobody may take it for a result.
    assert bulk.result_keys() == []
    assert decisions(bulk.serve_batch(batch(pairs("abc")))) == ["match"] * 3
    assert bulk.rekognition.compared_targets() == ["a", "b", "b", "c"]


def test_a_retried_batch_is_answered_even_if_all_remaining_pairs_failed(bulk: BulkWork) -> None:
    """Otherwise what the first attempt decided would be lost."""
    serve_throttled(bulk, batch(pairs("ab")))
    bulk.rekognition.scores["b"] = "AccessDeniedException"
    assert decisions(bulk.serve_batch(batch(pairs("ab")))) == ["match", None]


def test_a_pair_with_a_configuration_error_is_compared_again_after_the_fix(bulk: BulkWork) -> None:
    """Otherwise a redriven run would keep what a wrong policy refused."""
    bulk.rekognition.scores["a"] = "AccessDeniedException"
    serve_throttled(bulk, batch(pairs("ab")))
    del bulk.rekognition.scores["a"]
    assert decisions(bulk.serve_batch(batch(pairs("ab")))) == ["match"] * 2


def test_another_execution_with_the_same_list_compares_everything_anew(bulk: BulkWork) -> None:
    serve_throttled(bulk, batch(pairs("ab")))
    bulk.serve_batch(batch(pairs("ab"), "arn:2"))
    assert len(bulk.rekognition.calls) == 4


@pytest.mark.parametrize(
    "event",
    [pairs("ab"), batch(pairs("ab"), None), batch(pairs("ab"), 7), batch(pairs("ab"), {})],
)
def test_a_batch_without_an_execution_is_compared_anew_because_its_images_may_differ(
    bulk: BulkWork, event: object
) -> None:
    """Otherwise runs that do not say which they are would share decisions."""
    serve_throttled(bulk, event)
    bulk.rekognition.scores.update({"a": 1.0, "b": 1.0})
    assert decisions(bulk.serve_batch(event)) == ["no_match"] * 2
    assert bulk.rekognition.compared_targets() == ["a", "a", "b", "b"]


def test_a_checkpoint_of_a_weaker_rule_does_not_count(bulk: BulkWork) -> None:
    """Otherwise a raised threshold would not apply to a run that is redriven."""
    bulk.rekognition.scores["a"] = 90.0
    serve_throttled(bulk, batch(pairs("ab")))
    bulk.rekognition.scores["b"] = 90.0
    bulk.with_settings(rule=Rule(99.0))
    assert decisions(bulk.serve_batch(batch(pairs("ab")))) == ["no_match"] * 2


def test_two_batches_of_one_execution_never_share_a_checkpoint(bulk: BulkWork) -> None:
    """Otherwise a person would get what was decided about another."""
    bulk.rekognition.scores.update({"c": 1.0, "d": 1.0})
    serve_throttled(bulk, batch(pairs("ab")))
    results = bulk.serve_batch(batch(pairs("cd")))
    assert [entry["target"]["key"] for entry in results] == ["c", "d"]
    assert decisions(results) == ["no_match"] * 2


def test_a_defect_at_one_pair_is_recorded_and_does_not_harm_the_others(
    bulk: BulkWork, records: Records
) -> None:
    def fail(_: str, target: str) -> None:
        if target == "b":
            raise LookupError("a defect")

    bulk.rekognition.before = fail
    with pytest.raises(LookupError):
        bulk.serve_batch(batch(pairs("abc")))
    assert records.the(FAILED)["error_type"] == "LookupError"
    bulk.rekognition.before = lambda *_: None
    bulk.serve_batch(batch(pairs("abc")))
    assert bulk.rekognition.compared_targets() == ["a", "b", "b", "c"]


def test_a_pair_is_not_decided_while_one_of_its_sources_could_not_be_compared(
    bulk: BulkWork,
) -> None:
    bulk.rekognition.scores.update({"good": "ThrottlingException", "t": 1.0})
    with pytest.raises(errors.ThrottledError):
        bulk.serve_batch({"sources": ["bad", "good"], "target": "t"})


def test_a_match_stands_although_a_later_source_could_not_be_compared(bulk: BulkWork) -> None:
    """Otherwise a pair that cannot change any more would be paid for again."""
    bulk.rekognition.scores["busy"] = "ThrottlingException"
    (entry,) = bulk.serve_batch({"sources": ["good", "busy"], "target": "t"})
    assert entry["decision"] == "match"


def test_a_batch_in_which_every_pair_failed_fails_with_the_pairs_error(bulk: BulkWork) -> None:
    with pytest.raises(errors.InvalidRequestError):
        bulk.serve_batch({"source": "", "target": "t"})


@pytest.mark.parametrize("event", [[], {"Items": []}, {"Items": [{}] * 1001}])
def test_an_empty_or_too_long_batch_is_refused(bulk: BulkWork, event: object) -> None:
    with pytest.raises(errors.InvalidRequestError, match="1 to 1000"):
        bulk.serve_batch(event)


def test_the_largest_batch_is_accepted(bulk: BulkWork) -> None:
    """Otherwise a batch that the documentation allows would be refused."""
    results = bulk.serve_batch([*[{}] * 999, PAIR])
    assert len(results) == 1000
    assert results[-1]["decision"] == "match"


def test_a_batch_that_is_nested_too_deeply_is_refused_by_name(bulk: BulkWork) -> None:
    nested: object = "x"
    for _ in range(200_000):
        nested = [nested]
    with pytest.raises(errors.InvalidRequestError, match="nested"):
        bulk.serve_batch(nested)


def test_a_batch_that_runs_out_of_time_fails_with_a_transient_error(bulk: BulkWork) -> None:
    with pytest.raises(errors.OutOfTimeError):
        bulk.serve_batch([PAIR], lambda: 3.0)
    assert bulk.rekognition.calls == []


def test_no_call_starts_after_slow_calls_used_up_the_time(bulk: BulkWork) -> None:
    """Otherwise Lambda would stop the function, and everything paid for would be lost."""
    left = [29.0]

    def slow(*_: str) -> None:
        left[0] -= 8.0

    bulk.rekognition.before = slow
    bulk.rekognition.scores["t"] = 1.0
    with pytest.raises(errors.OutOfTimeError):
        bulk.serve_batch({"sources": list("abcd"), "target": "t"}, lambda: left[0])
    assert left[0] >= 0


def test_an_unreadable_item_is_shown_without_its_image_and_in_ascii(bulk: BulkWork) -> None:
    """Step Functions keeps answers, so no image may be in them, and no half characters."""
    image_in_base64 = "QUJD" * 50
    items = [
        {"source": {"bytes": image_in_base64}, "target": "\ud800"},
        {"source": {"bytes": image_in_base64}, "target": "t"},
        PAIR,
        ["x" * 10_000],
    ]
    results = bulk.serve_batch(items)
    assert "QUJD" not in json.dumps(results)
    assert [each["error"]["type"] for each in results if "error" in each] == [
        "InvalidRequestError"
    ] * 3
    for entry in results:
        json.dumps(entry, ensure_ascii=False).encode()
        assert len(json.dumps(entry)) < 1500


@pytest.mark.parametrize("code", ["ThrottlingException", "AccessDeniedException"])
def test_each_failure_is_recorded_once_with_its_images(
    clients: Clients, bulk: BulkWork, records: Records, code: str
) -> None:
    """Otherwise alarms would count one failure too many for each batch."""
    bulk.rekognition.scores["b"] = code
    service = Service(SETTINGS, clients)
    service._bulk = SimpleNamespace(batches=bulk.batches)  # type: ignore[assignment]
    with pytest.raises(errors.FaceCompareError):
        service.serve({"pairs": pairs("b")}, Context())
    assert records.the(FAILED)["target_key"] == "b"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (refusal("AccessDenied", 403, "GetObject"), errors.CallForbiddenError),
        (refusal("SlowDown", 503, "GetObject"), errors.ThrottledError),
        (ReadTimeoutError(endpoint_url="x"), errors.ServiceUnavailableError),
    ],
)
def test_nothing_is_paid_for_while_the_checkpoint_cannot_be_read(
    bulk: BulkWork, answer: Exception, error: type[errors.FaceCompareError]
) -> None:
    """Otherwise each attempt would pay for all pairs of the batch."""
    bulk.monkeypatch.setattr(bulk.s3, "get_object", raising(answer))
    with pytest.raises(error):
        bulk.serve_batch(batch([PAIR]))
    assert bulk.rekognition.calls == []


def test_a_batch_is_retried_even_if_its_checkpoint_cannot_be_written(
    bulk: BulkWork, records: Records
) -> None:
    """Otherwise a wrong bucket policy would end a batch that was only throttled."""
    bulk.refuse("put_object", "AccessDenied")
    serve_throttled(bulk, batch(pairs("ab")))
    assert "AccessDenied" in records.the("batch not kept")["why"]


@pytest.mark.parametrize("first", ["nonsense", {"source": "s", "target": "defect"}])
def test_a_transient_error_among_others_lets_the_batch_be_retried(
    bulk: BulkWork, first: object
) -> None:
    """Otherwise Step Functions would give up a batch that the next attempt can finish."""

    def fail(_: str, target: str) -> None:
        if target == "defect":
            raise LookupError("a defect")

    bulk.rekognition.before = fail
    serve_throttled(bulk, [first, *pairs("b")])


@pytest.mark.parametrize("targets", [["t"], ["t", "u"]])
def test_an_item_with_targets_is_refused_alone(bulk: BulkWork, targets: list[str]) -> None:
    """Otherwise nobody could tell which image a line of the results is about."""
    refused, decided = bulk.serve_batch([{"source": "s", "targets": targets}, PAIR])
    assert refused["error"]["type"] == "InvalidRequestError"
    assert "one target" in refused["error"]["message"]
    assert decided["decision"] == "match"
