"""A live stand-in in this process, with rights, photos and faces that a test sets."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import uvicorn
from botocore.config import Config

from local.rekognition import faults
from local.rekognition.app import Parts, application
from local.rekognition.authority import Access, Decision
from local.rekognition.control import Control
from local.rekognition.faces import FaceEngine, Photo
from local.rekognition.objects import ObjectName
from local.rekognition.operations import Service
from local.rekognition.principals import Principal, PrincipalsReader
from local.rekognition.scripted import ScriptedEngine
from tests.waiting import eventually

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient


@dataclass
class Rights:
    """Allows everything but what ``decisions`` names by action."""

    decisions: dict[str, Decision] = field(default_factory=dict)

    def caller(self, principal: Principal) -> Rights:  # noqa: ARG002
        return self

    def decide(self, access: Access) -> Decision:
        return self.decisions.get(access.action, Decision.ALLOWED)


@dataclass
class Shelf:
    """Photos by key; what is not there cannot be read."""

    missing: set[str] = field(default_factory=set)

    def read(self, name: ObjectName, caller: object, region: str) -> Photo:  # noqa: ARG002
        if name.key in self.missing:
            raise faults.invalid_object()
        return Photo(name.key.encode(), name.key)


@dataclass
class Standin:
    """The running stand-in and what steers it."""

    url: str
    control: Control
    rights: Rights
    shelf: Shelf

    def client(self, key: str = "test", secret: str = "any", **config: Any) -> RekognitionClient:  # noqa: S107
        """A real client; ``config`` goes into its botocore Config."""
        merged: dict[str, Any] = {
            "retries": {"total_max_attempts": 1},
            "read_timeout": 10,
            **config,
        }
        made: RekognitionClient = boto3.client(
            "rekognition",
            endpoint_url=self.url,
            region_name="eu-west-1",
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            config=Config(**merged),
        )
        return made


@contextlib.contextmanager
def standin(principals: Path | None = None, engine: FaceEngine | None = None) -> Iterator[Standin]:
    """Serve on a free loopback port for the length of the block."""
    rights, shelf, control = Rights(), Shelf(), Control()
    with ThreadPoolExecutor(2) as processors, ThreadPoolExecutor(32) as waiters:
        service = Service(
            engine=engine or ScriptedEngine(),
            authority=rights,
            store=shelf,
            processors=processors,
        )
        parts = Parts(service, PrincipalsReader(principals), control, waiters)
        config = uvicorn.Config(
            application(parts), lifespan="off", log_config=None, timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
            thread.start()
            try:
                eventually(lambda: server.started, 30, "the stand-in", every=0.005)
                yield Standin(url, control, rights, shelf)
            finally:
                server.should_exit = True
                thread.join(10)
                assert not thread.is_alive()
