"""The launcher of the emulator: what its patches decide, apart from MiniStack."""

from __future__ import annotations

import asyncio
import json

import pytest

from local.emulator.access import Scope, as_if_direct
from local.emulator.alarms import keep_expression
from local.emulator.encryption import with_blocked_types
from local.emulator.function_log import platform_records
from local.emulator.listings import encoded
from local.emulator.network import endpoint_details
from local.emulator.queues import Answer, without_waits


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


def test_an_alarm_on_an_expression_has_no_period_and_no_statistic_of_its_own() -> None:
    alarm = {"AlarmName": "a", "Period": 60, "Statistic": "Average"}
    keep_expression(alarm, {"AlarmName": "a", "Metrics": [{"Id": "result"}]})
    assert alarm == {"AlarmName": "a", "Metrics": [{"Id": "result"}]}


@pytest.mark.parametrize(
    ("action", "agent", "status"),
    [
        ("DeleteQueue", "Terraform/1.8.5 terraform-provider-aws/6.34.0", 400),
        ("GetQueueAttributes", "Terraform/1.8.5 terraform-provider-aws/6.34.0", 200),
        ("DeleteQueue", "Boto3/1.44.8", 200),
    ],
)
def test_only_terraform_hears_that_the_queue_it_deletes_was_gone(
    action: str, agent: str, status: int
) -> None:
    async def handler(*_: object) -> Answer:
        return 200, {}, b"{}"

    headers = {"x-amz-target": f"AmazonSQS.{action}", "user-agent": agent}
    handled = without_waits(handler, (400, {}, b"gone"))("POST", "/", headers, b"", {})
    assert asyncio.run(handled)[0] == status  # type: ignore[arg-type]


def test_a_vpc_endpoint_keeps_its_policy_its_groups_and_its_private_dns() -> None:
    told = endpoint_details('{"Sid": "A<B"}', ["sg-1", "sg-2"], private_dns=True)
    assert '<policyDocument>{"Sid": "A&lt;B"}</policyDocument>' in told
    assert "<item><groupId>sg-1</groupId></item><item><groupId>sg-2</groupId></item>" in told
    assert "<privateDnsEnabled>true</privateDnsEnabled>" in told
    assert "policyDocument" not in endpoint_details("", [], private_dns=False)


def test_a_key_with_a_percent_sign_can_be_listed_and_deleted() -> None:
    """Otherwise destroy would fail for a bucket that AWS empties."""
    plain = (
        '<ListVersionsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>a%b</Name>'
        "<Prefix>challenge/</Prefix><KeyMarker /><Version>"
        "<Key>challenge/100% &amp; \u96ea.jpg</Key><VersionId>v%1</VersionId>"
        "</Version></ListVersionsResult>"
    )
    listing = encoded(plain)
    assert "<Key>challenge/100%25%20%26%20%E9%9B%AA.jpg</Key>" in listing
    assert "<Prefix>challenge/</Prefix>" in listing
    assert "<Name>a%b</Name>" in listing
    assert "<VersionId>v%1</VersionId>" in listing
    assert "EncodingType>url<" in listing
