"""Direct invocations with a Rekognition without a network, and the records that they leave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from face_compare.runtime.clients import Clients
from face_compare.runtime.lambda_context import LambdaContext
from face_compare.runtime.settings import Settings
from face_compare.service import Service
from tests.unit.payload.fake_rekognition import FakeRekognition
from tests.unit.payload.invocation import SETTINGS, Context

DECIDED = "face comparison decided"
FAILED = "face comparison failed"


@dataclass
class Records:
    """The records that the function wrote."""

    log: pytest.LogCaptureFixture

    def all(self) -> list[dict[str, Any]]:
        return [vars(record) for record in self.log.records if record.name == "face_compare"]

    def of(self, message: str) -> list[dict[str, Any]]:
        return [record for record in self.all() if record["message"] == message]

    def the(self, message: str) -> dict[str, Any]:
        """Return the one record with a message."""
        (record,) = self.of(message)
        return record


@dataclass
class Direct:
    """The service, and the Rekognition that it calls."""

    clients: Clients
    rekognition: FakeRekognition
    settings: Settings = SETTINGS

    def serve(self, context: LambdaContext | None = None, **event: object) -> dict[str, Any]:
        """Serve one invocation."""
        return Service(self.settings, self.clients).serve(event, context or Context())

    def results(self, context: LambdaContext | None = None, **event: object) -> Any:
        """Serve one invocation with a list of targets, and return the entries of the answer."""
        return self.serve(context, **event)["results"]
