"""The launcher of the emulator: its pin, its patches' fit, and its pure parts."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from local.emulator import upstream
from local.emulator.access import stream_resource
from local.emulator.platform_records import Invocation, log_events
from local.emulator.principals import PrincipalsWriter
from local.emulator.runtime import write_bootstrap
from local.emulator.runtime_environment import function_environment, log_group
from local.emulator.settings import MINISTACK_VERSION, Settings
from local.emulator.transport import Scope, as_if_by_https
from local.stack import emulator_python
from tools.places import REPOSITORY

CONFIG: dict[str, Any] = {
    "FunctionName": "fc",
    "FunctionArn": "arn:aws:lambda:eu-west-1:000000000000:function:fc",
    "Handler": "face_compare.handler.handler",
    "LoggingConfig": {
        "ApplicationLogLevel": "INFO",
        "LogFormat": "JSON",
        "LogGroup": "/aws/lambda/fc",
        "SystemLogLevel": "INFO",
    },
    "MemorySize": 512,
    "Runtime": "python3.13",
    "Version": "$LATEST",
}
CALL = Invocation("id-1", 1000.0, 1000.25, 0.5, 45, None)


def test_the_patches_fit_the_installed_emulator() -> None:
    """Else functions would quietly run the way upstream runs them, and tests prove nothing."""
    checked = subprocess.run(
        [emulator_python(), "-m", "local.emulator", "--check"],
        cwd=REPOSITORY,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (checked.returncode, checked.stderr) == (0, "")


def test_the_patches_and_the_requirements_name_the_same_version() -> None:
    """Else an update of one of the two would only show when the stack starts."""
    for name in ("emulator.in", "emulator.txt"):
        pins = (REPOSITORY / "tools" / "requirements" / name).read_text(encoding="utf-8")
        assert f"ministack=={MINISTACK_VERSION}" in pins


def test_another_version_is_refused_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else whoever updates the emulator would search for hours."""
    monkeypatch.setattr(upstream, "version", lambda _name: "9.9.9")
    (sentence,) = upstream.misfits()
    assert sentence.startswith("MiniStack 9.9.9 is installed, but the patches")
    assert MINISTACK_VERSION in sentence


def test_a_moved_name_and_a_changed_parameter_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a patch would miss its target without a word."""
    monkeypatch.setattr(upstream, "version", lambda _name: MINISTACK_VERSION)

    def register_session(access_key: str, session: object, region: str) -> None: ...

    moved = SimpleNamespace(register_session=register_session)
    monkeypatch.setattr(upstream, "import_module", lambda _name: moved)
    problems = upstream.misfits()
    assert "ministack.core.lambda_runtime.ProvidedWorker is gone." in problems
    assert any("register_session takes ('access_key', 'session', 'region')" in p for p in problems)


def test_a_function_sees_lambdas_environment_and_nothing_of_ours() -> None:
    """Else the payload could work here because of something that AWS does not set."""
    environment = function_environment(
        CONFIG,
        code_dir="/code",
        runtime_api="127.0.0.1:9",
        log_stream="stream",
        credentials={"AWS_ACCESS_KEY_ID": "ASIA"},
        endpoints={"AWS_ENDPOINT_URL": "http://127.0.0.1:1"},
        variables={"FACE_COMPARE_BUCKET": "b"},
    )
    assert environment["AWS_LAMBDA_LOG_FORMAT"] == "JSON"
    assert environment["AWS_LAMBDA_LOG_LEVEL"] == "INFO"
    assert environment["AWS_LAMBDA_LOG_STREAM_NAME"] == "stream"
    assert environment["AWS_REGION"] == "eu-west-1"
    assert environment["PYTHONPATH"] == environment["LAMBDA_TASK_ROOT"] == "/code"
    assert environment["FACE_COMPARE_BUCKET"] == "b"
    ours = {name for name in environment if name.startswith(("FACE_COMPARE", "MINISTACK", "GATE"))}
    assert ours == {"FACE_COMPARE_BUCKET"}
    assert "HOME" not in environment


def test_without_logging_configuration_the_defaults_of_lambda_hold() -> None:
    """Else a function without it would log into nowhere."""
    config = {name: value for name, value in CONFIG.items() if name != "LoggingConfig"}
    environment = function_environment(
        config,
        code_dir="/code",
        runtime_api="x",
        log_stream="s",
        credentials={},
        endpoints={},
        variables={},
    )
    assert environment["AWS_LAMBDA_LOG_FORMAT"] == "Text"
    assert "AWS_LAMBDA_LOG_LEVEL" not in environment
    assert log_group(config) == "/aws/lambda/fc"


def test_json_logs_carry_lambdas_own_records_around_the_functions() -> None:
    """Else a saved query on platform records would work on AWS only."""
    events = log_events(CONFIG, ['{"message":"hi"}', ""], CALL)
    assert [event.timestamp_ms for event in events] == [1_000_000, 1_000_000, 1_000_250, 1_000_250]
    init, start, line, report = (json.loads(event.message) for event in events)
    assert line == {"message": "hi"}
    assert init["type"] == "platform.initStart"
    assert start == {
        "time": "1970-01-01T00:16:40.000Z",
        "type": "platform.start",
        "record": {"requestId": "id-1", "version": "$LATEST"},
    }
    assert report["type"] == "platform.report"
    assert report["record"]["status"] == "success"
    assert report["record"]["metrics"] == {
        "durationMs": 250.0,
        "billedDurationMs": 751,
        "memorySizeMB": 512,
        "maxMemoryUsedMB": 45,
        "initDurationMs": 500.0,
    }


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ("Runtime.ExitError", "error"),
        ("Runtime.OutOfMemory", "error"),
        ("Sandbox.Failure", "failure"),
        ("Sandbox.Timedout", "timeout"),
    ],
)
def test_a_crashed_invocation_is_reported_as_such(error: str, status: str) -> None:
    """Else an alarm on crashes could not be tried here."""
    call = Invocation("id-1", 1000.0, 1001.0, None, 0, error)
    report = json.loads(log_events(CONFIG, [], call)[-1].message)["record"]
    assert (report["status"], report["errorType"]) == (status, error)
    assert "initDurationMs" not in report["metrics"]


def test_an_exception_is_an_answer_and_no_crash() -> None:
    """Else it would count once for its own record and once for Lambda's, and on AWS only once."""
    call = Invocation("id-1", 1000.0, 1001.0, None, 0, "NoFaceInSourceError")
    report = json.loads(log_events(CONFIG, [], call)[-1].message)["record"]
    assert report["status"] == "success"
    assert "errorType" not in report


def test_at_warn_the_service_is_quiet_about_what_went_well() -> None:
    """Else the system log level would be without effect here."""
    config = {**CONFIG, "LoggingConfig": {**CONFIG["LoggingConfig"], "SystemLogLevel": "WARN"}}
    assert [event.message for event in log_events(config, ["{}"], CALL)] == ["{}"]
    raised = Invocation("id-1", 1000.0, 1001.0, None, 0, "KeyError")
    assert len(log_events(config, ["{}"], raised)) == 1
    crashed = Invocation("id-1", 1000.0, 1001.0, None, 0, "Runtime.ExitError")
    assert len(log_events(config, ["{}"], crashed)) == 2


def test_text_logs_have_lambdas_lines() -> None:
    """Else a consumer who chose text would see another form than on AWS."""
    config = {**CONFIG, "LoggingConfig": {"LogFormat": "Text"}}
    start, line, end, report = (event.message for event in log_events(config, ["x"], CALL))
    assert start == "START RequestId: id-1 Version: $LATEST"
    assert (line, end) == ("x", "END RequestId: id-1")
    assert report == (
        "REPORT RequestId: id-1\tDuration: 250.00 ms\tBilled Duration: 751 ms\t"
        "Memory Size: 512 MB\tMax Memory Used: 45 MB\tInit Duration: 500.00 ms"
    )


