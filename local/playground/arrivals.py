"""Photos that arrived in the bucket, and what the deployed function decided about them."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from threading import Lock
from typing import Any

from botocore.exceptions import ClientError

from local.photos import Photo
from local.playground.ways import Deployment
from local.stack import Stack
from local.use import log_records

_RECORD_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Arrival:
    """One photo that arrived, and its result."""

    photo: Photo
    key: str
    result_key: str
    result: Mapping[str, Any]
    records: list[dict[str, Any]]
    """In the log, about this photo."""


@dataclass(slots=True)
class Arrivals:
    """All results so far, in the order in which they were found."""

    stack: Stack
    deployment: Deployment
    _found: list[Arrival] = field(default_factory=list)
    _known: set[tuple[str, str]] = field(default_factory=set)
    """Keys with their content: a decision can replace the result that said "no reference"."""
    _lock: Lock = field(default_factory=Lock)

    def after(self, number: int) -> list[Arrival]:
        """Look into the bucket; all but the first ones."""
        with self._lock:
            for key, content in self._new():
                self._known.add((key, content))
                # What is not a result, or is gone, is left out.
                with contextlib.suppress(ClientError, ValueError, KeyError, TypeError):
                    self._found.append(self._arrival(key))
            return self._found[number:]

    def _new(self) -> list[tuple[str, str]]:
        pages = self.stack.client("s3").get_paginator("list_objects_v2")
        listed = [
            (each["LastModified"], each["Key"], each["ETag"])
            for page in pages.paginate(Bucket=self.deployment.bucket, Prefix="results/")
            for each in page.get("Contents", [])
            if each["Key"].endswith(".json") and (each["Key"], each["ETag"]) not in self._known
        ]
        return [(key, content) for _, key, content in sorted(listed)]

    def _arrival(self, result_key: str) -> Arrival:
        result = json.loads(self._read(result_key))
        image = result["image"]
        records = log_records(
            self.stack, self.deployment.log_group, result["request_id"], within=_RECORD_SECONDS
        )
        try:
            data = self._read(image["key"], VersionId=image["version_id"])
        except ClientError:
            # It was deleted meanwhile. The page then says that it cannot be read.
            data = b""
        return Arrival(
            Photo(PurePath(image["key"]).name, image["key"], None, data),
            image["key"],
            result_key,
            result,
            [each for each in records if each.get("target_key") == image["key"]],
        )

    def _read(self, key: str, **more: str) -> bytes:
        s3 = self.stack.client("s3")
        found: bytes = s3.get_object(Bucket=self.deployment.bucket, Key=key, **more)["Body"].read()
        return found
