"""The launcher of the emulator: what its patches decide, apart from MiniStack."""

from __future__ import annotations

import asyncio
import json
import subprocess
from pathlib import Path

import pytest

from local.emulator.access import Scope, as_if_by_https, as_if_direct, stream_resource
from local.emulator.encryption import with_blocked_types
from local.emulator.function_log import platform_records
from local.emulator.network import endpoint_details
from local.emulator.runtime import write_bootstrap
from local.emulator.saved_queries import SavedQueries


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (None, "success"),
        # An exception of the handler is an answer. It is counted by the function's own record.
        ("NoFaceInSourceError", "success"),
        ("Runtime.ExitError", "error"),
        ("Sandbox.Failure", "failure"),
        ("Sandbox.Timedout", "timeout"),
    ],
)
def test_a_crash_is_counted_once_and_an_answered_error_not_again(
    error: str | None, status: str
) -> None:
    start, report = map(json.loads, platform_records("id-1", 1000.0, 1000.25, error))
    assert (start["type"], report["type"]) == ("platform.start", "platform.report")
    assert (start["time"], report["time"]) == (
        "1970-01-01T00:16:40.000Z",
        "1970-01-01T00:16:40.250Z",
    )
    expected = {"requestId": "id-1", "status": status}
    if status != "success":
        expected["errorType"] = str(error)
    assert report["record"] == expected


def test_functions_run_under_awss_own_runtime_client(tmp_path: Path) -> None:
    python = tmp_path / "a python"
    python.write_text('#!/bin/sh\necho "$@"\n')
    python.chmod(0o755)
    write_bootstrap(tmp_path, str(python))
    ran = subprocess.run(
        [tmp_path / "bootstrap"],
        env={"_HANDLER": "a.b", "PATH": "/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == "-m awslambdaric a.b\n"


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("CreateLogStream", "arn:group:log-stream:s"),
        ("PutLogEvents", "arn:group:log-stream:s"),
        ("DescribeLogStreams", "arn:group"),
    ],
)
def test_a_role_may_write_to_the_streams_of_its_log_group(action: str, expected: str) -> None:
    headers = {"x-amz-target": f"Logs_20140328.{action}"}
    assert stream_resource("arn:group", headers, b'{"logStreamName": "s"}') == expected


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        ([], [(b"x-forwarded-proto", b"https")]),
        ([(b"x-forwarded-proto", b"http")], [(b"x-forwarded-proto", b"http")]),
    ],
)
def test_the_buckets_policy_refuses_plain_http_only_where_a_test_asks_for_it(
    given: list[tuple[bytes, bytes]], seen: list[tuple[bytes, bytes]]
) -> None:
    scopes: list[Scope] = []

    async def application(scope: Scope, _receive: object, _send: object) -> None:
        scopes.append(scope)

    wrapped = as_if_by_https(application)
    asyncio.run(wrapped({"type": "http", "headers": given}, None, None))
    asyncio.run(wrapped({"type": "lifespan"}, None, None))
    assert [scope.get("headers") for scope in scopes] == [seen, None]


@pytest.mark.parametrize(
    ("asked", "path", "raw"),
    [
        ("/v20180820/tags/a#b", "/v20180820/tags/a#b", b"/v20180820/tags/a%23b"),
        (
            "http://1.127.0.0.1:80/v20180820/tags/a#b",
            "/v20180820/tags/a#b",
            b"/v20180820/tags/a%23b",
        ),
        ("http://1.127.0.0.1:80", "/", b"/"),
        # A key may look like an address.
        ("/bucket/http://x/y", "/bucket/http://x/y", b"/bucket/http://x/y"),
    ],
)
def test_terraform_reads_a_buckets_tags_from_a_host_that_does_not_resolve(
    asked: str, path: str, raw: bytes
) -> None:
    scopes: list[Scope] = []

    async def application(scope: Scope, _receive: object, _send: object) -> None:
        scopes.append(scope)

    scope = {"type": "http", "path": asked, "raw_path": asked.replace("#", "%23").encode()}
    asyncio.run(as_if_direct(application)(scope, None, None))
    assert (scopes[0]["path"], scopes[0]["raw_path"]) == (path, raw)


def test_a_bucket_says_as_on_aws_that_it_blocks_sse_c() -> None:
    told = with_blocked_types("<Configuration><Rule><A/></Rule></Configuration>")
    assert "<A/><BlockedEncryptionTypes><EncryptionType>SSE-C</EncryptionType>" in told
    assert with_blocked_types(told) == told, "a type that the caller chose is overwritten"


def test_a_vpc_endpoint_keeps_its_policy_its_groups_and_its_private_dns() -> None:
    told = endpoint_details('{"Sid": "A<B"}', ["sg-1", "sg-2"], private_dns=True)
    assert '<policyDocument>{"Sid": "A&lt;B"}</policyDocument>' in told
    assert "<item><groupId>sg-1</groupId></item><item><groupId>sg-2</groupId></item>" in told
    assert "<privateDnsEnabled>true</privateDnsEnabled>" in told
    assert "policyDocument" not in endpoint_details("", [], private_dns=False)


def test_a_saved_query_is_found_changed_and_deleted() -> None:
    queries = SavedQueries()
    query = {"logGroupNames": ["/aws/lambda/fc"], "name": "fc/image", "queryString": "fields a"}
    identity = queries.answer("PutQueryDefinition", query)["queryDefinitionId"]
    queries.answer("PutQueryDefinition", {**query, "name": "other/image"})
    changed = {**query, "queryDefinitionId": identity, "queryString": "fields b"}
    assert queries.answer("PutQueryDefinition", changed) == {"queryDefinitionId": identity}

    named = {"queryDefinitionNamePrefix": "fc/"}
    assert queries.answer("DescribeQueryDefinitions", named) == {"queryDefinitions": [changed]}
    delete = {"queryDefinitionId": identity}
    assert queries.answer("DeleteQueryDefinition", delete) == {"success": True}
    assert queries.answer("DeleteQueryDefinition", delete) == {"success": False}
    assert queries.answer("DescribeQueryDefinitions", named) == {"queryDefinitions": []}
