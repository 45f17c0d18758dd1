"""Several sources of which some fail: nobody is a stranger, or refused, for want of looking."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from face_compare import faults
from tests.unit.payload.bulk_work import INVOCATION, Bulk, photo
from tests.unit.payload.canned_aws import compared

PHOTO = "challenge/alice/a.jpg"
Outcomes = dict[str, float | str]
"""Of each source by the end of its key: a score, or the code of an error."""


@pytest.fixture
def sources(bulk: Bulk, monkeypatch: pytest.MonkeyPatch) -> Callable[[Outcomes], list[str]]:
    """Lay down reference photos and what comes of each; the sources that get compared."""

    def lay(outcomes: Outcomes, faceless: str = "") -> list[str]:
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

    return lay


NO_FACE, DENIED = "InvalidParameterException", "AccessDeniedException"


@pytest.mark.parametrize("order", [("1.jpg", "2.jpg"), ("2.jpg", "1.jpg")])
def test_a_set_up_fault_comes_again_whatever_is_wrong_with_another_reference(
    bulk: Bulk, sources: Callable[..., list[str]], order: tuple[str, str]
) -> None:
    """Else mending the policy would not help photos of people with one bad reference."""
    faceless, denied = order
    sources({faceless: NO_FACE, denied: DENIED}, faceless=faceless)
    assert bulk.deliver([photo(bulk)]) == ["m0"]
    assert bulk.result_keys() == []


def test_a_photo_without_a_face_is_told_so_although_a_reference_is_denied(
    bulk: Bulk, sources: Callable[..., list[str]]
) -> None:
    """Else it would be paid for five times and end in the dead-letter queue."""
    called = sources({"1.jpg": DENIED, "2.jpg": NO_FACE, "3.jpg": NO_FACE}, faceless="a.jpg")
    assert bulk.deliver([photo(bulk)]) == []
    assert bulk.result(bulk.result_keys()[0])["error"]["type"] == "NoFaceInTargetError"
    assert called == ["1.jpg", "2.jpg"]


def test_a_photo_that_was_seen_is_compared_with_every_reference(
    bulk: Bulk, sources: Callable[..., list[str]]
) -> None:
    """DetectFaces may miss a face at the edge that CompareFaces has just compared."""
    called = sources({"1.jpg": 20.0, "2.jpg": NO_FACE, "3.jpg": 99.9}, faceless="a.jpg")
    assert bulk.deliver([photo(bulk)]) == []
    assert bulk.result(bulk.result_keys()[0])["decision"] == "match"
    assert called == ["1.jpg", "2.jpg", "3.jpg"]


def test_a_photo_that_is_gone_half_way_is_not_a_stranger(
    bulk: Bulk, sources: Callable[..., list[str]]
) -> None:
    sources({"1.jpg": 20.0, "2.jpg": NO_FACE, "3.jpg": NO_FACE}, faceless="a.jpg")
    bulk.deliver([photo(bulk)])
    assert "decision" not in bulk.result(bulk.result_keys()[0])


@pytest.mark.parametrize(
    ("code", "again"), [("InternalServerError", []), ("ThrottlingException", ["m0"])]
)
def test_a_reference_without_an_answer_does_not_keep_the_others_from_matching(
    bulk: Bulk, sources: Callable[..., list[str]], code: str, again: list[str]
) -> None:
    """But a used-up quota does: more calls would only be refused."""
    sources({"1.jpg": code, "2.jpg": 99.9})
    assert bulk.deliver([photo(bulk)]) == again


def test_folders_among_the_references_count_for_nothing(
    bulk: Bulk, sources: Callable[..., list[str]]
) -> None:
    """Else a tidy person's photos would be refused as too many."""
    called = sources({f"{number}.jpg": 1.0 for number in range(95)})
    for number in range(9):
        bulk.put(f"reference/alice/{number}/")
    bulk.deliver([photo(bulk)])
    assert bulk.result(bulk.result_keys()[0])["decision"] == "no_match"
    assert len(called) == 95


def serve(bulk: Bulk, items: list[Any], execution: object) -> Any:
    pairs = {"Items": items, "BatchInput": {"execution": execution}}
    return bulk.pairs.serve({"pairs": pairs}, INVOCATION, lambda: 29.0)


def test_a_batchs_entry_names_the_source_that_failed(
    bulk: Bulk, sources: Callable[..., list[str]]
) -> None:
    """Else it would lead to no record."""
    sources({"1.jpg": 1.0, "2.jpg": DENIED, "3.jpg": 99.0})
    items = [{"sources": ["1.jpg", "2.jpg"], "target": "t"}, {"source": "3.jpg", "target": "t"}]
    entry = serve(bulk, items, "arn:1")["results"][0]
    assert entry["error"]["type"] == "RekognitionForbiddenError"
    assert entry["source"]["key"] == "2.jpg"


def test_a_pair_that_was_denied_is_compared_again_once_the_set_up_is_mended(
    bulk: Bulk, sources: Callable[..., list[str]]
) -> None:
    """Else a run that is taken up again would keep what was refused by a wrong policy."""
    items = [{"source": name, "target": "t"} for name in ("1.jpg", "2.jpg")]
    outcomes: Outcomes = {"1.jpg": DENIED, "2.jpg": "ThrottlingException"}
    sources(outcomes)
    assert isinstance(serve(bulk, items, "arn:1"), faults.ThrottledError)
    outcomes.update({"1.jpg": 99.0, "2.jpg": 99.0})
    results = serve(bulk, items, "arn:1")["results"]
    assert [entry["decision"] for entry in results] == ["match", "match"]


def test_a_batch_of_which_all_failed_fails_by_what_can_be_mended(
    bulk: Bulk, sources: Callable[..., list[str]]
) -> None:
    sources({"1.jpg": "InvalidImageFormatException", "2.jpg": DENIED})
    items = [{"source": name, "target": "t"} for name in ("1.jpg", "2.jpg")]
    assert isinstance(serve(bulk, items, "arn:1"), faults.RekognitionForbiddenError)


@pytest.mark.parametrize("execution", [None, 7, {}])
def test_what_is_no_execution_is_nobodys_memory(
    bulk: Bulk, sources: Callable[..., list[str]], execution: object
) -> None:
    """Else runs that do not say who they are would exchange decisions."""
    items = [{"source": name, "target": "t"} for name in ("1.jpg", "2.jpg")]
    outcomes: Outcomes = {"1.jpg": 99.0, "2.jpg": "ThrottlingException"}
    called = sources(outcomes)
    serve(bulk, items, execution)
    outcomes["2.jpg"] = 1.0
    serve(bulk, items, execution)
    assert sorted(called) == ["1.jpg", "1.jpg", "2.jpg", "2.jpg"]
