"""The stand-in put together, on a loopback port."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import boto3
import uvicorn
from botocore.config import Config

from local.rekognition.app import Parts, application
from local.rekognition.authority import Authority, Everything, IamAuthority
from local.rekognition.cache import CachedEngine
from local.rekognition.control import Control, Settings
from local.rekognition.faces import FaceEngine
from local.rekognition.objects import KeysOnly, PhotoStore, S3Store
from local.rekognition.operations import Service
from local.rekognition.principals import PrincipalsReader
from local.rekognition.scripted import ScriptedEngine

LOOPBACK = "127.0.0.1"

PROCESSORS = 2
"""Photos looked at together; the network holds the interpreter for 0.1 s at a time."""

WAITERS = 64
"""Calls that may wait for S3, IAM and photos together."""


class EngineKind(StrEnum):
    """Who looks at the photos."""

    DLIB = "dlib"
    SCRIPTED = "scripted"


@dataclass(frozen=True, slots=True)
class Options:
    """How to run. Without ``iam_endpoint`` every known caller may do everything."""

    port: int = 0
    region: str = "eu-west-1"
    s3_endpoint: str | None = None
    iam_endpoint: str | None = None
    principals: Path | None = None
    engine: EngineKind = EngineKind.DLIB
    preload: bool = False
    settings: Settings = field(default_factory=Settings)


def store(options: Options) -> PhotoStore:
    """Return where S3Object images come from.

    Raises ValueError when the dlib engine has no S3 to read from.
    """
    if options.s3_endpoint is None:
        if options.engine is not EngineKind.SCRIPTED:
            raise ValueError(
                "--s3-endpoint is needed: only the scripted engine knows photos by key"
            )
        return KeysOnly()
    return S3Store(
        boto3.client(
            "s3",
            endpoint_url=options.s3_endpoint,
            region_name=options.region,
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106
            config=Config(
                s3={"addressing_style": "path"},
                connect_timeout=2,
                read_timeout=20,
                retries={"total_max_attempts": 2, "mode": "standard"},
                max_pool_connections=WAITERS,
            ),
        )
    )


def authority(options: Options) -> Authority:
    """Return who decides on rights."""
    if options.iam_endpoint is None:
        return Everything()
    return IamAuthority(
        boto3.client(
            "iam",
            endpoint_url=options.iam_endpoint,
            region_name=options.region,
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106
            config=Config(
                connect_timeout=2,
                read_timeout=20,
                retries={"total_max_attempts": 2, "mode": "standard"},
                max_pool_connections=WAITERS,
            ),
        )
    )


def _engine(kind: EngineKind) -> tuple[FaceEngine, Callable[[], None]]:
    """Return the engine and what loads it before its first photo."""
    if kind is EngineKind.SCRIPTED:
        return ScriptedEngine(), lambda: None
    # Imported here: a scripted stand-in needs neither dlib nor its 100 MB.
    from local.rekognition.engine import DlibEngine  # noqa: PLC0415

    engine = DlibEngine()
    return CachedEngine(engine), engine.preload


class _AnnouncingServer(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, when_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._when_ready = when_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._when_ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        # uvicorn would raise the signal again at the end; here it means an orderly exit 0.
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        yield

    def _stop(self) -> None:
        self.should_exit = True


def run(options: Options, when_ready: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT; ``when_ready`` gets the URL once it answers.

    Raises ValueError for options that do not go together, OSError for a port that is taken.
    """
    photos = store(options)
    engine, preload = _engine(options.engine)
    listener = socket.create_server((LOOPBACK, options.port), backlog=512)
    url = f"http://{LOOPBACK}:{listener.getsockname()[1]}"
    processors = ThreadPoolExecutor(PROCESSORS, thread_name_prefix="faces")
    waiters = ThreadPoolExecutor(WAITERS, thread_name_prefix="calls")
    parts = Parts(
        service=Service(
            engine=engine, authority=authority(options), store=photos, processors=processors
        ),
        principals=PrincipalsReader(options.principals),
        control=Control(options.settings),
        waiters=waiters,
    )

    def ready() -> None:
        when_ready(url)
        if options.preload:
            processors.submit(preload)

    config = uvicorn.Config(
        application(parts),
        lifespan="off",
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=2,
        server_header=False,
    )
    with listener:
        _AnnouncingServer(config, ready).run(sockets=[listener])
    processors.shutdown(wait=False, cancel_futures=True)
    waiters.shutdown(wait=False, cancel_futures=True)
