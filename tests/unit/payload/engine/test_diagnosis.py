"""Otherwise users would read "invalid parameters", and not which image is wrong and why."""

from __future__ import annotations

import base64
import io
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest

from face_compare.model import errors
from face_compare.model.errors import FaceCompareError
from face_compare.service import Service
from tests.unit.payload.canned_aws import compared
from tests.unit.payload.fake_rekognition import refusal
from tests.unit.payload.invocation import SETTINGS, Context

SOURCE, TARGET = "reference/a.jpg", "challenge/b.jpg"
EVENT: dict[str, Any] = {"source": SOURCE, "target": TARGET}
ONE_FACE = {"FaceDetails": [{"Confidence": 99.0}]}
NO_FACE: dict[str, Any] = {"FaceDetails": []}
OBJECT: dict[str, Any] = {"ContentLength": 1}
UNDER_A_KEY = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "arn:aws:kms:key"}
THROTTLED = "ProvisionedThroughputExceededException"


class Call(NamedTuple):
    """A call, perhaps about a certain image, and its answer or the code or status of its error."""

    operation: str
    answer: dict[str, Any] | str | int
    key: str = ""


class Case(NamedTuple):
    """The calls of a diagnosis, the error that it finds, and words of the message."""

    calls: list[Call]
    error: type[errors.FaceCompareError]
    words: tuple[str, ...] = ()


def detect(answer: dict[str, Any] | str, key: str = "") -> Call:
    return Call("DetectFaces", answer, key)


def head(answer: dict[str, Any] | int, key: str = "") -> Call:
    return Call("HeadObject", answer, key)


def stored(content: bytes) -> Call:
    """The answer to the read of a file's first bytes."""
    return Call("GetObject", {"Body": io.BytesIO(content)}, "'Range': 'bytes=0-63'")


GONE = "'VersionId': 'gone'"
HERE = Call("HeadBucket", {"BucketRegion": "eu-west-1"})


def behind_status_400(code: str) -> list[Call]:
    """HeadObject cannot say the code, because its answer has no body."""
    return [head(400), Call("GetObject", code)]


