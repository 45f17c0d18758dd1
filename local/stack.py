"""The local stack: an emulated AWS and a Rekognition that really compares faces.

with Stack() as stack:
    stack.client("s3").list_buckets()
"""

from __future__ import annotations

import contextlib
import functools
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import boto3
import httpx
from botocore.config import Config

from local import processes
from tools.places import REPOSITORY

type AwsClient = Any
"""A boto3 client, made at run time from the service's model."""

REGION = "eu-west-1"
"""The examples' default region; the emulator keeps every region apart."""
KEYS = ("test", "test")
"""Of the account's root: access key id and secret."""
RIGHTS = "rights.jsonl"
"""File in the stack's folder: what users and roles were asked for, and whether IAM allowed it."""
_START_SECONDS = 180.0
_LOOPBACK = "127.0.0.1"


class StackError(Exception):
    """The stack cannot be started or used; the message says why and shows the log's end."""


@dataclass(frozen=True, slots=True)
class RekognitionOptions:
    """How the stand-in should behave beyond answering."""

    scripted: bool = False
    """The key says who is in an image, in microseconds; images may then hold anything."""
    reads_images: bool = True
    """From S3. Without, it must be scripted, and every image exists."""
    checks_rights: bool = True
    """Of the caller, with the emulator's IAM: some ten requests a call."""


@dataclass(slots=True)
class Stack:
    """Emulator and stand-in on free loopback ports; a context manager that leaves nothing behind.

    Leaving the block ends every process (functions too) and removes the folder with all state,
    also on an exception, Ctrl-C, SIGTERM and SIGHUP.
    """

    rekognition: RekognitionOptions = field(default_factory=RekognitionOptions)
    wait_scale: float = 1.0
    """Which part of the time between retries of a state machine really passes."""
    progress: Callable[[str], None] = lambda _message: None
    """Called with a short sentence whenever a server is up."""
    folder: Path = field(init=False)
    """Temporary folder of this run; gone after the block."""
    endpoint: str = field(init=False)
    rekognition_endpoint: str = field(init=False)
    _session: boto3.session.Session = field(init=False, default_factory=boto3.session.Session)
    _clients: dict[tuple[str | None, ...], AwsClient] = field(init=False, default_factory=dict)
    _making: threading.Lock = field(init=False, default_factory=threading.Lock)
    _exit: contextlib.ExitStack = field(init=False)

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as held:
            held.enter_context(processes.endings_unwind())
            folder = tempfile.TemporaryDirectory(prefix="face-compare-", ignore_cleanup_errors=True)
            self.folder = Path(held.enter_context(folder))
            self._start(held)
            held.callback(processes.ignore_endings)
            self._exit = held.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._exit.close()

    @property
    def region(self) -> str:
        """The region of its clients."""
        return REGION

    def client(self, service: str) -> AwsClient:
        """A boto3 client with the rights of the account's root."""
        return self.client_as(service, *KEYS)

    def client_as(
        self, service: str, key: str, secret: str, token: str | None = None, region: str = REGION
    ) -> AwsClient:
        """A boto3 client with the given credentials; one for the same arguments, kept."""
        wanted = (service, key, secret, token, region)
        # To make one takes 100 ms. A session reads the model of a service once.
        with self._making:
            if wanted not in self._clients:
                self._clients[wanted] = self._client(*wanted)
            return self._clients[wanted]

    def _client(
        self, service: str, key: str, secret: str, token: str | None, region: str
    ) -> AwsClient:
        endpoint = self.rekognition_endpoint if service == "rekognition" else self.endpoint
        return self._session.client(
            service,  # type: ignore[call-overload]
            region_name=region,
            endpoint_url=endpoint,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=Config(
                # A first invocation with a cold engine may take its time on a busy machine.
                read_timeout=120,
                retries={"total_max_attempts": 1},
                s3={"addressing_style": "path"},
            ),
        )

    def _start(self, held: contextlib.ExitStack) -> None:
        emulator_port, rekognition_port = free_ports(2)
        self.endpoint = f"http://{_LOOPBACK}:{emulator_port}"
        self.rekognition_endpoint = f"http://{_LOOPBACK}:{rekognition_port}"
        sessions = self.folder / "sessions.json"
        # The stand-in may look before the emulator has written its first version.
        sessions.write_text("{}", encoding="utf-8")
        home, scratch = self.folder / "home", self.folder / "tmp"
        home.mkdir()
        scratch.mkdir()
        clean = {
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "PYTHONPATH": str(REPOSITORY),
            "PYTHONUNBUFFERED": "1",
            "TMPDIR": str(scratch),
        }
        emulated = {
            **clean,
            "AUTH": "true",
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ENDPOINT_URL_REKOGNITION": self.rekognition_endpoint,
            "BIND_HOST": _LOOPBACK,
            "FACE_COMPARE_RIGHTS_FILE": str(self.folder / RIGHTS),
            "FACE_COMPARE_SESSIONS_FILE": str(sessions),
            "FACE_COMPARE_RUNTIME_PYTHON": sys.executable,
            "GATEWAY_PORT": str(emulator_port),
            "IOT_MTLS_ENABLED": "0",
            "LOG_LEVEL": "WARNING",
            "MINISTACK_REGION": REGION,
            "S3_DATA_DIR": str(self.folder / "s3"),
            "SFN_WAIT_SCALE": f"{self.wait_scale:g}",
            "SFTP_ENABLED": "0",
            "STATE_DIR": str(self.folder / "state"),
        }
        rekognition = [
            *(sys.executable, "-m", "local.rekognition"),
            *("--port", str(rekognition_port)),
            *("--region", REGION),
            *("--principals", sessions),
            *(("--s3-endpoint", self.endpoint) if self.rekognition.reads_images else ()),
            *(("--iam-endpoint", self.endpoint) if self.rekognition.checks_rights else ()),
            *(("--engine", "scripted") if self.rekognition.scripted else ()),
        ]
        both = (
            Server(
                "the emulated AWS",
                f"{self.endpoint}/_ministack/ready",
                [venv_python("emulator"), "-m", "local.emulator"],
                emulated,
                self.folder / "emulator.log",
            ),
            Server(
                "the Rekognition stand-in",
                self.rekognition_endpoint,
                rekognition,
                clean,
                self.folder / "rekognition.log",
            ),
        )
        for server in both:
            held.enter_context(server)
        for server in both:
            server.wait_until_it_answers()
            self.progress(f"{server.name} is up")


