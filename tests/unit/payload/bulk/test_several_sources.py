"""Several sources, of which some fail: nobody is refused before every source was tried."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from face_compare.model import errors
from tests.unit.payload.bulk_work import INVOCATION, BulkWork, uploaded
from tests.unit.payload.canned_aws import compared

Outcomes = dict[str, float | str]
"""A similarity or the code of an error, for each source by its file name."""


@pytest.fixture
def sources(bulk: BulkWork, monkeypatch: pytest.MonkeyPatch) -> Callable[[Outcomes], list[str]]:
    """Store references, and set what comes of each. It returns the list of sources compared."""

    def store(outcomes: Outcomes, faceless: str = "") -> list[str]:
        called: list[str] = []

        def compare(**call: Any) -> dict[str, Any]:
            source = call["SourceImage"]["S3Object"]["Name"].rpartition("/")[2]
            called.append(source)
            outcome = outcomes[source]
            if isinstance(outcome, str):
                raise ClientError({"Error": {"Code": outcome}}, "CompareFaces")
            return compared(outcome).body

        def detect(**call: Any) -> dict[str, Any]:
            name = call["Image"]["S3Object"]["Name"].rpartition("/")[2]
            return {"FaceDetails": [] if name == faceless else [{}]}

        for source in outcomes:
            bulk.put(f"reference/alice/{source}")
        monkeypatch.setattr(bulk.rekognition, "compare_faces", compare)
        monkeypatch.setattr(bulk.rekognition, "detect_faces", detect)
        return called

    return store


NO_FACE, DENIED = "InvalidParameterException", "AccessDeniedException"


@pytest.mark.parametrize("order", [("1.jpg", "2.jpg"), ("2.jpg", "1.jpg")])
def test_an_image_is_retried_after_a_configuration_error_even_if_another_reference_is_bad(
    bulk: BulkWork, sources: Callable[..., list[str]], order: tuple[str, str]
) -> None:
    """Otherwise fixing the policy would not help people with one bad reference."""
    faceless, denied = order
    sources({faceless: NO_FACE, denied: DENIED}, faceless=faceless)
    assert bulk.deliver([uploaded(bulk)]) == ["m0"]
    assert bulk.result_keys() == []


def test_an_image_without_a_face_gets_this_result_even_if_a_reference_is_denied(
    bulk: BulkWork, sources: Callable[..., list[str]]
) -> None:
    """Otherwise it would be paid for five times, and end in the dead-letter queue."""
    called = sources({"1.jpg": DENIED, "2.jpg": NO_FACE, "3.jpg": NO_FACE}, faceless="a.jpg")
    assert bulk.deliver([uploaded(bulk)]) == []
    assert bulk.result(bulk.result_keys()[0])["error"]["type"] == "NoFaceInTargetError"
    assert called == ["1.jpg", "2.jpg"]


def test_an_image_whose_face_was_compared_once_is_compared_with_every_reference(
    bulk: BulkWork, sources: Callable[..., list[str]]
) -> None:
    """DetectFaces may miss a face at the edge that CompareFaces has just compared."""
    called = sources({"1.jpg": 20.0, "2.jpg": NO_FACE, "3.jpg": 99.9}, faceless="a.jpg")
    assert bulk.deliver([uploaded(bulk)]) == []
    assert bulk.result(bulk.result_keys()[0])["decision"] == "match"
    assert called == ["1.jpg", "2.jpg", "3.jpg"]


def test_an_image_that_is_deleted_meanwhile_is_not_decided(
    bulk: BulkWork, sources: Callable[..., list[str]]
) -> None:
    sources({"1.jpg": 20.0, "2.jpg": NO_FACE, "3.jpg": NO_FACE}, faceless="a.jpg")
    bulk.deliver([uploaded(bulk)])
    assert "decision" not in bulk.result(bulk.result_keys()[0])


@pytest.mark.parametrize(
    ("code", "again"), [("InternalServerError", []), ("ThrottlingException", ["m0"])]
)
def test_other_references_can_match_when_one_gets_no_answer(
    bulk: BulkWork, sources: Callable[..., list[str]], code: str, again: list[str]
) -> None:
    """If the quota is used up, the image is retried later: more calls would only be refused."""
    sources({"1.jpg": code, "2.jpg": 99.9})
    assert bulk.deliver([uploaded(bulk)]) == again


def test_folders_among_the_references_are_not_counted(
    bulk: BulkWork, sources: Callable[..., list[str]]
) -> None:
    """Otherwise references that are sorted into folders could be refused as too many."""
    called = sources({f"{number}.jpg": 1.0 for number in range(95)})
    for number in range(9):
        bulk.put(f"reference/alice/{number}/")
    bulk.deliver([uploaded(bulk)])
    assert bulk.result(bulk.result_keys()[0])["decision"] == "no_match"
    assert len(called) == 95


def serve(bulk: BulkWork, items: list[Any], execution: object) -> Any:
    pairs = {"Items": items, "BatchInput": {"execution": execution}}
    return bulk.batches.serve({"pairs": pairs}, INVOCATION, lambda: 29.0)


def test_the_entry_of_a_pair_names_the_source_that_failed(
    bulk: BulkWork, sources: Callable[..., list[str]]
) -> None:
    """Otherwise it would not lead to a record."""
    sources({"1.jpg": 1.0, "2.jpg": DENIED, "3.jpg": 99.0})
    items = [{"sources": ["1.jpg", "2.jpg"], "target": "t"}, {"source": "3.jpg", "target": "t"}]
    entry = serve(bulk, items, "arn:1")["results"][0]
    assert entry["error"]["type"] == "CallForbiddenError"
    assert entry["source"]["key"] == "2.jpg"


def test_a_pair_with_a_configuration_error_is_compared_again_after_the_fix(
    bulk: BulkWork, sources: Callable[..., list[str]]
) -> None:
    """Otherwise a redriven run would keep what a wrong policy refused."""
    items = [{"source": name, "target": "t"} for name in ("1.jpg", "2.jpg")]
    outcomes: Outcomes = {"1.jpg": DENIED, "2.jpg": "ThrottlingException"}
    sources(outcomes)
    with pytest.raises(errors.ThrottledError):
        serve(bulk, items, "arn:1")
    outcomes.update({"1.jpg": 99.0, "2.jpg": 99.0})
    results = serve(bulk, items, "arn:1")["results"]
    assert [entry["decision"] for entry in results] == ["match", "match"]


def test_a_batch_in_which_all_failed_fails_with_the_configuration_error(
    bulk: BulkWork, sources: Callable[..., list[str]]
) -> None:
    sources({"1.jpg": "InvalidImageFormatException", "2.jpg": DENIED})
    items = [{"source": name, "target": "t"} for name in ("1.jpg", "2.jpg")]
    with pytest.raises(errors.CallForbiddenError):
        serve(bulk, items, "arn:1")


@pytest.mark.parametrize("execution", [None, 7, {}])
def test_a_batch_without_the_arn_of_an_execution_has_no_checkpoint(
    bulk: BulkWork, sources: Callable[..., list[str]], execution: object
) -> None:
    """Otherwise runs that do not say which they are would share decisions."""
    items = [{"source": name, "target": "t"} for name in ("1.jpg", "2.jpg")]
    outcomes: Outcomes = {"1.jpg": 99.0, "2.jpg": "ThrottlingException"}
    called = sources(outcomes)
    with pytest.raises(errors.ThrottledError):
        serve(bulk, items, execution)
    outcomes["2.jpg"] = 1.0
    serve(bulk, items, execution)
    assert sorted(called) == ["1.jpg", "1.jpg", "2.jpg", "2.jpg"]
