"""A live stand-in in this process, with rights and images that a test sets."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from local.rekognition import scripted_engine
from local.rekognition.authority import Access
from local.rekognition.control import Control
from local.rekognition.errors import Code, ServiceError
from local.rekognition.faces import Analyze, ImageFile
from local.rekognition.image_store import May, ObjectName
from local.rekognition.server import make_server
from local.rekognition.service import Service
from local.rekognition.steering import Steering

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient


@dataclass
class StandIn:
    """The running stand-in and what a test sets in it."""

    url: str = ""
    forbidden: str = ""
    """An action that nobody may do."""
    missing: set[str] = field(default_factory=set)
    """Keys of images that cannot be read."""

    @property
    def steering(self) -> Steering:
        return Steering(self.url)

    def client(self, key: str = "test", **config: Any) -> RekognitionClient:
        """A real client; ``config`` goes into its botocore Config."""
        made: RekognitionClient = boto3.client(
            "rekognition",
            endpoint_url=self.url,
            region_name="eu-west-1",
            aws_access_key_id=key,
            aws_secret_access_key="any",
            config=Config(**{"retries": {"total_max_attempts": 1}, **config}),
        )
        return made

    def may(self, _arn: str, access: Access) -> bool:
        return access.action != self.forbidden

    def read(self, name: ObjectName, _may: May, _region: str) -> ImageFile:
        if name.key in self.missing:
            raise ServiceError(Code.INVALID_S3_OBJECT)
        return ImageFile(b"", name.key)


@contextlib.contextmanager
def stand_in(
    sessions: Path | None = None, analyze: Analyze = scripted_engine.analyze
) -> Iterator[StandIn]:
    """Serve on a free loopback port for the length of the block."""
    live = StandIn()
    service = Service(analyze=analyze, read=live.read, rights=live.may, sessions=sessions)
    server = make_server(0, service, Control())
    live.url = f"http://127.0.0.1:{server.server_port}"
    with server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        try:
            yield live
        finally:
            server.shutdown()
