"""Without these, users learn "invalid parameters" where they need to know which photo and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from botocore.stub import Stubber
from moto import mock_aws

from face_compare import faults
from face_compare.clients import Clients
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
    """Time that is over once it was asked for so often."""

    asked: int = 0

    def get_remaining_time_in_millis(self) -> int:
        self.asked -= 1
        return 29_000 if self.asked >= 0 else 2_000


def image(key: str) -> dict[str, object]:
    return {"Image": {"S3Object": {"Bucket": "photos", "Name": key}}}


def fails(service: Service, fault: type[faults.FaceCompareError], *words: str) -> None:
    with pytest.raises(fault) as raised:
        service.serve(EVENT, Context())
    assert type(raised.value) is fault
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
        fails(service, faults.NoFaceInSourceError, "source", "reference/a.jpg")

    def test_a_target_without_a_face_is_named_by_one_call(
        self, service: Service, comparison_stub: Stubber, detection_stub: Stubber
    ) -> None:
        """With two, a blind camera's photos would use up the quota of DetectFaces."""
        comparison_stub.add_client_error("compare_faces", "InvalidParameterException")
        detection_stub.add_response("detect_faces", NO_FACE, image("challenge/b.jpg"))
        fails(service, faults.NoFaceInTargetError, "target", "challenge/b.jpg")

    def test_two_good_images_that_are_refused_together_do_not_blame_one(
        self, service: Service, comparison_stub: Stubber, detection_stub: Stubber
    ) -> None:
        comparison_stub.add_client_error("compare_faces", "InvalidParameterException")
        detection_stub.add_response("detect_faces", ONE_FACE)
        detection_stub.add_response("detect_faces", ONE_FACE)
        fails(service, faults.InvalidRequestError, "together")

    @pytest.mark.parametrize(
        ("code", "fault"),
        [
            ("ImageTooLargeException", faults.ImageTooLargeError),
            ("InvalidImageFormatException", faults.ImageFormatError),
            ("InvalidParameterException", faults.InvalidRequestError),
        ],
    )
    def test_the_image_that_rekognition_refuses_is_named(
        self,
        service: Service,
        comparison_stub: Stubber,
        detection_stub: Stubber,
        code: str,
        fault: type[faults.FaceCompareError],
    ) -> None:
        comparison_stub.add_client_error("compare_faces", code)
        detection_stub.add_response("detect_faces", ONE_FACE)
        detection_stub.add_client_error("detect_faces", code)
        fails(service, fault, "source image reference/a.jpg")

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
        fails(service, faults.ImageNotFoundError, "challenge/b.jpg")

    def test_a_throttled_diagnosis_is_passing_and_blames_no_photo(
        self, service: Service, comparison_stub: Stubber, detection_stub: Stubber
    ) -> None:
        comparison_stub.add_client_error("compare_faces", "InvalidParameterException")
        detection_stub.add_client_error(
            "detect_faces", "ProvisionedThroughputExceededException", http_status_code=400
        )
        fails(service, faults.ThrottledError)

    def test_a_role_without_detect_faces_is_told_so(
        self, service: Service, comparison_stub: Stubber, detection_stub: Stubber
    ) -> None:
        comparison_stub.add_client_error("compare_faces", "InvalidParameterException")
        detection_stub.add_client_error("detect_faces", "AccessDeniedException")
        fails(service, faults.RekognitionForbiddenError)

    def test_too_little_time_for_a_diagnosis_is_a_typed_fault_and_no_timeout(
        self, service: Service, comparison_stub: Stubber
    ) -> None:
        comparison_stub.add_client_error("compare_faces", "InvalidParameterException")
        with pytest.raises(faults.OutOfTimeError, match="InvalidParameterException"):
            service.serve(EVENT, Context(remaining_ms=2_000))


