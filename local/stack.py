"""The local stack: an emulated AWS and a Rekognition that really compares faces.

with Stack() as stack:
    stack.client("s3").list_buckets()
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeAlias

import boto3
from botocore.config import Config

from local import processes
from tools.places import REPOSITORY

AwsClient: TypeAlias = Any
"""A boto3 client, made at run time from the service's model."""

REGION = "eu-west-1"
"""The examples' default region; the emulator keeps every region apart."""
_START_SECONDS = 60.0
_LOOPBACK = "127.0.0.1"


class StackError(Exception):
    """The stack cannot be started or used; the message says why and shows the log's end."""


@dataclass(frozen=True, slots=True)
class RekognitionOptions:
    """How the stand-in should behave beyond answering."""

    latency_ms: float = 0.0
    """Added to every call."""
    tps: float | None = None
    """Calls per second before the real throttling errors; None: no quota."""
    scripted: bool = False
    """Who is on a photo follows from its key, in microseconds; photos may then hold anything."""
    reads_photos: bool = True
    """From S3; without, it must be scripted, and every photo is there."""
    checks_rights: bool = True
    """Of the caller, with the emulator's IAM: some ten requests a call."""

    def arguments(self) -> list[str]:
        """The stand-in's command line for this."""
        # Without preloading the first comparison would wait for the models.
        words = ["--engine", "scripted"] if self.scripted else ["--preload"]
        if self.latency_ms:
            words += ["--latency-ms", f"{self.latency_ms:g}"]
        if self.tps is not None:
            words += ["--tps", f"{self.tps:g}"]
        return words


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
    """Called with a short sentence whenever something has come up."""
    folder: Path = field(init=False)
    """Temporary folder of this run; gone after the block."""
    endpoint: str = field(init=False)
    rekognition_endpoint: str = field(init=False)
    _children: list[processes.Child] = field(init=False, default_factory=list)
    _clients: dict[str, AwsClient] = field(init=False, default_factory=dict)
    _exit: contextlib.ExitStack = field(init=False, default_factory=contextlib.ExitStack)

    def __enter__(self) -> Self:
        self._exit.enter_context(processes.endings_unwind())
        try:
            with processes.endings_held():
                self.folder = Path(tempfile.mkdtemp(prefix="face-compare-"))
                self._exit.callback(self._remove)
            self._start()
        except BaseException:
            self._exit.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._exit.close()

    def client(self, service: str) -> AwsClient:
        """A boto3 client with the rights of the account's root; one a service, kept."""
        if service not in self._clients:
            self._clients[service] = self.client_as(service, "test", "test")
        return self._clients[service]

    def client_as(self, service: str, key: str, secret: str, token: str | None = None) -> AwsClient:
        """A boto3 client with the given credentials."""
        endpoint = self.rekognition_endpoint if service == "rekognition" else self.endpoint
        return boto3.session.Session().client(
            service,  # type: ignore[call-overload]
            region_name=REGION,
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

    def environment(self) -> dict[str, str]:
        """What a program needs to take this stack for AWS; complete, nothing is to be added."""
        return account_environment(self.endpoint)

    def log_of(self, name: str) -> Path:
        """The log file of "emulator" or "rekognition"."""
        return self.folder / f"{name}.log"

    def _start(self) -> None:
        emulator_port, rekognition_port = free_ports(2)
        self.endpoint = f"http://{_LOOPBACK}:{emulator_port}"
        self.rekognition_endpoint = f"http://{_LOOPBACK}:{rekognition_port}"
        principals = self.folder / "principals.json"
        # The stand-in may look before the emulator has written its first version.
        principals.write_text("{}", encoding="utf-8")
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
        self._run(
            "emulator",
            [emulator_python(), "-m", "local.emulator"],
            {
                **clean,
                "AUTH": "true",
                "AWS_ENDPOINT_URL": self.endpoint,
                "AWS_ENDPOINT_URL_REKOGNITION": self.rekognition_endpoint,
                "BIND_HOST": _LOOPBACK,
                "FACE_COMPARE_PRINCIPALS_FILE": str(principals),
                "FACE_COMPARE_RUNTIME_PYTHON": sys.executable,
                "GATEWAY_PORT": str(emulator_port),
                "IOT_MTLS_ENABLED": "0",
                "LOG_LEVEL": "WARNING",
                "MINISTACK_REGION": REGION,
                "S3_DATA_DIR": str(self.folder / "s3"),
                "SFN_WAIT_SCALE": f"{self.wait_scale:g}",
                "SFTP_ENABLED": "0",
                "STATE_DIR": str(self.folder / "state"),
            },
        )
        self._run(
            "rekognition",
            [
                sys.executable,
                "-m",
                "local.rekognition",
                "--port",
                str(rekognition_port),
                "--region",
                REGION,
                "--principals",
                principals,
                *(("--s3-endpoint", self.endpoint) if self.rekognition.reads_photos else ()),
                *(("--iam-endpoint", self.endpoint) if self.rekognition.checks_rights else ()),
                *self.rekognition.arguments(),
            ],
            clean,
        )
        self._wait("emulator", f"{self.endpoint}/_ministack/ready", "the emulated AWS")
        self._wait("rekognition", f"{self.rekognition_endpoint}/", "the Rekognition stand-in")

    def _run(self, name: str, command: list[str | Path], environment: Mapping[str, str]) -> None:
        with processes.endings_held():
            child = processes.start(
                name,
                command,
                environment=environment,
                log=self.log_of(name),
                cwd=self.folder,
            )
            self._children.append(child)
            self._exit.callback(_kill, child)

    def _wait(self, name: str, url: str, what: str) -> None:
        child = next(child for child in self._children if child.name == name)
        began = time.monotonic()
        while not _answers(url):
            code = child.exit_code()
            waited = time.monotonic() - began
            if code is None and waited < _START_SECONDS:
                time.sleep(0.05)
                continue
            how = (
                f"ended with code {code}" if code is not None else f"is silent after {waited:.0f} s"
            )
            raise StackError(f"{what} {how}. The end of its log:\n{child.log_tail()}")
        self.progress(f"{what} is up at {url.partition('/_')[0].rstrip('/')}")

    def _remove(self) -> None:
        with processes.endings_held():
            shutil.rmtree(self.folder, ignore_errors=True)


def account_environment(endpoint: str) -> dict[str, str]:
    """Environment of a program that is to take an emulator for AWS, root's keys included.

    Of the caller's own environment only what finds programs and providers is passed on: nobody's
    real credentials, profile or proxy.
    """
    passed = ("PATH", "TF_CLI_CONFIG_FILE", "LANG")
    return {
        **{name: os.environ[name] for name in passed if name in os.environ},
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": REGION,
        "AWS_SECRET_ACCESS_KEY": "test",
        "CHECKPOINT_DISABLE": "1",
    }


def emulator_python() -> Path:
    """The interpreter of the emulator's virtual environment, which is made when it is missing.

    Raises:
        StackError: it cannot be made.
    """
    if chosen := os.environ.get("FACE_COMPARE_EMULATOR_PYTHON"):
        return Path(chosen)
    made = subprocess.run(
        [sys.executable, "-m", "tools.venv", "emulator"],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if made.returncode:
        raise StackError("The emulator's virtual environment could not be made; see above.")
    return Path(made.stdout.strip().splitlines()[-1])


def _kill(child: processes.Child) -> None:
    with processes.endings_held():
        child.kill()


def _answers(url: str) -> bool:
    try:
        # Not through a proxy that the environment may name: this is loopback.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(url, timeout=2) as answer:
            return bool(answer.status < 500)
    except urllib.error.HTTPError as refusal:
        return refusal.code < 500
    except OSError:
        return False


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago, all different."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((_LOOPBACK, 0))
        return [int(each.getsockname()[1]) for each in sockets]
