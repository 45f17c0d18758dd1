"""Several sources, of which some fail: nobody is refused before every source was tried."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from face_compare.model import errors
from tests.unit.payload.bulk_work import IMAGE, BulkWork, uploaded

NO_FACE, FORMAT = "InvalidParameterException", "InvalidImageFormatException"
DENIED, THROTTLED = "AccessDeniedException", "ThrottlingException"
DELIVERED_AGAIN = "delivered again"


class Case(NamedTuple):
    """What comes of each reference, and what then comes of the image.

    An outcome is a similarity or the code of an error. ``compared`` is how many references are
    paid for. ``image`` is what DetectFaces says of the image: how many faces, or a code.
    ``faceless`` is the place of a reference without a face.
    """

    outcomes: list[float | str]
    ending: str
    compared: int
    image: int | str = 0
    faceless: int | None = None


CASES = {
    # Otherwise fixing the policy would not help people with one bad reference.
    "an image is retried although a reference before the denied one is bad": Case(
        [NO_FACE, DENIED], DELIVERED_AGAIN, 2, image=1, faceless=0
    ),
    "an image is retried although a reference after the denied one is bad": Case(
        [DENIED, NO_FACE], DELIVERED_AGAIN, 2, image=1, faceless=1
    ),
    # Otherwise fixing the policy would not help, because a result is never changed.
    "an image is not refused because a reference could not be read": Case(
        [DENIED, 1.0], DELIVERED_AGAIN, 2
    ),
    # Otherwise it would be paid for five times, and end in the dead-letter queue.
    "an image without a face gets this result even if a reference is denied": Case(
        [DENIED, NO_FACE, NO_FACE], "NoFaceInTargetError", 2
    ),
    "a bad image is compared with one reference only": Case(
        [NO_FACE, NO_FACE], "NoFaceInTargetError", 1
    ),
    "an unreadable image is compared with one reference only": Case(
        [FORMAT, FORMAT], "ImageFormatError", 1, image=FORMAT
    ),
    # DetectFaces may miss a face at the edge that CompareFaces has just compared.
    "an image whose face was compared once is compared with every reference": Case(
        [20.0, NO_FACE, 99.9], "match", 3
    ),
    "an image that is deleted meanwhile is not decided": Case(
        [20.0, NO_FACE, NO_FACE], "NoFaceInTargetError", 3
    ),
    "other references decide when one is denied": Case([DENIED, 99.0], "match", 2),
    "other references decide when one cannot be read": Case(
        ["InvalidS3ObjectException", 99.0], "match", 2
    ),
    "other references decide when one gets no answer": Case(
        ["InternalServerError", 99.9], "match", 2
    ),
    # More calls would only be refused.
    "an image is retried later when the quota is used up": Case(
        [THROTTLED, 99.9], DELIVERED_AGAIN, 1
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_an_image_is_decided_refused_or_retried_by_all_its_references(
    bulk: BulkWork, case: Case
) -> None:
    keys = [f"reference/alice/{number}.jpg" for number in range(len(case.outcomes))]
    for key, outcome in zip(keys, case.outcomes, strict=True):
        bulk.put(key)
        bulk.rekognition.scores[key] = outcome
    bulk.rekognition.faces[IMAGE] = case.image
    if case.faceless is not None:
        bulk.rekognition.faces[keys[case.faceless]] = 0
    again = bulk.deliver([uploaded(bulk)])
    assert [source for source, _ in bulk.rekognition.calls] == keys[: case.compared]
    if case.ending == DELIVERED_AGAIN:
        assert again == ["m0"]
        assert bulk.result_keys() == []
        return
    assert again == []
    result = bulk.only_result()
    assert (result.get("decision") or result["error"]["type"]) == case.ending
    with_error = ["error" in source for source in result["sources"]]
    assert with_error == [isinstance(each, str) for each in case.outcomes[: case.compared]]


def test_the_entry_of_a_pair_names_the_source_that_failed(bulk: BulkWork) -> None:
    """Otherwise it would not lead to a record."""
    bulk.rekognition.scores.update({"1.jpg": 1.0, "2.jpg": DENIED})
    items = [{"sources": ["1.jpg", "2.jpg"], "target": "t"}, {"source": "3.jpg", "target": "t"}]
    entry = bulk.serve_batch(items)[0]
    assert entry["error"]["type"] == "CallForbiddenError"
    assert entry["source"]["key"] == "2.jpg"


def test_a_batch_in_which_all_failed_fails_with_the_configuration_error(bulk: BulkWork) -> None:
    bulk.rekognition.scores.update({"1.jpg": FORMAT, "2.jpg": DENIED})
    bulk.rekognition.faces.update({"1.jpg": FORMAT, "t": 1})
    with pytest.raises(errors.CallForbiddenError):
        bulk.serve_batch([{"source": name, "target": "t"} for name in ("1.jpg", "2.jpg")])