@dataclass
class OverAfter(Context):
    """A clock on which time is over after so many looks at it."""

    asked: int = 0

    def get_remaining_time_in_millis(self) -> int:
        self.asked -= 1
        # Reading the answer and answering take half a second more than the call.
        over = int(SETTINGS.diagnosis_limits.worst_case * 1000) + 400
        return 29_000 if self.asked >= 0 else over


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Call]]:
    """The calls that must be made, in their order."""
    left: list[Call] = []

    def make(_: object, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        call = left.pop(0)
        assert operation == call.operation
        assert call.key in str(parameters)
        assert "'photos'" in str(parameters)
        if isinstance(call.answer, dict):
            return call.answer
        raise refusal(str(call.answer), call.answer if isinstance(call.answer, int) else 400)

    monkeypatch.setattr("botocore.client.BaseClient._make_api_call", make)
    yield left
    assert not left


def fails(service: Service, case: Case, context: Context | None = None, **event: object) -> None:
    with pytest.raises(case.error) as raised:
        service.serve(EVENT | event, context or Context())
    assert type(raised.value) is case.error
    for word in case.words:
        assert word in str(raised.value)


# After "invalid parameters".
FACES = {
    "a source without a face is named": Case(
        [detect(ONE_FACE, TARGET), detect(NO_FACE, SOURCE)],
        errors.NoFaceInSourceError,
        ("source", SOURCE),
    ),
    # A camera that sends only dark images would use up the quota of DetectFaces sooner.
    "a target without a face is named by one call": Case(
        [detect(NO_FACE, TARGET)], errors.NoFaceInTargetError, ("target", TARGET)
    ),
    "when two good images are refused together neither is blamed": Case(
        [detect(ONE_FACE), detect(ONE_FACE)], errors.InvalidRequestError, ("this pair of images",)
    ),
    "an image deleted between the two calls is looked for": Case(
        [detect("InvalidS3ObjectException"), head(404)], errors.ImageNotFoundError, (TARGET,)
    ),
    "a throttled diagnosis is transient and blames no image": Case(
        [detect(THROTTLED)], errors.ThrottledError
    ),
    "a role that may not call DetectFaces is reported": Case(
        [detect("AccessDeniedException")], errors.CallForbiddenError
    ),
}


REFUSED = "InvalidParameterException"


def with_itself(answer: dict[str, Any] | str) -> Call:
    """The target compared with itself, under the filter."""
    image = f"{{'S3Object': {{'Bucket': 'photos', 'Name': '{TARGET}'}}}}"
    call = f"{{'SourceImage': {image}, 'TargetImage': {image}, 'SimilarityThreshold': 0"
    return Call("CompareFaces", answer, f"{call}, 'QualityFilter': 'HIGH'}}")


# After "invalid parameters" under a quality filter, or an answer without a face of the target.
PASSED, EMPTY = compared(99.0).body, compared().body
QUALITY = {
    "a blurred target is neither a stranger nor an image without a face": Case(
        [with_itself(REFUSED), detect(ONE_FACE, TARGET)],
        errors.LowQualityFaceInTargetError,
        (TARGET, "quality_filter HIGH"),
    ),
    "a blurred target that is answered without an error is noticed too": Case(
        [with_itself(EMPTY), detect(ONE_FACE, TARGET)], errors.LowQualityFaceInTargetError
    ),
    "a blurred source is named": Case(
        [with_itself(PASSED), detect(ONE_FACE, SOURCE)],
        errors.LowQualityFaceInSourceError,
        (SOURCE, "quality_filter HIGH"),
    ),
    "a target without a face is not called blurred": Case(
        [with_itself(REFUSED), detect(NO_FACE, TARGET)], errors.NoFaceInTargetError, (TARGET,)
    ),
    "a source without a face is not called blurred": Case(
        [with_itself(PASSED), detect(NO_FACE, SOURCE)], errors.NoFaceInSourceError, (SOURCE,)
    ),
    "a throttled comparison blames no image": Case([with_itself(THROTTLED)], errors.ThrottledError),
}


@pytest.mark.parametrize("case", QUALITY.values(), ids=list(QUALITY))
def test_two_calls_tell_what_the_quality_filter_left_out(
    service: Service, answers: list[Call], case: Case
) -> None:
    answers += [Call("CompareFaces", REFUSED), *case.calls]
    fails(service, case, quality_filter="HIGH")


@pytest.mark.parametrize(
    ("found", "error"),
    [(ONE_FACE, errors.LowQualityFaceInTargetError), (NO_FACE, errors.NoFaceInTargetError)],
)
def test_an_answer_without_a_face_is_told_apart_by_one_call(
    service: Service, answers: list[Call], found: dict[str, Any], error: type[FaceCompareError]
) -> None:
    case = Case([detect(found, TARGET)], error, (TARGET,))
    answers += [Call("CompareFaces", EMPTY, "'QualityFilter': 'LOW'"), *case.calls]
    fails(service, case, quality_filter="LOW")


@pytest.mark.parametrize("calls", [[], [with_itself(PASSED)]])
def test_no_call_about_quality_is_made_that_might_not_end_in_time(
    service: Service, answers: list[Call], calls: list[Call]
) -> None:
    answers += [Call("CompareFaces", REFUSED), *calls]
    context = OverAfter(asked=len(calls))
    fails(service, Case(calls, errors.OutOfTimeError), context, quality_filter="HIGH")


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("ImageTooLargeException", errors.ImageTooLargeError),
        ("InvalidImageFormatException", errors.ImageFormatError),
        ("InvalidParameterException", errors.InvalidRequestError),
    ],
)
def test_the_image_that_rekognition_refuses_is_named(
    service: Service, answers: list[Call], code: str, error: type[errors.FaceCompareError]
) -> None:
    calls = [detect(ONE_FACE), detect(code)]
    if code != "ImageTooLargeException":
        calls.append(stored(b"\x00\x01\x02"))
    case = Case(calls, error, (f"source image '{SOURCE}'",))
    answers += [Call("CompareFaces", code), *case.calls]
    fails(service, case)


