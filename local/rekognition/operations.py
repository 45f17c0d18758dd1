"""The two operations: rights, photos, faces, answer. Blocking; run in threads."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from local.rekognition import faults
from local.rekognition.authority import Access, Authority, Caller, Decision
from local.rekognition.comparison import (
    DEFAULT_THRESHOLD,
    QualityFilter,
    compare_faces,
    detect_faces,
)
from local.rekognition.faces import Face, FaceEngine, Photo
from local.rekognition.objects import ObjectName, PhotoStore
from local.rekognition.principals import Principal


class Operation(StrEnum):
    """What the stand-in serves."""

    COMPARE_FACES = "CompareFaces"
    DETECT_FACES = "DetectFaces"


@dataclass(frozen=True, slots=True)
class Call:
    """A request that has been authenticated and fits the service model."""

    operation: Operation
    request: Mapping[str, Any]
    principal: Principal
    region: str


class Service:
    """Answers calls."""

    def __init__(
        self,
        *,
        engine: FaceEngine,
        authority: Authority,
        store: PhotoStore,
        processors: Executor,
    ) -> None:
        """``processors`` runs the engine, so that photos never take more than its threads."""
        self._engine = engine
        self._authority = authority
        self._store = store
        self._processors = processors

    def answer(self, call: Call) -> dict[str, Any]:
        """Return the response's members, or raise ServiceError."""
        caller = self._authorised(call)
        if call.operation is Operation.COMPARE_FACES:
            return self._compare(call, caller)
        return self._detect(call, caller)

    def _authorised(self, call: Call) -> Caller:
        caller = self._authority.caller(call.principal)
        action = f"rekognition:{call.operation}"
        decision = caller.decide(Access(action, context={"aws:RequestedRegion": call.region}))
        if decision is not Decision.ALLOWED:
            explicit = decision is Decision.EXPLICIT_DENY
            raise faults.access_denied(call.principal.arn, action, explicit=explicit)
        return caller

    def _compare(self, call: Call, caller: Caller) -> dict[str, Any]:
        source, target = (
            self._photo(call.request[name], caller, call.region)
            for name in ("SourceImage", "TargetImage")
        )
        futures = [self._processors.submit(self._engine.analyse, one) for one in (source, target)]
        found: list[tuple[Face, ...]] = [tuple(future.result()) for future in futures]
        return compare_faces(
            *found,
            threshold=call.request.get("SimilarityThreshold", DEFAULT_THRESHOLD),
            quality_filter=QualityFilter(call.request.get("QualityFilter", QualityFilter.NONE)),
        )

    def _detect(self, call: Call, caller: Caller) -> dict[str, Any]:
        photo = self._photo(call.request["Image"], caller, call.region)
        return detect_faces(self._processors.submit(self._engine.analyse, photo).result())

    def _photo(self, image: Mapping[str, Any], caller: Caller, region: str) -> Photo:
        match image:
            case {"Bytes": _, "S3Object": _}:
                raise faults.invalid_parameter()
            case {"Bytes": content}:
                return Photo(content)
            case {"S3Object": {"Bucket": bucket, "Name": key, "Version": version}}:
                return self._store.read(ObjectName(bucket, key, version), caller, region)
            case {"S3Object": {"Bucket": bucket, "Name": key}}:
                return self._store.read(ObjectName(bucket, key), caller, region)
            case _:
                raise faults.invalid_parameter()