def test_principals_are_always_whole_and_private(tmp_path: Path) -> None:
    """Else the stand-in would take a role for a stranger, or others could read the secrets."""
    path = tmp_path / "principals.json"
    principals = PrincipalsWriter(path)
    assert json.loads(path.read_text()) == {}
    principals.add("ASIA1", "arn:1", "s1")
    principals.add("ASIA2", "arn:2", "s2")
    assert json.loads(path.read_text()) == {
        "ASIA1": {"arn": "arn:1", "secret_access_key": "s1"},
        "ASIA2": {"arn": "arn:2", "secret_access_key": "s2"},
    }
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_a_zips_own_bootstrap_is_left_alone(tmp_path: Path) -> None:
    """Else a custom runtime could not be tried."""
    (tmp_path / "bootstrap").write_text("mine")
    write_bootstrap(tmp_path, Path("/python"))
    assert (tmp_path / "bootstrap").read_text() == "mine"


def test_the_bootstrap_starts_awss_runtime_client(tmp_path: Path) -> None:
    """Else error types and log records would not be those of AWS."""
    python = tmp_path / "a python"
    python.write_text('#!/bin/sh\necho "$@"\n')
    python.chmod(0o755)
    write_bootstrap(tmp_path, python)
    ran = subprocess.run(
        [tmp_path / "bootstrap"],
        env={"_HANDLER": "a.b", "PATH": "/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == "-m awslambdaric a.b\n"


@pytest.mark.parametrize(
    ("action", "body", "expected"),
    [
        ("CreateLogStream", b'{"logStreamName": "s"}', "arn:group:log-stream:s"),
        ("PutLogEvents", b'{"logStreamName": "s"}', "arn:group:log-stream:s"),
        ("DescribeLogStreams", b'{"logStreamName": "s"}', "arn:group"),
        ("PutLogEvents", b"no json", "arn:group"),
    ],
)
def test_writing_to_a_stream_is_authorised_on_the_stream(
    action: str, body: bytes, expected: str
) -> None:
    """Else the role's usual "<group>:*" would be refused here, though AWS allows it."""
    headers = {"x-amz-target": f"Logs_20140328.{action}"}
    assert stream_resource("arn:group", headers, body) == expected


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        ([], [(b"x-forwarded-proto", b"https")]),
        ([(b"x-forwarded-proto", b"http")], [(b"x-forwarded-proto", b"http")]),
    ],
)
def test_loopback_counts_as_tls_unless_told_otherwise(
    given: list[tuple[bytes, bytes]], seen: list[tuple[bytes, bytes]]
) -> None:
    """Else the bucket's own policy would refuse every call on the stack."""
    scopes: list[Scope] = []

    async def application(scope: Scope, receive: object, send: object) -> None:
        assert receive is None
        assert send is None
        scopes.append(scope)

    wrapped = as_if_by_https(application)
    asyncio.run(wrapped({"type": "http", "headers": given}, None, None))
    asyncio.run(wrapped({"type": "lifespan"}, None, None))
    assert [scope.get("headers") for scope in scopes] == [seen, None]


def test_functions_get_every_endpoint_and_no_other_setting() -> None:
    """Else a function would look for Rekognition on the internet."""
    settings = Settings.from_environment(
        {
            "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
            "AWS_ENDPOINT_URL_REKOGNITION": "http://127.0.0.1:2",
            "FACE_COMPARE_PRINCIPALS_FILE": "/p",
            "FACE_COMPARE_RUNTIME_PYTHON": "/python",
            "GATEWAY_PORT": "1",
        }
    )
    assert settings.function_endpoints == {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_ENDPOINT_URL_REKOGNITION": "http://127.0.0.1:2",
    }