UNREADABLE = "InvalidS3ObjectException"
# After "unable to get object metadata", Rekognition's only message about S3.
OBJECTS = {
    "a missing target is named": Case(
        [head(404)], errors.ImageNotFoundError, (f"target image '{TARGET}'", "photos")
    ),
    "a missing source is named": Case(
        [head(OBJECT, TARGET), head(404)], errors.ImageNotFoundError, (f"source image '{SOURCE}'",)
    ),
    # Otherwise somebody would look for an image that is there.
    "an image under its uploader's key is not taken for a missing one": Case(
        behind_status_400("InvalidRequest"), errors.ImageUnreadableError, (TARGET, "SSE-C")
    ),
    # Otherwise somebody would search the API reference, and not the key's page.
    "a disabled key is not taken for an unknown error": Case(
        behind_status_400("KMS.DisabledException"),
        errors.ImageKeyUnusableError,
        (TARGET, "KMS.DisabledException"),
    ),
    "expired credentials are not taken for a wrong version": Case(
        behind_status_400("ExpiredToken"), errors.ServiceUnavailableError, ("ExpiredToken",)
    ),
    "a forbidden image is named with the keys that the role may read": Case(
        [head(403)], errors.ImageForbiddenError, (TARGET, "reference/", "challenge/")
    ),
    "a bucket in another region is named with both regions": Case(
        [head(OBJECT), head(OBJECT), Call("HeadBucket", {"BucketRegion": "us-east-1"})],
        errors.ImageInOtherRegionError,
        ("us-east-1", "eu-west-1"),
    ),
    "a redirect of S3 is another region too": Case(
        [head(301)], errors.ImageInOtherRegionError, ("eu-west-1",)
    ),
    # Otherwise a user without this permission would not learn which key is unusable.
    "a role that may not ask for the region still gets a diagnosis": Case(
        [head(UNDER_A_KEY), head(UNDER_A_KEY), Call("HeadBucket", 403), detect(UNREADABLE)],
        errors.ImageKeyUnusableError,
        (TARGET, "arn:aws:kms:key"),
    ),
    # Otherwise somebody would look for an error of the key.
    "a key is not blamed for an image that it lets Rekognition read": Case(
        [head(UNDER_A_KEY), head(OBJECT), HERE, detect("InvalidImageFormatException")],
        errors.ImageUnreadableError,
        ("bucket policy",),
    ),
    # Otherwise somebody would change a correct policy of the key or the bucket.
    "a throttled diagnosis does not blame the key": Case(
        [head(UNDER_A_KEY), head(OBJECT), HERE, detect(THROTTLED)], errors.ThrottledError
    ),
    "if nothing is found the message says where to look": Case(
        [head(OBJECT), head({"ServerSideEncryption": "AES256"}), HERE],
        errors.ImageUnreadableError,
        ("bucket policy",),
    ),
    "an outage of S3 is a transient error": Case(
        [head(503)], errors.ServiceUnavailableError, ("S3",)
    ),
}


@pytest.mark.parametrize(
    ("code", "case"),
    [
        *(pytest.param("InvalidParameterException", case, id=name) for name, case in FACES.items()),
        *(pytest.param(UNREADABLE, case, id=name) for name, case in OBJECTS.items()),
    ],
)
def test_the_error_says_which_image_is_wrong_and_why(
    service: Service, answers: list[Call], code: str, case: Case
) -> None:
    answers += [Call("CompareFaces", code), *case.calls]
    fails(service, case)


@pytest.mark.parametrize(
    "calls", [behind_status_400("InvalidArgument"), [head(404, GONE)], [head(405, GONE)]]
)
def test_a_version_that_is_not_there_is_named(
    service: Service, answers: list[Call], calls: list[Call]
) -> None:
    case = Case(calls, errors.ImageNotFoundError, ("in version gone",))
    answers += [Call("CompareFaces", UNREADABLE), *case.calls]
    fails(service, case, target={"key": TARGET, "version_id": "gone"})


