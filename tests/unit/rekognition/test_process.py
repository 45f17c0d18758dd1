"""The process: how it starts and that it never stays."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import boto3
import httpx
import pytest
from botocore.config import Config

REPOSITORY = Path(__file__).parents[3]
COMMAND = [sys.executable, "-m", "local.rekognition", "--engine", "scripted"]


@pytest.fixture
def process(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    child = subprocess.Popen(
        [*COMMAND, "--ready-file", str(tmp_path / "ready"), "--tps", "7", "--latency-ms", "5"],
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


def test_it_says_where_it_is_once_it_answers(
    process: subprocess.Popen[str], tmp_path: Path
) -> None:
    """Else whoever starts it could not know when and where to call."""
    url = endpoint(process)
    assert url.startswith("http://127.0.0.1:")
    assert json.loads((tmp_path / "ready").read_text()) == {"endpoint": url}
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


def test_it_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    """Else a killed test run would leave a stand-in behind for ever."""
    starter = (
        "import subprocess, sys, time\n"
        f"child = subprocess.Popen({COMMAND!r} + ['--ready-file', sys.argv[1]])\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    ready = tmp_path / "ready"
    with subprocess.Popen(
        [sys.executable, "-c", starter, str(ready)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        deadline = time.monotonic() + 30
        while not ready.exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        parent.kill()
    while _runs(pid):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A zombie that its new parent has not collected yet has ended all the same.
    return ") Z" not in Path(f"/proc/{pid}/stat").read_text()


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
