"""What the module makes for uploads, without Terraform: for benchmarks and fault tests.

A bucket with versions that announces photos to a queue with a dead-letter queue, and execution
environments of the real zip that serve it with root's rights. Applied examples are tested
elsewhere; here what matters may be chosen freely: pace, batch, timeouts, endpoints.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

from local.function_variables import function_variables
from local.runtime import RuntimeEnvironment
from local.stack import REGION, Stack
from tools.places import REPOSITORY

_ZIP = REPOSITORY / "lambda" / "face_compare.zip"
_UPLOADERS = 8


@dataclass(frozen=True, slots=True)
class Pace:
    """The settings of one function that rate.tf derives; times in seconds."""

    calls_per_second: float
    workers: int
    timeout_seconds: int = 30


def result_key(key: str, version_id: str) -> str:
    """Where the result of one version of a photo belongs, with the default prefixes.

    Written down here once more, so that a change of the function's own rule is noticed.
    """
    return f"results/{key.removeprefix('challenge/')}/{version_id}.json"


@dataclass(frozen=True, slots=True)
class Announced:
    """One version of a photo that was put."""

    key: str
    version_id: str

    @property
    def result_key(self) -> str:
        """Where its result belongs."""
        return result_key(self.key, self.version_id)


@dataclass(frozen=True, slots=True)
class UploadSite:
    """Bucket, queues and code on one stack."""

    stack: Stack
    bucket: str
    queue_url: str
    failed_url: str
    code: Path
    """The unpacked zip."""

    @classmethod
    def create(
        cls, stack: Stack, name: str, *, visibility_seconds: int, max_receives: int = 5
    ) -> UploadSite:
        """Make them; ``name`` begins every name and is used once a stack."""
        s3, sqs = stack.client("s3"), stack.client("sqs")
        bucket = f"{name}-photos"
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        failed = sqs.create_queue(QueueName=f"{name}-uploads-failed")["QueueUrl"]
        redrive = {"deadLetterTargetArn": _arn(sqs, failed), "maxReceiveCount": max_receives}
        queue = sqs.create_queue(
            QueueName=f"{name}-uploads",
            Attributes={
                "VisibilityTimeout": str(visibility_seconds),
                "RedrivePolicy": json.dumps(redrive),
                "Policy": _open_to_s3(),
            },
        )["QueueUrl"]
        s3.put_bucket_notification_configuration(
            Bucket=bucket,
            NotificationConfiguration={
                "QueueConfigurations": [
                    {
                        "QueueArn": _arn(sqs, queue),
                        "Events": ["s3:ObjectCreated:*"],
                        "Filter": {
                            "Key": {"FilterRules": [{"Name": "prefix", "Value": "challenge/"}]}
                        },
                    }
                ]
            },
        )
        code = stack.folder / f"{name}-code"
        zipfile.ZipFile(_ZIP).extractall(code)
        return cls(stack, bucket, queue, failed, code)

    def environment(self, pace: Pace, **variables: str) -> RuntimeEnvironment:
        """Return an environment of the function that is not started yet.

        Args:
            pace: what the module would set.
            variables: environment variables beside the module's, or in their place.
        """
        return RuntimeEnvironment(
            self.code,
            "face_compare.handler.handler",
            {
                "AWS_ENDPOINT_URL": self.stack.endpoint,
                "AWS_ENDPOINT_URL_REKOGNITION": self.stack.rekognition_endpoint,
                **function_variables(
                    bucket=self.bucket,
                    calls_per_second=pace.calls_per_second,
                    workers=pace.workers,
                    timeout_seconds=pace.timeout_seconds,
                ),
                **variables,
            },
            timeout_seconds=pace.timeout_seconds,
        )

    def put(self, key: str) -> Announced:
        """Put a photo; the scripted engine takes who is on it from the key."""
        put = self.stack.client("s3").put_object(Bucket=self.bucket, Key=key, Body=b"photo")
        return Announced(key, put["VersionId"])

    def put_many(self, keys: list[str]) -> list[Announced]:
        """Put photos, several at once."""
        with ThreadPoolExecutor(_UPLOADERS) as pool:
            return list(pool.map(self.put, keys))

    def results(self) -> dict[str, int]:
        """Return the key of every result, with the number of its versions."""
        counts: dict[str, int] = {}
        for key in self._versions("results/"):
            if key.endswith(".json"):
                counts[key] = counts.get(key, 0) + 1
        return counts

    def result(self, announced: Announced) -> Mapping[str, Any]:
        """Return the content of a photo's result."""
        s3 = self.stack.client("s3")
        body = s3.get_object(Bucket=self.bucket, Key=announced.result_key)["Body"].read()
        content: Mapping[str, Any] = json.loads(body)
        return content

    def waiting(self) -> int:
        """Return how many messages the queue holds, those that are being served included."""
        # In one answer: between two, a message may become visible and be counted in neither.
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        attributes = self.stack.client("sqs").get_queue_attributes(
            QueueUrl=self.queue_url, AttributeNames=names
        )["Attributes"]
        return sum(int(attributes[name]) for name in names)

    def failed(self) -> set[Announced]:
        """Take everything out of the dead-letter queue and return what it announces."""
        sqs = self.stack.client("sqs")
        found = set()
        while messages := sqs.receive_message(
            QueueUrl=self.failed_url, MaxNumberOfMessages=10, VisibilityTimeout=600
        ).get("Messages", []):
            for message in messages:
                for record in json.loads(message["Body"]).get("Records", []):
                    photo = record["s3"]["object"]
                    # As in a form: "+" for a space, and %XX.
                    found.add(Announced(unquote_plus(photo["key"]), photo["versionId"]))
        return found

    def _versions(self, prefix: str) -> Iterator[str]:
        pages = self.stack.client("s3").get_paginator("list_object_versions")
        for page in pages.paginate(Bucket=self.bucket, Prefix=prefix):
            yield from (version["Key"] for version in page.get("Versions", []))


def _arn(sqs: Any, url: str) -> str:
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    return str(attributes["QueueArn"])


def _open_to_s3() -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": "*",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
