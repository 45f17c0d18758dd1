"""What becomes of each error. Otherwise a permanent one would be retried for ever."""

from __future__ import annotations

import pytest

from face_compare.engine.diagnosis import Diagnosis
from face_compare.model import errors
from tests.unit.payload.bulk_work import IMAGE, BulkWork, uploaded

TRANSIENT = {"OutOfTimeError", "ServiceUnavailableError", "ThrottledError"}
CONFIGURATION = {
    "CallForbiddenError",
    "CallRejectedError",
    "ImageForbiddenError",
    "ImageInOtherRegionError",
    "ImageKeyUnusableError",
    "ImageUnreadableError",
}
FINAL = {
    "ImageFormatError",
    "ImageNotFoundError",
    "ImageTooLargeError",
    "InvalidManifestError",
    "InvalidRequestError",
    "LowQualityFaceInSourceError",
    "LowQualityFaceInTargetError",
    "NoFaceInSourceError",
    "NoFaceInTargetError",
    "ReferenceNotFoundError",
    "SeveralFacesInSourceError",
    "SeveralFacesInTargetError",
}


def subclasses(base: type[errors.FaceCompareError]) -> set[str]:
    """The names of the errors of one kind, however deep."""
    below = base.__subclasses__()
    return {kind.__name__ for kind in below} | {name for kind in below for name in subclasses(kind)}


def test_every_error_is_of_the_kind_that_was_decided_for_it() -> None:
    """The kind says who retries, and what becomes of an uploaded image."""
    assert subclasses(errors.TransientError) == TRANSIENT
    assert subclasses(errors.ConfigurationError) == CONFIGURATION
    assert subclasses(errors.PermanentError) == CONFIGURATION | FINAL | {"ConfigurationError"}
    bases = {"TransientError", "PermanentError", "ConfigurationError"}
    assert subclasses(errors.FaceCompareError) == TRANSIENT | CONFIGURATION | FINAL | bases


@pytest.mark.parametrize("name", sorted(TRANSIENT | CONFIGURATION | FINAL))
def test_an_upload_is_retried_if_that_can_help_and_has_the_error_as_its_result_if_not(
    bulk: BulkWork, name: str
) -> None:
    """Otherwise a fixed policy would not help, or a blurred image would be retried for ever."""
    kind: type[errors.FaceCompareError] = getattr(errors, name)
    bulk.monkeypatch.setattr(Diagnosis, "explain", lambda *_: kind("why"))
    bulk.put("reference/alice/1.jpg")
    bulk.rekognition.scores[IMAGE] = "SomeException"
    is_retried = name not in FINAL
    assert bulk.deliver([uploaded(bulk)]) == (["m0"] if is_retried else [])
    results = [bulk.result(key)["error"]["type"] for key in bulk.result_keys()]
    assert results == ([] if is_retried else [name])
