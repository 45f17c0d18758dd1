"""Uploads and batches with moto's S3 and a Rekognition that is counted, for the tests."""

from __future__ import annotations

import email.utils
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError
from moto import mock_aws

from face_compare.bulk.batch_handler import BatchHandler
from face_compare.bulk.upload_handler import UploadHandler
from face_compare.engine.comparer import Comparer
from face_compare.runtime.audit import Invocation
from face_compare.runtime.clients import Clients
from face_compare.runtime.settings import Settings
from tests.unit.payload.canned_aws import compared

INVOCATION = Invocation("request-1", "7", cold_start=False)


def announced(encoded_key: str, **members: object) -> dict[str, Any]:
    """Return one record of a notification as S3 writes it. The key is already URL-encoded."""
    return {
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "s3": {
            "bucket": {"name": "photos"},
            "object": {
                "key": encoded_key,
                "size": 1,
                "eTag": "e",
                "versionId": "v1",
                "sequencer": "0A",
                **members,
            },
        },
    }


@dataclass
class FakeRekognition:
    """Answers by target key: a similarity, or the code of an error. Every call is counted."""

    scores: dict[str, float | str] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    target_versions: list[str | None] = field(default_factory=list)
    before: Callable[[str], None] = lambda _: None
    before_source: Callable[[str], None] = lambda _: None

    def compare_faces(self, **call: Any) -> dict[str, Any]:
        source = call["SourceImage"]["S3Object"]["Name"]
        target = call["TargetImage"]["S3Object"]["Name"]
        self.calls.append((source, target))
        self.target_versions.append(call["TargetImage"]["S3Object"].get("Version"))
        self.before(target)
        self.before_source(source)
        score = self.scores.get(target, 99.0)
        if isinstance(score, str):
            raise ClientError({"Error": {"Code": score, "Message": ""}}, "CompareFaces")
        return compared(score).body

    def detect_faces(self, **call: Any) -> dict[str, Any]:
        """See a face in every reference, and none in any other image."""
        is_reference = call["Image"]["S3Object"]["Name"].startswith("reference/")
        return {"FaceDetails": [{}] if is_reference else []}


@dataclass
class BulkWork:
    """The handlers of uploads and batches, with what they call."""

    s3: Any
    rekognition: FakeRekognition
    uploads: UploadHandler
    batches: BatchHandler

    def put(self, key: str) -> str:
        # The S3 console makes an empty object for a folder.
        body = b"" if key.endswith("/") else b"x"
        return str(self.s3.put_object(Bucket="photos", Key=key, Body=body)["VersionId"])

    def result_keys(self, suffix: str = ".json") -> list[str]:
        listed = self.s3.list_objects_v2(Bucket="photos", Prefix="results/")
        return [o["Key"] for o in listed.get("Contents", []) if o["Key"].endswith(suffix)]

    def result(self, key: str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(
            self.s3.get_object(Bucket="photos", Key=key)["Body"].read()
        )
        return content

    def deliver(self, *messages: list[dict[str, Any]], left: float = 29.0) -> list[str]:
        """Deliver a message for each list of records. Return those to be delivered again."""
        event = {
            "Records": [
                {"messageId": f"m{n}", "eventSource": "aws:sqs", "body": json.dumps({"Records": m})}
                for n, m in enumerate(messages)
            ]
        }
        answer = self.uploads.serve(event, INVOCATION, lambda: left)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def date_answer(parsed: dict[str, Any], **_: object) -> None:
    parsed["ResponseMetadata"]["HTTPHeaders"]["date"] = email.utils.formatdate(usegmt=True)


@contextmanager
def bulk_work(settings: Settings, clients: Clients) -> Iterator[BulkWork]:
    """Serve uploads and batches while the block runs."""
    with mock_aws():
        s3 = clients.paced_s3()
        s3.create_bucket(
            Bucket="photos", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        s3.put_bucket_versioning(Bucket="photos", VersioningConfiguration={"Status": "Enabled"})
        # S3 dates every answer. moto does not when it runs inside the process.
        s3.meta.events.register("after-call.s3.HeadObject", date_answer, unique_id="date")
        rekognition = FakeRekognition()
        comparer = Comparer(settings, clients, rekognition)  # type: ignore[arg-type]
        uploads = UploadHandler(settings, comparer, s3)
        yield BulkWork(s3, rekognition, uploads, BatchHandler(settings, comparer, s3))


def uploaded(bulk: BulkWork, key: str = "challenge/alice/a.jpg") -> dict[str, Any]:
    """Put an image, and return the record by which S3 announces it."""
    return announced(key, versionId=bulk.put(key))


def refusal(code: str, status: int, operation: str) -> ClientError:
    """Return an error answer of S3."""
    answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, operation)  # type: ignore[arg-type]


def raising(error: Exception) -> Callable[..., Any]:
    """Return a call that fails."""

    def fail(**_: object) -> None:
        raise error

    return fail