@pytest.mark.parametrize("encryption", ["aws:kms", "aws:kms:dsse"])
def test_an_image_under_an_unusable_key_names_the_key(
    service: Service, answers: list[Call], encryption: str
) -> None:
    """Both images are encrypted, but only the key of the source is unusable."""
    heads = [
        head({"ServerSideEncryption": encryption, "SSEKMSKeyId": key})
        for key in ("arn:aws:kms:the-buckets", "arn:aws:kms:key")
    ]
    calls = [*heads, HERE, detect(ONE_FACE, TARGET), detect(UNREADABLE)]
    answers += [Call("CompareFaces", UNREADABLE), *calls]
    fails(service, Case(calls, errors.ImageKeyUnusableError, (SOURCE, "arn:aws:kms:key")))


RESTORED = 'ongoing-request="false", expiry-date="Fri, 21 Dec 2035 00:00:00 GMT"'


@pytest.mark.parametrize(
    ("class_of", "word"),
    [
        ({"StorageClass": "GLACIER"}, "archived"),
        ({"StorageClass": "DEEP_ARCHIVE"}, "archived"),
        ({"StorageClass": "INTELLIGENT_TIERING", "ArchiveStatus": "ARCHIVE_ACCESS"}, "archived"),
        ({"ArchiveStatus": "DEEP_ARCHIVE_ACCESS", "Restore": 'ongoing-request="true"'}, "archived"),
        # These can be read at once. Otherwise somebody would restore an image in vain.
        ({"StorageClass": "GLACIER", "Restore": RESTORED}, "bucket policy"),
        ({"StorageClass": "GLACIER_IR"}, "bucket policy"),
    ],
)
def test_an_archived_image_is_named_and_no_other_is_called_archived(
    service: Service, answers: list[Call], class_of: dict[str, str], word: str
) -> None:
    calls = [head(class_of), head(OBJECT), HERE]
    words = (word, TARGET) if word == "archived" else (word,)
    answers += [Call("CompareFaces", UNREADABLE), *calls]
    fails(service, Case(calls, errors.ImageUnreadableError, words))


def test_an_inline_image_is_not_looked_for_in_s3(service: Service, answers: list[Call]) -> None:
    """Otherwise an error of the other image would end in a crash."""
    case = Case([head(404, SOURCE)], errors.ImageNotFoundError, (f"source image '{SOURCE}'",))
    answers += [Call("CompareFaces", UNREADABLE), *case.calls]
    fails(service, case, target={"bytes": "QQ=="})


ENCRYPTED = [head(UNDER_A_KEY), head(UNDER_A_KEY), HERE, detect(ONE_FACE)]


@pytest.mark.parametrize(
    ("code", "calls"),
    [
        ("InvalidParameterException", []),
        *((UNREADABLE, ENCRYPTED[:answered]) for answered in range(5)),
        # The code behind a status 400.
        (UNREADABLE, [head(400)]),
    ],
)
def test_no_call_is_made_that_might_not_end_in_time(
    service: Service, answers: list[Call], code: str, calls: list[Call]
) -> None:
    """Otherwise Lambda would stop the function, and the caller would learn nothing."""
    answers += [Call("CompareFaces", code), *calls]
    fails(service, Case(calls, errors.OutOfTimeError, (code,)), OverAfter(asked=len(calls)))


FORMAT = "InvalidImageFormatException"


@pytest.mark.parametrize("code", [FORMAT, "InvalidParameterException"])
@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "is empty"), (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", "is HEIC")],
)
def test_a_stored_file_that_is_not_an_image_is_told_by_one_read(
    service: Service, answers: list[Call], code: str, content: bytes, words: str
) -> None:
    """Otherwise somebody would convert a file that has to be uploaded again."""
    read = stored(content) if content else Call("GetObject", 416)
    calls = [detect(code, TARGET), read]
    case = Case(calls, errors.ImageFormatError, (f"target image '{TARGET}' {words}",))
    answers += [Call("CompareFaces", code), *calls]
    fails(service, case)


