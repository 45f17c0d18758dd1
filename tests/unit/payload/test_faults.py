"""What each fault means to whoever meets it: without these, a lasting one is tried for ever."""

from __future__ import annotations

import pytest

from face_compare import faults
from tests.unit.payload.bulk_work import Bulk, photo

PASSING = {"OutOfTimeError", "ServiceUnavailableError", "ThrottledError"}
SETUP = {
    "ImageForbiddenError",
    "ImageInOtherRegionError",
    "ImageKeyUnusableError",
    "ImageUnreadableError",
    "RekognitionForbiddenError",
    "RekognitionRefusedError",
}
FINAL = {
    "ImageFormatError",
    "ImageNotFoundError",
    "ImageTooLargeError",
    "InvalidRequestError",
    "NoFaceInSourceError",
    "NoFaceInTargetError",
    "ReferenceNotFoundError",
    "SeveralFacesInSourceError",
    "SeveralFacesInTargetError",
}


def subclasses(base: type[faults.FaceCompareError]) -> set[str]:
    """The names of the faults of one kind, however deep."""
    below = base.__subclasses__()
    return {kind.__name__ for kind in below} | {name for kind in below for name in subclasses(kind)}


def test_every_fault_is_of_the_kind_that_was_decided_for_it() -> None:
    """The kind tells who tries again, and what becomes of an uploaded photo."""
    assert subclasses(faults.PassingError) == PASSING
    assert subclasses(faults.SetupError) == SETUP
    assert subclasses(faults.PermanentError) == SETUP | FINAL | {"SetupError"}
    bases = {"PassingError", "PermanentError", "SetupError"}
    assert subclasses(faults.FaceCompareError) == PASSING | SETUP | FINAL | bases


@pytest.mark.parametrize("name", sorted(PASSING | SETUP | FINAL))
def test_a_photo_comes_again_for_what_can_be_mended_and_else_has_the_fault_as_its_result(
    bulk: Bulk, name: str
) -> None:
    """Else mending a policy would not help, or a blurred photo would come again for ever."""
    kind: type[faults.FaceCompareError] = getattr(faults, name)

    def fail(_: str) -> None:
        raise kind("why")

    bulk.put("reference/alice/1.jpg")
    bulk.rekognition.before = fail
    comes_again = name not in FINAL
    assert bulk.deliver([photo(bulk)]) == (["m0"] if comes_again else [])
    told = [bulk.result(key)["error"]["type"] for key in bulk.result_keys()]
    assert told == ([] if comes_again else [name])