class TestObjects:
    """After "unable to get object metadata from S3", Rekognition's one message for all."""

    @pytest.fixture(autouse=True)
    def unreadable(self, comparison_stub: Stubber) -> None:
        comparison_stub.add_client_error("compare_faces", "InvalidS3ObjectException")

    def test_a_missing_target_is_named(self, service: Service, storage_stub: Stubber) -> None:
        storage_stub.add_client_error("head_object", "404", http_status_code=404)
        fails(service, faults.ImageNotFoundError, "target image challenge/b.jpg", "photos")

    def test_a_missing_source_is_named(self, service: Service, storage_stub: Stubber) -> None:
        storage_stub.add_response(
            "head_object", OBJECT, {"Bucket": "photos", "Key": "challenge/b.jpg"}
        )
        storage_stub.add_client_error("head_object", "404", http_status_code=404)
        fails(service, faults.ImageNotFoundError, "source image reference/a.jpg")

    @pytest.mark.parametrize("status", [400, 404, 405])
    def test_a_version_that_is_not_there_is_named(
        self, service: Service, storage_stub: Stubber, status: int
    ) -> None:
        storage_stub.add_client_error("head_object", str(status), http_status_code=status)
        if status == 400:
            # What HeadObject cannot say, for want of a body.
            storage_stub.add_client_error("get_object", "InvalidArgument", http_status_code=400)
        target = {"key": "challenge/b.jpg", "version_id": "gone"}
        with pytest.raises(faults.ImageNotFoundError, match="in version gone"):
            service.serve({**EVENT, "target": target}, Context())

    def test_a_photo_under_its_uploaders_own_key_is_not_taken_for_a_missing_one(
        self, service: Service, storage_stub: Stubber
    ) -> None:
        """Else somebody would look for a photo that is there."""
        storage_stub.add_client_error("head_object", "400", http_status_code=400)
        storage_stub.add_client_error("get_object", "InvalidRequest", http_status_code=400)
        fails(service, faults.ImageUnreadableError, "challenge/b.jpg", "SSE-C")

    def test_expired_credentials_are_told_from_a_bad_version(
        self, service: Service, storage_stub: Stubber
    ) -> None:
        storage_stub.add_client_error("head_object", "400", http_status_code=400)
        storage_stub.add_client_error("get_object", "ExpiredToken", http_status_code=400)
        fails(service, faults.ServiceUnavailableError, "ExpiredToken")

    def test_a_forbidden_image_tells_what_the_role_may_read(
        self, service: Service, storage_stub: Stubber
    ) -> None:
        storage_stub.add_client_error("head_object", "403", http_status_code=403)
        fails(service, faults.ImageForbiddenError, "challenge/b.jpg", "reference/", "challenge/")

    def test_a_bucket_in_another_region_is_named_with_both_regions(
        self, service: Service, storage_stub: Stubber
    ) -> None:
        storage_stub.add_response("head_object", OBJECT)
        storage_stub.add_response("head_object", OBJECT)
        storage_stub.add_response("head_bucket", {"BucketRegion": "us-east-1"})
        fails(service, faults.ImageInOtherRegionError, "us-east-1", "eu-west-1")

    def test_a_redirect_of_s3_is_another_region_too(
        self, service: Service, storage_stub: Stubber
    ) -> None:
        storage_stub.add_client_error("head_object", "301", http_status_code=301)
        fails(service, faults.ImageInOtherRegionError, "eu-west-1")

    @pytest.mark.parametrize("encryption", ["aws:kms", "aws:kms:dsse"])
    def test_an_image_under_an_unusable_key_names_the_key(
        self, service: Service, storage_stub: Stubber, detection_stub: Stubber, encryption: str
    ) -> None:
        """Both are encrypted, as in a bucket with a key; only the source's key is unusable."""
        for key in ("arn:aws:kms:the-buckets", "arn:aws:kms:key"):
            storage_stub.add_response(
                "head_object", {"ServerSideEncryption": encryption, "SSEKMSKeyId": key}
            )
        storage_stub.add_response("head_bucket", HERE)
        detection_stub.add_response("detect_faces", ONE_FACE, image("challenge/b.jpg"))
        detection_stub.add_client_error("detect_faces", "InvalidS3ObjectException")
        fails(service, faults.ImageKeyUnusableError, "reference/a.jpg", "arn:aws:kms:key")

    @pytest.mark.parametrize("restore", [{}, {"Restore": 'ongoing-request="true"'}])
    @pytest.mark.parametrize("storage_class", ["GLACIER", "DEEP_ARCHIVE"])
    def test_an_archived_image_is_told_apart(
        self,
        service: Service,
        storage_stub: Stubber,
        storage_class: str,
        restore: dict[str, str],
    ) -> None:
        storage_stub.add_response("head_object", {"StorageClass": storage_class, **restore})
        storage_stub.add_response("head_object", OBJECT)
        storage_stub.add_response("head_bucket", HERE)
        fails(service, faults.ImageUnreadableError, "archived", "challenge/b.jpg")

    @pytest.mark.parametrize(
        "head",
        [
            {
                "StorageClass": "GLACIER",
                "Restore": 'ongoing-request="false", expiry-date="Fri, 21 Dec 2035 00:00:00 GMT"',
            },
            {"StorageClass": "GLACIER_IR"},
        ],
    )
    def test_an_image_that_can_be_read_at_once_is_not_called_archived(
        self, service: Service, storage_stub: Stubber, head: dict[str, str]
    ) -> None:
        """Else somebody would restore a photo that is restored, and mend nothing."""
        for stored in (head, OBJECT):
            storage_stub.add_response("head_object", stored)
        storage_stub.add_response("head_bucket", HERE)
        fails(service, faults.ImageUnreadableError, "bucket policy")

    def test_a_bucket_that_may_not_be_asked_for_its_region_does_not_end_the_diagnosis(
        self, service: Service, storage_stub: Stubber, detection_stub: Stubber
    ) -> None:
        """Else a user without that one right would not learn which key is unusable."""
        for _ in range(2):
            storage_stub.add_response("head_object", UNDER_A_KEY)
        storage_stub.add_client_error("head_bucket", "403", http_status_code=403)
        detection_stub.add_client_error("detect_faces", "InvalidS3ObjectException")
        fails(service, faults.ImageKeyUnusableError, "challenge/b.jpg", "arn:aws:kms:key")

    def test_a_throttled_look_at_an_image_does_not_blame_its_key(
        self, service: Service, storage_stub: Stubber, detection_stub: Stubber
    ) -> None:
        """Else somebody would change the policy of a key, or of the bucket, that is in order."""
        for stored in (UNDER_A_KEY, OBJECT):
            storage_stub.add_response("head_object", stored)
        storage_stub.add_response("head_bucket", HERE)
        detection_stub.add_client_error("detect_faces", "ProvisionedThroughputExceededException")
        fails(service, faults.ThrottledError)

    def test_an_inline_image_is_never_asked_of_s3(
        self, service: Service, storage_stub: Stubber
    ) -> None:
        """Else a fault of the other image would end in a crash."""
        storage_stub.add_client_error(
            "head_object",
            "404",
            http_status_code=404,
            expected_params={"Bucket": "photos", "Key": "reference/a.jpg"},
        )
        with pytest.raises(faults.ImageNotFoundError, match=r"source image reference/a\.jpg"):
            service.serve({**EVENT, "target": {"bytes": "QQ=="}}, Context())

    @pytest.mark.parametrize("answered", range(5))
    def test_no_call_is_made_that_might_not_end_in_time(
        self, service: Service, storage_stub: Stubber, detection_stub: Stubber, answered: int
    ) -> None:
        """Else Lambda would end the function, and the caller learn nothing."""
        calls: list[tuple[Stubber, str, dict[str, Any]]] = [
            (storage_stub, "head_object", UNDER_A_KEY),
            (storage_stub, "head_object", UNDER_A_KEY),
            (storage_stub, "head_bucket", HERE),
            (detection_stub, "detect_faces", ONE_FACE),
        ]
        for stub, operation, answer in calls[:answered]:
            stub.add_response(operation, answer)
        with pytest.raises(faults.OutOfTimeError, match="InvalidS3ObjectException"):
            service.serve(EVENT, OverAfter(asked=answered))

    def test_a_bad_request_is_not_looked_behind_without_time(
        self, service: Service, storage_stub: Stubber
    ) -> None:
        """Else Lambda would end the function, and the caller learn nothing."""
        storage_stub.add_client_error("head_object", "400", http_status_code=400)
        with pytest.raises(faults.OutOfTimeError):
            service.serve(EVENT, OverAfter(asked=1))

    def test_nothing_wrong_to_be_found_says_where_to_look(
        self, service: Service, storage_stub: Stubber
    ) -> None:
        storage_stub.add_response("head_object", OBJECT)
        storage_stub.add_response("head_object", {"ServerSideEncryption": "AES256"})
        storage_stub.add_response("head_bucket", HERE)
        fails(service, faults.ImageUnreadableError, "bucket policy")

    def test_a_fault_of_s3_is_passing(self, service: Service, storage_stub: Stubber) -> None:
        storage_stub.add_client_error("head_object", "503", http_status_code=503)
        fails(service, faults.ServiceUnavailableError, "S3")


@mock_aws
def test_the_statuses_of_a_real_s3_answer_are_understood() -> None:
    """Moto's S3 in place of a stub: the fault must fit what S3 really sends for a missing key."""
    clients = Clients(SETTINGS)
    s3 = clients.diagnosis_s3
    s3.create_bucket(Bucket="photos", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="photos", Key="reference/a.jpg", Body=b"x")
    with Stubber(clients.rekognition) as stub:
        stub.add_client_error("compare_faces", "InvalidS3ObjectException")
        fails(Service(SETTINGS, clients), faults.ImageNotFoundError, "challenge/b.jpg")