def test_an_inline_file_that_is_not_an_image_is_told_without_a_call(
    service: Service, answers: list[Call]
) -> None:
    case = Case([], errors.ImageFormatError, ("sent inline", "is a PDF"))
    answers += [Call("CompareFaces", FORMAT)]
    fails(service, case, target={"bytes": base64.b64encode(b"%PDF-1.7").decode()})


def test_an_image_that_did_not_arrive_whole_is_to_be_uploaded_again(
    service: Service, answers: list[Call]
) -> None:
    case = Case(
        [detect(FORMAT), stored(b"\xff\xd8\xff\xe0\x00\x10JFIF")],
        errors.ImageFormatError,
        ("did not arrive whole", "Upload it again"),
    )
    answers += [Call("CompareFaces", FORMAT), *case.calls]
    fails(service, case)


def test_a_good_file_is_not_called_damaged_where_rekognition_blames_something_else(
    service: Service, answers: list[Call]
) -> None:
    """It may be too small, which Rekognition reports by the general code."""
    calls = [detect("InvalidParameterException"), stored(b"\xff\xd8\xff\xe0")]
    answers += [Call("CompareFaces", "InvalidParameterException"), *calls]
    fails(service, Case(calls, errors.InvalidRequestError, ("at least 80 pixels",)))


@pytest.mark.parametrize("refused", [403, 503])
def test_a_file_that_cannot_be_read_now_still_has_its_general_advice(
    service: Service, answers: list[Call], refused: int
) -> None:
    calls = [detect(FORMAT), Call("GetObject", refused)]
    answers += [Call("CompareFaces", FORMAT), *calls]
    fails(service, Case(calls, errors.ImageFormatError, ("not a readable JPEG or PNG",)))


def test_an_empty_object_is_not_taken_for_a_denied_one(
    service: Service, answers: list[Call]
) -> None:
    """Otherwise somebody would look for a policy that is not there."""
    calls = [head({"ContentLength": 0}), head(OBJECT), HERE]
    answers += [Call("CompareFaces", UNREADABLE), *calls]
    fails(service, Case(calls, errors.ImageFormatError, (TARGET, "is empty")))


JOSE = "challenge/jos\u00e9/1.jpg"
JOSE_OF_MACOS = unicodedata.normalize("NFD", JOSE)


@pytest.mark.parametrize(
    ("asked", "found", "words"),
    [
        (JOSE, JOSE_OF_MACOS, "other Unicode form (NFD, decomposed)"),
        (JOSE_OF_MACOS, JOSE, "other Unicode form (NFC, composed)"),
        ("challenge/my+image.jpg", "challenge/my image.jpg", "without URL-encoding"),
        ("challenge/50%25.jpg", "challenge/50%.jpg", "without URL-encoding"),
        ("challenge/1.jpg ", "challenge/1.jpg", "without white space at its end"),
    ],
)
def test_a_name_that_looks_the_same_is_found(
    service: Service, answers: list[Call], asked: str, found: str, words: str
) -> None:
    """Otherwise somebody would look at the right name in the console, and not see the mistake."""
    for answer, more in ((OBJECT, (words, repr(found), repr(asked))), (404, (repr(asked),))):
        calls = [head(404, repr(asked)), head(answer, repr(found))]
        answers += [Call("CompareFaces", UNREADABLE), *calls]
        fails(service, Case(calls, errors.ImageNotFoundError, more), target=asked)


def test_an_encoded_key_outside_the_prefixes_is_found_too(
    service: Service, answers: list[Call]
) -> None:
    """S3 answers 403 for it, because the role may not read there."""
    calls = [head(403, "challenge%2F1.jpg"), head(OBJECT, "'challenge/1.jpg'")]
    answers += [Call("CompareFaces", UNREADABLE), *calls]
    case = Case(calls, errors.ImageForbiddenError, ("without URL-encoding: 'challenge/1.jpg'",))
    fails(service, case, target="challenge%2F1.jpg")
