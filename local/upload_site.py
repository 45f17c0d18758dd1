"""What the module makes for uploads, without Terraform: for benchmarks and error tests.

A bucket with versions on the stack, a queue in memory, and execution environments of the real zip
with root's rights. Applied examples are tested elsewhere; here pace, batch, timeouts and endpoints
may be chosen freely.
"""

from __future__ import annotations

import json
import zipfile
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from local.function_variables import function_variables
from local.memory_queue import MemoryQueue
from local.runtime import RuntimeEnvironment
from local.stack import REGION, Stack
from tools.package import ZIP

_UPLOADERS = 8


@dataclass(frozen=True, slots=True)
class Pace:
    """The settings of one function that rate.tf derives; times in seconds."""

    calls_per_second: float
    workers: int
    timeout_seconds: int = 30


def result_key(key: str, version_id: str) -> str:
    """Where the result of one version of an image belongs, with the default prefixes.

    Written down here once more, so that a change of the function's own rule is noticed.
    """
    return f"results/{key.removeprefix('challenge/')}/{version_id}.json"


@dataclass(frozen=True, slots=True)
class Upload:
    """One version of an image that was put."""

    bucket: str
    key: str
    version_id: str

    @property
    def result_key(self) -> str:
        """Where its result belongs."""
        return result_key(self.key, self.version_id)

    @property
    def announcement(self) -> str:
        """The body of the message by which S3 announces it."""
        image = {
            "key": quote_plus(self.key, safe="/"),
            "versionId": self.version_id,
            "eTag": "d41d8cd98f00b204e9800998ecf8427e",
            "sequencer": "0055AED6DCD90281E5",
        }
        record = {
            "eventSource": "aws:s3",
            "eventName": "ObjectCreated:Put",
            "s3": {"bucket": {"name": self.bucket}, "object": image},
        }
        return json.dumps({"Records": [record]})


@dataclass(frozen=True, slots=True)
class UploadSite:
    """Bucket, queue and code on one stack."""

    stack: Stack
    bucket: str
    queue: MemoryQueue
    code: Path
    """The unpacked zip."""

    @classmethod
    def create(cls, stack: Stack, name: str, queue: MemoryQueue) -> UploadSite:
        """Make them; ``name`` begins every name and is used once a stack."""
        s3, bucket = stack.client("s3"), f"{name}-images"
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        code = stack.folder / f"{name}-code"
        zipfile.ZipFile(ZIP).extractall(code)
        return cls(stack, bucket, queue, code)

    def environment(self, pace: Pace, **variables: str) -> RuntimeEnvironment:
        """Return an environment of the function that is not started yet.

        Args:
            pace: what the module would set.
            variables: environment variables beside the module's, or instead of them.
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

    def put(self, key: str) -> Upload:
        """Put an image; the scripted engine takes the person from the key."""
        put = self.stack.client("s3").put_object(Bucket=self.bucket, Key=key, Body=b"image")
        return Upload(self.bucket, key, put["VersionId"])

    def upload(self, keys: Iterable[str]) -> list[Upload]:
        """Put images, several at once, and announce them."""
        with ThreadPoolExecutor(_UPLOADERS) as pool:
            uploads = list(pool.map(self.put, keys))
        self.queue.send(upload.announcement for upload in uploads)
        return uploads

    def results(self) -> Counter[str]:
        """Return the key of every result, with the number of its versions."""
        pages = self.stack.client("s3").get_paginator("list_object_versions")
        return Counter(
            version["Key"]
            for page in pages.paginate(Bucket=self.bucket, Prefix="results/")
            for version in page.get("Versions", [])
            if version["Key"].endswith(".json")
        )

    def result(self, upload: Upload) -> Mapping[str, Any]:
        """Return the content of an upload's result."""
        s3 = self.stack.client("s3")
        body = s3.get_object(Bucket=self.bucket, Key=upload.result_key)["Body"].read()
        content: Mapping[str, Any] = json.loads(body)
        return content