@dataclass(slots=True)
class Server:
    """A program that serves HTTP on this machine while the block runs."""

    name: str
    url: str
    """What it answers once it is ready."""
    command: Sequence[str | Path]
    environment: Mapping[str, str]
    """Exactly this; nothing is inherited."""
    log: Path
    """Runs in the log's folder."""
    process: subprocess.Popen[str] = field(init=False)

    def __enter__(self) -> Self:
        with self.log.open("wb") as output:
            self.process = processes.start(
                self.command, environment=self.environment, cwd=self.log.parent, output=output
            )
        return self

    def __exit__(self, *_: object) -> None:
        processes.end(self.process)

    def wait_until_it_answers(self) -> None:
        """Wait for the first answer.

        Raises:
            StackError: it ended or stayed silent; the message has the end of its log.
        """
        deadline = time.monotonic() + _START_SECONDS
        # Not through a proxy that the environment may name: this is loopback.
        with httpx.Client(trust_env=False, timeout=2) as client:
            while not _answers(client, self.url):
                code = self.process.poll()
                if code is not None or time.monotonic() > deadline:
                    how = "is silent" if code is None else f"ended with code {code}"
                    tail = processes.log_tail(self.log)
                    raise StackError(f"{self.name} {how}. The end of its log:\n{tail}")
                time.sleep(0.05)


def _answers(client: httpx.Client, url: str) -> bool:
    try:
        return not client.get(url).is_server_error
    except httpx.TransportError:
        return False


def account_environment(endpoint: str) -> dict[str, str]:
    """Environment of a program that uses an emulator as AWS, root's keys included.

    Of the caller's own environment only what finds programs and providers is passed on: no real
    credentials, profile or proxy.
    """
    passed = ("PATH", "TF_CLI_CONFIG_FILE", "LANG")
    return {
        **{name: os.environ[name] for name in passed if name in os.environ},
        "AWS_ACCESS_KEY_ID": KEYS[0],
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": REGION,
        "AWS_SECRET_ACCESS_KEY": KEYS[1],
        "CHECKPOINT_DISABLE": "1",
    }


def terraform_environment(endpoint: str) -> dict[str, str]:
    """Environment of Terraform or OpenTofu that uses an emulator as AWS."""
    return {
        **account_environment(endpoint),
        # Less CPU time, for some memory: Go's heap may grow to three times what is in use. Tests
        # run almost twenty of them at once.
        "GOGC": "200",
        # S3 Control has a host for each account, <account>.127.0.0.1, which does not resolve. The
        # emulators also serve what a client sends to its proxy. Go sends nothing to a proxy that
        # is for a loopback address.
        "HTTP_PROXY": endpoint,
        "TF_IN_AUTOMATION": "1",
    }


@functools.cache
def venv_python(name: str) -> Path:
    """The interpreter of a virtual environment of tools/, which is made when it is missing.

    Raises:
        StackError: it cannot be made.
    """
    made = subprocess.run(
        [sys.executable, "-m", "tools.venv", name],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if made.returncode:
        raise StackError(f"The virtual environment {name} could not be made; see above.")
    return Path(made.stdout.strip().splitlines()[-1])


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago, all different."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((_LOOPBACK, 0))
        return [int(each.getsockname()[1]) for each in sockets]
