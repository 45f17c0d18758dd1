"""The process: how it starts and that it never stays."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import httpx
import pytest
from botocore.config import Config

from tests.waiting import eventually
from tools.places import REPOSITORY

COMMAND = [sys.executable, "-m", "local.rekognition", "--engine", "scripted"]
_PROC = Path("/proc/self")


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    child = subprocess.Popen(
        [*COMMAND, "--tps", "7", "--latency-ms", "5"],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with child:
        yield child
        child.kill()


def endpoint(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return str(json.loads(process.stdout.readline())["endpoint"])


def test_it_says_where_it_is_once_it_answers(process: subprocess.Popen[str]) -> None:
    """Else whoever starts it could not know when and where to call."""
    url = endpoint(process)
    assert url.startswith("http://127.0.0.1:")
    report = httpx.get(f"{url}/_control").json()
    assert (report["tps"], report["latency_ms"]) == (7, 5)
    client = boto3.client(
        "rekognition",
        endpoint_url=url,
        region_name="eu-west-1",
        aws_access_key_id="test",
        aws_secret_access_key="any",
        config=Config(retries={"total_max_attempts": 1}),
    )
    photo = {"S3Object": {"Bucket": "photos", "Name": "reference/alice.jpg"}}
    assert client.compare_faces(SourceImage=photo, TargetImage=photo)["FaceMatches"]  # type: ignore[arg-type]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_in_order(process: subprocess.Popen[str], number: signal.Signals) -> None:
    """Else Ctrl-C in the demo would leave a process or a stack trace."""
    endpoint(process)
    process.send_signal(number)
    _, errors = process.communicate(timeout=10)
    assert (process.returncode, errors) == (0, "")


def test_it_ends_with_the_process_that_started_it() -> None:
    """Else a killed test run would leave a stand-in behind for ever."""
    starter = (
        "import subprocess, time\n"
        f"child = subprocess.Popen({COMMAND!r})\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", starter], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        # Both write there; the child once it answers.
        assert "endpoint" in parent.stdout.readline()
        parent.kill()
    eventually(lambda: not _runs(pid), 30, "the stand-in's end", every=0.02)


def _runs(pid: int) -> bool:
    if not _PROC.exists():
        # No other system tells zombies here; their new parent collects them soon.
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        return True
    try:
        # A zombie that its new parent has not collected yet has ended all the same.
        return ") Z" not in (_PROC.parent / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--engine", "dlib"], "--s3-endpoint is needed"),
        (["--tps", "0"], "tps is above 0"),
        (["--latency-ms", "-1"], "not negative"),
    ],
)
def test_options_that_do_not_go_together_are_told(arguments: list[str], sentence: str) -> None:
    """Else a wrong option would show as a stack trace, or not at all."""
    ended = subprocess.run(
        [*COMMAND, *arguments], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr
