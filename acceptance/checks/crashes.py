"""Functions that crash, and what is in a runtime: a probe with the role of examples/minimal."""

from __future__ import annotations

import io
import json
import re
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError

from acceptance.model import Scene, Verdict, check
from local import use
from tools.places import REPOSITORY

_RECORD_SECONDS = 120.0
_RUNTIMES = ("python3.12", "python3.13", "python3.14")
_OLDEST = (1, 35, 99)
"""The oldest botocore with conditional writes."""

_LISTED = r"^    ([a-z0-9-]+) += \{ function_url = (true|false)"
_DISABLED = {"UnrecognizedClientException", "OptInRequired", "InvalidClientTokenId"}
"""What a region says that the account has not enabled."""

SLEEP = "import time\n\ndef handler(event, context):\n    time.sleep(60)\n"
ALLOCATE = (
    "def handler(event, context):\n"
    "    held = []\n"
    "    while True:\n"
    "        held.append(bytearray(b'1' * 10_000_000))\n"
)
_VERSION = "import botocore\n\ndef handler(event, context):\n    return botocore.__version__\n"


def zipped(code: str) -> bytes:
    """A zip with this code, at the place of the function's own handler."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo("face_compare/handler.py"), code)
    return out.getvalue()


@contextmanager
def probe(scene: Scene, code: str, **settings: Any) -> Iterator[str]:
    """A function with the module's role and log group, until the block ends."""
    client, name = scene.client("lambda"), f"{scene.name}-probe"
    own = client.get_function_configuration(FunctionName=scene.function)
    client.create_function(
        FunctionName=name,
        Code={"ZipFile": zipped(code)},
        Handler="face_compare.handler.handler",
        LoggingConfig={
            "ApplicationLogLevel": "INFO",
            "LogFormat": "JSON",
            "LogGroup": scene.log_group,
            "SystemLogLevel": "INFO",
        },
        Role=own["Role"],
        Tags=scene.tags,
        **{"Architectures": ["arm64"], "Runtime": own["Runtime"], "Timeout": 3, **settings},
    )
    try:

        def active() -> bool:
            state = client.get_function_configuration(FunctionName=name).get("State", "Active")
            return bool(state == "Active")

        scene.wait(active, 60, "the probe")
        yield name
    finally:
        client.delete_function(FunctionName=name)


def _report(scene: Scene, function: str) -> dict[str, Any]:
    """Lambda's report of an invocation that crashes."""
    began = time.time()
    answer = scene.client("lambda").invoke(FunctionName=function, Payload=b"{}")
    payload = json.loads(answer["Payload"].read())
    told = re.search(r"RequestId: ([0-9a-f-]{36})", str(payload.get("errorMessage")))
    request = told[1] if told else answer["ResponseMetadata"]["RequestId"]

    def found() -> list[dict[str, Any]]:
        # The emulator does not tell the request's id, so every report after the invocation counts.
        pattern = '"platform.report"' if scene.endpoint else f'"{request}"'
        records = use.found_records(scene.account, scene.log_group, pattern, began)
        return [each["record"] for each in records if each.get("type") == "platform.report"]

    try:
        return scene.wait(found, _RECORD_SECONDS, "a report")[-1]
    except AssertionError:
        return {"requestId": request, "status": "no report"}


def _said(report: dict[str, Any]) -> str:
    seen = {name: report.get(name) for name in ("status", "errorType")}
    return f"{seen} (request {report.get('requestId')})"


@check(
    "timeout-is-a-crash",
    "Lambda's report of a timeout has the status that the alarm on errors counts.",
    "status timeout",
    on="minimal",
    row=4,
)
def timeout_is_a_crash(scene: Scene) -> Verdict:
    """Invoke a function that sleeps beyond its timeout."""
    # Long enough for a cold start on a busy machine.
    with probe(scene, SLEEP, Timeout=10) as name:
        report = _report(scene, name)
    return report.get("status") == "timeout", _said(report)


@check(
    "out-of-memory-is-a-crash",
    "Lambda's report of a function without memory has the type that the alarm on errors counts.",
    "errorType Runtime.OutOfMemory or Runtime.ExitError",
    on="minimal",
    row=4,
    not_local="the local stack does not limit a function's memory",
)
def out_of_memory_is_a_crash(scene: Scene) -> Verdict:
    """Invoke a function that takes all its memory."""
    with probe(scene, ALLOCATE, MemorySize=128, Timeout=30) as name:
        report = _report(scene, name)
    return report.get("errorType") in {"Runtime.OutOfMemory", "Runtime.ExitError"}, _said(report)


@check(
    "sdk-of-the-runtime",
    "The SDK in each supported runtime has conditional writes.",
    "botocore 1.35.99 or later in each",
    on="minimal",
    row=9,
    not_local="functions of the local stack run under this machine's Python",
)
def sdk_of_the_runtime(scene: Scene) -> Verdict:
    """Ask each runtime for its botocore."""
    seen = {}
    for runtime in _RUNTIMES:
        scene.go_on()
        try:
            with probe(scene, _VERSION, Runtime=runtime, Timeout=15) as name:
                answer = scene.client("lambda").invoke(FunctionName=name)
                seen[runtime] = str(json.loads(answer["Payload"].read()))
        except ClientError as error:
            seen[runtime] = error.response["Error"]["Code"]
    numbers = [tuple(map(int, re.findall(r"\d+", text))) for text in seen.values()]
    return all(each >= _OLDEST for each in numbers), seen


@check(
    "every-region",
    "Each region of the module's list has functions on arm64, and function URLs where it says so.",
    "both are made in each region that is enabled in the account",
    on="minimal",
    row=17,
    extra="regions",
    not_local="the emulator accepts every region",
)
def every_region(scene: Scene) -> Verdict:
    """Make a function with an address in each region, and remove it."""
    listed = re.findall(
        _LISTED, (REPOSITORY / "regions.tf").read_text(encoding="utf-8"), re.MULTILINE
    )
    seen = {}
    for region, has_url in listed:
        scene.go_on()
        if region.startswith("us-gov-") is scene.account.region.startswith("us-gov-"):
            seen[region] = _made(scene, region, has_url == "true")
    wrong = {region: told for region, told in seen.items() if told not in {"made", *_DISABLED}}
    return "made" in seen.values() and not wrong, wrong or seen


def _made(scene: Scene, region: str, has_url: bool) -> str:
    client, name = scene.client_in("lambda", region), f"{scene.name}-probe"
    role = scene.client("lambda").get_function_configuration(FunctionName=scene.function)["Role"]
    try:
        client.create_function(
            FunctionName=name,
            Architectures=["arm64"],
            Code={"ZipFile": zipped(_VERSION)},
            Handler="face_compare.handler.handler",
            # By the guide of GovCloud, Lambda has no JSON logs there.
            LoggingConfig={"LogFormat": "JSON"},
            Role=role,
            Runtime="python3.13",
            Tags=scene.tags,
        )
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    try:
        if has_url:
            client.create_function_url_config(FunctionName=name, AuthType="AWS_IAM")
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    finally:
        client.delete_function(FunctionName=name)
    return "made"
