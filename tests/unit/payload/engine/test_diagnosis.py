"""Otherwise users would read "invalid parameters", and not which image is wrong and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from botocore.stub import Stubber
from moto import mock_aws

from face_compare.model import errors
from face_compare.runtime.clients import Clients
from face_compare.service import Service
from tests.unit.payload.conftest import SETTINGS, Context

EVENT = {"source": "reference/a.jpg", "target": "challenge/b.jpg"}
ONE_FACE = {"FaceDetails": [{"Confidence": 99.0}]}
NO_FACE: dict[str, Any] = {"FaceDetails": []}
OBJECT: dict[str, Any] = {"ContentLength": 1}
HERE = {"BucketRegion": "eu-west-1"}
UNDER_A_KEY = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "arn:aws:kms:key"}


@dataclass
class OverAfter(Context):
    """A clock on which time is over after so many looks at it."""

    asked: int = 0

    def get_remaining_time_in_millis(self) -> int:
        self.asked -= 1
        return 29_000 if self.asked >= 0 else 2_000


def image(key: str) -> dict[str, object]:
    return {"Image": {"S3Object": {"Bucket": "photos", "Name": key}}}


def fails(service: Service, error: type[errors.FaceCompareError], *words: str) -> None:
    with pytest.raises(error) as raised:
        service.serve(EVENT, Context())
    assert type(raised.value) is error
    for word in words:
        assert word in str(raised.value)


class TestFaces:
    """After "invalid parameters", "too large" or "invalid format"."""

    def test_a_source_without_a_face_is_named(
        self, service: Service, comparison_stub: Stubber, detection_stub: Stubber
    ) -> None:
        comparison_stub.add_client_error("compare_faces", "InvalidParameterException")
        detection_stub.add_response("detect_faces", ONE_FACE, image("challenge/b.jpg"))
        detection_stub.add_response("detect_faces", NO_FACE, image("reference/a.jpg"))
        fails(service, errors.NoFaceInSourceError, "source", "reference/a.jpg")

    def test_a_target_without_a_face_is_named_by_one_call(
        self, service: Service, comparison_stub: Stubber, detection_stub: Stubber
    ) -> None:
        """A camera that sends only dark images would use up the quota of DetectFaces sooner."""
        comparison_stub.add_client_error("compare_faces", "InvalidParameterException")
        detection_stub.add_response("detect_faces", NO_FACE, image("challenge/b.jpg"))
        fails(service, errors.NoFaceInTargetError, "target", "challenge/b.jpg")

    def test_when_two_good_images_are_refused_together_neither_is_blamed(
        self, service: Service, comparison_stub: Stubber, detection_stub: Stubber
    ) -> None:
        comparison_stub.add_client_error("compare_faces", "InvalidParameterException")
        detection_stub.add_response("detect_faces", ONE_FACE)
        detection_stub.add_response("detect_faces", ONE_FACE)
        fails(service, errors.InvalidRequestError, "this pair of images")

    @pytest.mark.parametrize(
        ("code", "error"),
        [
            ("ImageTooLargeException", errors.ImageTooLargeError),
            ("InvalidImageFormatException", errors.ImageFormatError),
            ("InvalidParameterException", errors.InvalidRequestError),
        ],
    )
    def test_the_image_that_rekognition_refuses_is_named(
        self,
        service: Service,
        comparison_stub: Stubber,
        detection_stub: Stubber,
        code: str,
        error: type[errors.FaceCompareError],
    ) -> None:
        comparison_stub.add_client_error("compare_faces", code)
        detection_stub.add_response("detect_faces", ONE_FACE)
        detection_stub.add_client_error("detect_faces", code)
        fails(service, error, "source image reference/a.jpg")

    def test_an_image_deleted_between_the_two_calls_is_looked_for(
        self,
        service: Service,
        comparison_stub: Stubber,
        detection_stub: Stubber,
        storage_stub: Stubber,
    ) -> None:
        comparison_stub.add_client_error("compare_faces", "InvalidParameterException")
        detection_stub.add_client_error("detect_faces", "InvalidS3ObjectException")
        storage_stub.add_client_error("head_object", "404", http_status_code=404)
        fails(service, errors.ImageNotFoundError, "challenge/b.jpg")

    def test_a_throttled_diagnosis_is_a_transient_error_and_blames_no_image(
        self, service: Service, comparison_stub: Stubber, detection_stub: Stubber
    ) -> None:
        comparison_stub.add_client_error("compare_faces", "InvalidParameterException")
        detection_stub.add_client_error(
            "detect_faces", "ProvisionedThroughputExceededException", http_status_code=400
        )
        fails(service, errors.ThrottledError)

    def test_a_role_that_may_not_call_detect_faces_is_reported(
        self, service: Service, comparison_stub: Stubber, detection_stub: Stubber
    ) -> None:
        comparison_stub.add_client_error("compare_faces", "InvalidParameterException")
        detection_stub.add_client_error("detect_faces", "AccessDeniedException")
        fails(service, errors.CallForbiddenError)

    def test_too_little_time_for_a_diagnosis_is_a_typed_error_and_not_a_timeout(
        self, service: Service, comparison_stub: Stubber
    ) -> None:
        comparison_stub.add_client_error("compare_faces", "InvalidParameterException")
        with pytest.raises(errors.OutOfTimeError, match="InvalidParameterException"):
            service.serve(EVENT, Context(remaining_ms=2_000))


class TestObjects:
    """After "unable to get object metadata from S3", Rekognition's only message about S3."""

    @pytest.fixture(autouse=True)
    def unreadable(self, comparison_stub: Stubber) -> None:
        comparison_stub.add_client_error("compare_faces", "InvalidS3ObjectException")

    def test_a_missing_target_is_named(self, service: Service, storage_stub: Stubber) -> None:
        storage_stub.add_client_error("head_object", "404", http_status_code=404)
        fails(service, errors.ImageNotFoundError, "target image challenge/b.jpg", "photos")

    def test_a_missing_source_is_named(self, service: Service, storage_stub: Stubber) -> None:
        storage_stub.add_response(
            "head_object", OBJECT, {"Bucket": "photos", "Key": "challenge/b.jpg"}
        )
        storage_stub.add_client_error("head_object", "404", http_status_code=404)
        fails(service, errors.ImageNotFoundError, "source image reference/a.jpg")

    @pytest.mark.parametrize("status", [400, 404, 405])
    def test_a_version_that_is_not_there_is_named(
        self, service: Service, storage_stub: Stubber, status: int
    ) -> None:
        storage_stub.add_client_error("head_object", str(status), http_status_code=status)
        if status == 400:
            # HeadObject cannot say this, because its answer has no body.
            storage_stub.add_client_error("get_object", "InvalidArgument", http_status_code=400)
        target = {"key": "challenge/b.jpg", "version_id": "gone"}
        with pytest.raises(errors.ImageNotFoundError, match="in version gone"):
            service.serve({**EVENT, "target": target}, Context())

    def test_an_image_under_its_uploaders_key_is_not_taken_for_a_missing_one(
        self, service: Service, storage_stub: Stubber
    ) -> None:
        """Otherwise somebody would look for an image that is there."""
        storage_stub.add_client_error("head_object", "400", http_status_code=400)
        storage_stub.add_client_error("get_object", "InvalidRequest", http_status_code=400)
        fails(service, errors.ImageUnreadableError, "challenge/b.jpg", "SSE-C")

    def test_a_disabled_key_is_not_taken_for_an_unknown_error(
        self, service: Service, storage_stub: Stubber
    ) -> None:
        """Otherwise somebody would search the API reference, and not the key's page."""
        storage_stub.add_client_error("head_object", "400", http_status_code=400)
        storage_stub.add_client_error("get_object", "KMS.DisabledException", http_status_code=400)
        fails(service, errors.ImageKeyUnusableError, "challenge/b.jpg", "KMS.DisabledException")

    def test_expired_credentials_are_not_taken_for_a_wrong_version(
        self, service: Service, storage_stub: Stubber
    ) -> None:
        storage_stub.add_client_error("head_object", "400", http_status_code=400)
        storage_stub.add_client_error("get_object", "ExpiredToken", http_status_code=400)
        fails(service, errors.ServiceUnavailableError, "ExpiredToken")

    def test_a_forbidden_image_is_named_with_the_keys_that_the_role_may_read(
        self, service: Service, storage_stub: Stubber
    ) -> None:
        storage_stub.add_client_error("head_object", "403", http_status_code=403)
        fails(service, errors.ImageForbiddenError, "challenge/b.jpg", "reference/", "challenge/")

    def test_a_bucket_in_another_region_is_named_with_both_regions(
        self, service: Service, storage_stub: Stubber
    ) -> None:
        storage_stub.add_response("head_object", OBJECT)
        storage_stub.add_response("head_object", OBJECT)
        storage_stub.add_response("head_bucket", {"BucketRegion": "us-east-1"})
        fails(service, errors.ImageInOtherRegionError, "us-east-1", "eu-west-1")

    def test_a_redirect_of_s3_is_another_region_too(
        self, service: Service, storage_stub: Stubber
    ) -> None:
        storage_stub.add_client_error("head_object", "301", http_status_code=301)
        fails(service, errors.ImageInOtherRegionError, "eu-west-1")

    @pytest.mark.parametrize("encryption", ["aws:kms", "aws:kms:dsse"])
    def test_an_image_under_an_unusable_key_names_the_key(
        self, service: Service, storage_stub: Stubber, detection_stub: Stubber, encryption: str
    ) -> None:
        """Both images are encrypted, but only the key of the source is unusable."""
        for key in ("arn:aws:kms:the-buckets", "arn:aws:kms:key"):
            storage_stub.add_response(
                "head_object", {"ServerSideEncryption": encryption, "SSEKMSKeyId": key}
            )
        storage_stub.add_response("head_bucket", HERE)
        detection_stub.add_response("detect_faces", ONE_FACE, image("challenge/b.jpg"))
        detection_stub.add_client_error("detect_faces", "InvalidS3ObjectException")
        fails(service, errors.ImageKeyUnusableError, "reference/a.jpg", "arn:aws:kms:key")

    @pytest.mark.parametrize("restore", [{}, {"Restore": 'ongoing-request="true"'}])
    @pytest.mark.parametrize(
        "head",
        [
            {"StorageClass": "GLACIER"},
            {"StorageClass": "DEEP_ARCHIVE"},
            {"StorageClass": "INTELLIGENT_TIERING", "ArchiveStatus": "ARCHIVE_ACCESS"},
            {"StorageClass": "INTELLIGENT_TIERING", "ArchiveStatus": "DEEP_ARCHIVE_ACCESS"},
        ],
    )
    def test_an_archived_image_is_named(
        self,
        service: Service,
        storage_stub: Stubber,
        head: dict[str, str],
        restore: dict[str, str],
    ) -> None:
        storage_stub.add_response("head_object", {**head, **restore})
        storage_stub.add_response("head_object", OBJECT)
        storage_stub.add_response("head_bucket", HERE)
        fails(service, errors.ImageUnreadableError, "archived", "challenge/b.jpg")

    @pytest.mark.parametrize(
        "head",
        [
            {
                "StorageClass": "GLACIER",
                "Restore": 'ongoing-request="false", expiry-date="Fri, 21 Dec 2035 00:00:00 GMT"',
            },
            {"StorageClass": "GLACIER_IR"},
            {"StorageClass": "INTELLIGENT_TIERING"},
        ],
    )
    def test_an_image_that_can_be_read_at_once_is_not_called_archived(
        self, service: Service, storage_stub: Stubber, head: dict[str, str]
    ) -> None:
        """Otherwise somebody would restore an image in vain."""
        for stored in (head, OBJECT):
            storage_stub.add_response("head_object", stored)
        storage_stub.add_response("head_bucket", HERE)
        fails(service, errors.ImageUnreadableError, "bucket policy")

    def test_a_role_that_may_not_ask_for_the_region_still_gets_a_diagnosis(
        self, service: Service, storage_stub: Stubber, detection_stub: Stubber
    ) -> None:
        """Otherwise a user without this permission would not learn which key is unusable."""
        for _ in range(2):
            storage_stub.add_response("head_object", UNDER_A_KEY)
        storage_stub.add_client_error("head_bucket", "403", http_status_code=403)
        detection_stub.add_client_error("detect_faces", "InvalidS3ObjectException")
        fails(service, errors.ImageKeyUnusableError, "challenge/b.jpg", "arn:aws:kms:key")

    def test_a_throttled_diagnosis_does_not_blame_the_key(
        self, service: Service, storage_stub: Stubber, detection_stub: Stubber
    ) -> None:
        """Otherwise somebody would change a correct policy of the key or the bucket."""
        for stored in (UNDER_A_KEY, OBJECT):
            storage_stub.add_response("head_object", stored)
        storage_stub.add_response("head_bucket", HERE)
        detection_stub.add_client_error("detect_faces", "ProvisionedThroughputExceededException")
        fails(service, errors.ThrottledError)

    def test_an_inline_image_is_not_looked_for_in_s3(
        self, service: Service, storage_stub: Stubber
    ) -> None:
        """Otherwise an error of the other image would end in a crash."""
        storage_stub.add_client_error(
            "head_object",
            "404",
            http_status_code=404,
            expected_params={"Bucket": "photos", "Key": "reference/a.jpg"},
        )
        with pytest.raises(errors.ImageNotFoundError, match=r"source image reference/a\.jpg"):
            service.serve({**EVENT, "target": {"bytes": "QQ=="}}, Context())

    @pytest.mark.parametrize("answered", range(5))
    def test_no_call_is_made_that_might_not_end_in_time(
        self, service: Service, storage_stub: Stubber, detection_stub: Stubber, answered: int
    ) -> None:
        """Otherwise Lambda would stop the function, and the caller would learn nothing."""
        calls: list[tuple[Stubber, str, dict[str, Any]]] = [
            (storage_stub, "head_object", UNDER_A_KEY),
            (storage_stub, "head_object", UNDER_A_KEY),
            (storage_stub, "head_bucket", HERE),
            (detection_stub, "detect_faces", ONE_FACE),
        ]
        for stub, operation, answer in calls[:answered]:
            stub.add_response(operation, answer)
        with pytest.raises(errors.OutOfTimeError, match="InvalidS3ObjectException"):
            service.serve(EVENT, OverAfter(asked=answered))

    def test_the_code_behind_a_status_400_is_not_asked_for_without_time(
        self, service: Service, storage_stub: Stubber
    ) -> None:
        """Otherwise Lambda would stop the function, and the caller would learn nothing."""
        storage_stub.add_client_error("head_object", "400", http_status_code=400)
        with pytest.raises(errors.OutOfTimeError):
            service.serve(EVENT, OverAfter(asked=1))

    def test_if_nothing_is_found_the_message_says_where_to_look(
        self, service: Service, storage_stub: Stubber
    ) -> None:
        storage_stub.add_response("head_object", OBJECT)
        storage_stub.add_response("head_object", {"ServerSideEncryption": "AES256"})
        storage_stub.add_response("head_bucket", HERE)
        fails(service, errors.ImageUnreadableError, "bucket policy")

    def test_an_outage_of_s3_is_a_transient_error(
        self, service: Service, storage_stub: Stubber
    ) -> None:
        storage_stub.add_client_error("head_object", "503", http_status_code=503)
        fails(service, errors.ServiceUnavailableError, "S3")


@mock_aws
def test_the_statuses_of_a_real_s3_answer_are_understood() -> None:
    """This uses moto instead of a stub: it sends what S3 really sends for a missing key."""
    clients = Clients(SETTINGS)
    s3 = clients.diagnosis_s3
    s3.create_bucket(Bucket="photos", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="photos", Key="reference/a.jpg", Body=b"x")
    with Stubber(clients.rekognition) as stub:
        stub.add_client_error("compare_faces", "InvalidS3ObjectException")
        fails(Service(SETTINGS, clients), errors.ImageNotFoundError, "challenge/b.jpg")
