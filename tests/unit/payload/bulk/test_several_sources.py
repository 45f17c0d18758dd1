"""Several sources, of which some fail: nobody is refused before every source was tried."""

from __future__ import annotations

import pytest

from face_compare.model import errors
from tests.unit.payload.bulk_work import IMAGE, BulkWork, uploaded

NO_FACE, DENIED, THROTTLED = (
    "InvalidParameterException",
    "AccessDeniedException",
    "ThrottlingException",
)


def references(bulk: BulkWork, *outcomes: float | str) -> list[str]:
    """Put a reference for each outcome, a similarity or the code of an error."""
    keys = [f"reference/alice/{number}.jpg" for number in range(1, len(outcomes) + 1)]
    for key, outcome in zip(keys, outcomes, strict=True):
        bulk.put(key)
        bulk.rekognition.scores[key] = outcome
    return keys


def sources_compared(bulk: BulkWork) -> list[str]:
    return [source for source, _ in bulk.rekognition.calls]


@pytest.mark.parametrize(("outcomes", "bad"), [((NO_FACE, DENIED), 0), ((DENIED, NO_FACE), 1)])
def test_an_image_is_retried_after_a_configuration_error_even_if_another_reference_is_bad(
    bulk: BulkWork, outcomes: tuple[str, str], bad: int
) -> None:
    """Otherwise fixing the policy would not help people with one bad reference."""
    keys = references(bulk, *outcomes)
    bulk.rekognition.faces.update({keys[bad]: 0, IMAGE: 1})
    assert bulk.deliver([uploaded(bulk)]) == ["m0"]
    assert bulk.result_keys() == []


def test_an_image_without_a_face_gets_this_result_even_if_a_reference_is_denied(
    bulk: BulkWork,
) -> None:
    """Otherwise it would be paid for five times, and end in the dead-letter queue."""
    keys = references(bulk, DENIED, NO_FACE, NO_FACE)
    assert bulk.deliver([uploaded(bulk)]) == []
    assert bulk.only_result()["error"]["type"] == "NoFaceInTargetError"
    assert sources_compared(bulk) == keys[:2]


def test_an_image_whose_face_was_compared_once_is_compared_with_every_reference(
    bulk: BulkWork,
) -> None:
    """DetectFaces may miss a face at the edge that CompareFaces has just compared."""
    keys = references(bulk, 20.0, NO_FACE, 99.9)
    assert bulk.deliver([uploaded(bulk)]) == []
    assert bulk.only_result()["decision"] == "match"
    assert sources_compared(bulk) == keys


def test_an_image_that_is_deleted_meanwhile_is_not_decided(bulk: BulkWork) -> None:
    references(bulk, 20.0, NO_FACE, NO_FACE)
    bulk.deliver([uploaded(bulk)])
    assert "decision" not in bulk.only_result()


@pytest.mark.parametrize(("code", "again"), [("InternalServerError", []), (THROTTLED, ["m0"])])
def test_other_references_can_match_when_one_gets_no_answer(
    bulk: BulkWork, code: str, again: list[str]
) -> None:
    """If the quota is used up, the image is retried later: more calls would only be refused."""
    references(bulk, code, 99.9)
    assert bulk.deliver([uploaded(bulk)]) == again


def test_the_entry_of_a_pair_names_the_source_that_failed(bulk: BulkWork) -> None:
    """Otherwise it would not lead to a record."""
    first, second, third = references(bulk, 1.0, DENIED, 99.0)
    items = [{"sources": [first, second], "target": "t"}, {"source": third, "target": "t"}]
    entry = bulk.serve_batch(items)[0]
    assert entry["error"]["type"] == "CallForbiddenError"
    assert entry["source"]["key"] == second


def test_a_batch_in_which_all_failed_fails_with_the_configuration_error(bulk: BulkWork) -> None:
    first, second = references(bulk, "InvalidImageFormatException", DENIED)
    with pytest.raises(errors.CallForbiddenError):
        bulk.serve_batch([{"source": first, "target": "t"}, {"source": second, "target": "t"}])
