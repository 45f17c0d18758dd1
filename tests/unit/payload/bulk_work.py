"""Bulk work with moto's S3 and a Rekognition that is counted, for the payload's tests."""

from __future__ import annotations

import email.utils
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError
from moto import mock_aws

from face_compare.audit import Invocation
from face_compare.clients import Clients
from face_compare.comparer import Comparer
from face_compare.intake import Intake
from face_compare.pairs import Pairs
from face_compare.settings import Settings
from tests.unit.payload.canned_aws import compared

INVOCATION = Invocation("request-1", "7", cold_start=False)


def announced(encoded_key: str, **members: object) -> dict[str, Any]:
    """Return one record as S3 writes it; the key is URL-encoded already."""
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
    """Scores by target key; a string is an error code. Every call is counted."""

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
        """Tell for the diagnosis that every challenge photo it asks about has no face."""
        is_reference = call["Image"]["S3Object"]["Name"].startswith("reference/")
        return {"FaceDetails": [{}] if is_reference else []}


@dataclass
class Bulk:
    """What bulk work needs, with moto's S3 and a counted Rekognition."""

    s3: Any
    rekognition: FakeRekognition
    intake: Intake
    pairs: Pairs

    def put(self, key: str) -> str:
        # A folder of the console's is an empty object.
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
        """Deliver one message for each list of announcements; return those that come again."""
        event = {
            "Records": [
                {"messageId": f"m{n}", "eventSource": "aws:sqs", "body": json.dumps({"Records": m})}
                for n, m in enumerate(messages)
            ]
        }
        answer = self.intake.serve(event, INVOCATION, lambda: left)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def date_answer(parsed: dict[str, Any], **_: object) -> None:
    parsed["ResponseMetadata"]["HTTPHeaders"]["date"] = email.utils.formatdate(usegmt=True)


@contextmanager
def bulk_work(settings: Settings, clients: Clients) -> Iterator[Bulk]:
    """Serve bulk work while the block runs."""
    with mock_aws():
        s3 = clients.paced_s3()
        s3.create_bucket(
            Bucket="photos", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        s3.put_bucket_versioning(Bucket="photos", VersioningConfiguration={"Status": "Enabled"})
        # S3 dates every answer; moto inside the process does not.
        s3.meta.events.register("after-call.s3.HeadObject", date_answer, unique_id="date")
        rekognition = FakeRekognition()
        comparer = Comparer(settings, clients, rekognition)  # type: ignore[arg-type]
        yield Bulk(s3, rekognition, Intake(settings, comparer, s3), Pairs(settings, comparer, s3))


def photo(bulk: Bulk, key: str = "challenge/alice/a.jpg") -> dict[str, Any]:
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
