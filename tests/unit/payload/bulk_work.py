"""Uploads and batches with moto's S3 and a Rekognition that is counted, for the tests."""

from __future__ import annotations

import email.utils
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from moto import mock_aws

from face_compare.bulk.batch_handler import BatchHandler
from face_compare.bulk.clients import paced_s3
from face_compare.bulk.upload_handler import UploadHandler
from face_compare.engine.comparer import Comparer
from face_compare.runtime.audit import Invocation
from face_compare.runtime.clients import Clients
from tests.unit.payload.fake_rekognition import FakeRekognition, raising, refusal
from tests.unit.payload.invocation import SETTINGS

IMAGE = "challenge/alice/a.jpg"
INVOCATION = Invocation("request-1", "7", cold_start=False)


def announced(encoded_key: str, **members: object) -> dict[str, Any]:
    """Return one record of a notification as S3 writes it. The key is already URL-encoded."""
    return {
        "eventName": "ObjectCreated:Put",
        "s3": {
            "bucket": {"name": "photos"},
            "object": {
                "key": encoded_key,
                "size": 1,
                "versionId": "v1",
                "sequencer": "0A",
                **members,
            },
        },
    }


@dataclass
class BulkWork:
    """The handlers of uploads and batches, with what they call."""

    clients: Clients
    s3: Any
    rekognition: FakeRekognition
    monkeypatch: pytest.MonkeyPatch

    def with_settings(self, **changed: Any) -> BulkWork:
        """Make the handlers anew, with other settings."""
        settings = SETTINGS._replace(**changed)
        comparer = Comparer(settings, self.clients, self.rekognition)  # type: ignore[arg-type]
        self.uploads = UploadHandler(settings, comparer, self.s3)
        self.batches = BatchHandler(settings, comparer, self.s3)
        return self

    def contents(self) -> set[tuple[str, str]]:
        """Return every key of the bucket with each of its versions, delete markers included."""
        found = self.s3.list_object_versions(Bucket="photos")
        listed = found.get("Versions", []) + found.get("DeleteMarkers", [])
        return {(each["Key"], each["VersionId"]) for each in listed}

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

    def only_result(self) -> dict[str, Any]:
        """Return the one result that there is."""
        (key,) = self.result_keys()
        return self.result(key)

    def refuse(self, operation: str, code: str, status: int = 403) -> None:
        """Let S3 refuse all calls of one operation."""
        self.monkeypatch.setattr(self.s3, operation, raising(refusal(code, status)))

    def expire_claims(self) -> None:
        self.monkeypatch.setattr(self.uploads._results, "_lease_seconds", -1.0)

    def deliver(
        self, *messages: list[dict[str, Any]], left: float = 29.0, waited_minutes: float = 0.0
    ) -> list[str]:
        """Deliver a message for each list of records. Return those to be delivered again."""
        sent = str(int((time.time() - 60 * waited_minutes) * 1000))
        event = {
            "Records": [
                {
                    "messageId": f"m{n}",
                    "eventSource": "aws:sqs",
                    "attributes": {"SentTimestamp": sent},
                    "body": json.dumps({"Records": m}),
                }
                for n, m in enumerate(messages)
            ]
        }
        answer = self.uploads.serve(event, INVOCATION, lambda: left)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def serve_batch(self, pairs: object, left: Callable[[], float] = lambda: 29.0) -> list[Any]:
        """Serve a batch, and return its entries."""
        entries: list[Any] = self.batches.serve({"pairs": pairs}, INVOCATION, left)["results"]
        return entries


def date_answer(parsed: dict[str, Any], **_: object) -> None:
    parsed["ResponseMetadata"]["HTTPHeaders"]["date"] = email.utils.formatdate(usegmt=True)


@contextmanager
def bulk_work(clients: Clients, monkeypatch: pytest.MonkeyPatch) -> Iterator[BulkWork]:
    """Serve uploads and batches while the block runs."""
    with mock_aws():
        s3 = paced_s3(clients, SETTINGS)
        s3.create_bucket(
            Bucket="photos", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        s3.put_bucket_versioning(Bucket="photos", VersioningConfiguration={"Status": "Enabled"})
        # S3 dates every answer. moto does not when it runs inside the process.
        s3.meta.events.register("after-call.s3.HeadObject", date_answer, unique_id="date")
        yield BulkWork(clients, s3, FakeRekognition(), monkeypatch).with_settings()


def uploaded(bulk: BulkWork, key: str = IMAGE) -> dict[str, Any]:
    """Put an image, and return the record by which S3 announces it."""
    return announced(key, versionId=bulk.put(key))


def version_of(record: dict[str, Any]) -> str:
    """Return the version that a record announces."""
    return str(record["s3"]["object"]["versionId"])
