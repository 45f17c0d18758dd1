"""The start. It is fast, and changes nothing about where requests go and how they are signed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3.session
import pytest
from botocore.config import Config
from botocore.exceptions import EndpointVariantError

from face_compare.runtime.fast_start import rekognition_session
from local.function_variables import function_variables
from tests.unit.sdk.canned_sdk import COMPARED, CannedSdk
from tools.package import SOURCE

_VARIANTS = {
    "usual": Config(),
    "fips": Config(use_fips_endpoint=True),
    "dual stack": Config(use_dualstack_endpoint=True),
}


def _sent(session: boto3.session.Session, region: str, variant: Config) -> tuple[Any, ...]:
    """Return URL, scope of the signature, header names and body of CompareFaces in a region."""
    sdk = CannedSdk({"CompareFaces": [COMPARED]})
    client = sdk.attached(session.client("rekognition", region_name=region, config=variant))
    image = {"S3Object": {"Bucket": "photos", "Name": "a.jpg"}}
    client.compare_faces(SourceImage=image, TargetImage=image, SimilarityThreshold=0)
    ((_, request),) = sdk.sent
    (headers,) = sdk.headers("CompareFaces")
    credential = headers["Authorization"].partition("Credential=")[2].partition(",")[0]
    scope = credential.split("/", 2)[2]
    return request.url, scope, set(headers), headers["User-Agent"], request.body


def _regions() -> list[str]:
    session = boto3.session.Session()
    return [
        # Regions that may open after botocore was released, one in another partition.
        "eu-future-9",
        "cn-north-1",
        *(
            region
            for partition in session.get_available_partitions()
            for region in session.get_available_regions("rekognition", partition)
            if "fips" not in region
        ),
    ]


@pytest.mark.parametrize("variant", _VARIANTS.values(), ids=_VARIANTS)
def test_requests_go_where_boto3_sends_them_and_are_signed_for_it(variant: Config) -> None:
    """Without endpoints.json a region of China or GovCloud could get a wrong address."""
    usual, fast = boto3.session.Session(), rekognition_session()
    compared = set()
    for region in _regions():
        try:
            expected = _sent(usual, region, variant)
        except EndpointVariantError:
            # endpoints.json has no such endpoint. The newer rules of the service may have one.
            continue
        assert _sent(fast, region, variant) == expected
        compared.add(region)
    assert {"us-gov-west-1", "us-east-1"} <= compared


def test_requests_carry_the_trace_by_which_lambda_finds_functions_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Otherwise two functions that call each other would run until somebody reads the bill."""
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "face-compare")
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-5759e988-bd862e3fe1be46a994272793")
    _, _, headers, *_ = _sent(rekognition_session(), "eu-west-1", Config())
    assert "X-Amzn-Trace-Id" in headers


def test_with_snapstart_the_credentials_come_from_the_container_endpoint(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Otherwise the function would call with keys that ended before the snapshot was restored."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:9001/credentials")
    answer = {
        "AccessKeyId": "of-the-container",
        "SecretAccessKey": "test",
        "Token": "test",
        "Expiration": "2099-01-01T00:00:00Z",
    }
    monkeypatch.setattr(
        "botocore.credentials.ContainerMetadataFetcher.retrieve_full_uri", lambda *_, **__: answer
    )
    credentials = rekognition_session().get_credentials()
    assert credentials is not None
    assert credentials.access_key == "of-the-container"


def test_no_other_place_is_asked_for_credentials(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Looking for files and for EC2's metadata service takes 1.5 ms of every start."""
    file = tmp_path / "credentials"
    file.write_text("[default]\naws_access_key_id = a\naws_secret_access_key = b\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(LookupError, match="no credentials"):
        rekognition_session().client("rekognition")


_START = """
import gc, json, logging, os, sys
read, listed, records = [], [], []
def watch(event, arguments):
    if event == "open":
        read.append(str(arguments[0]))
    if event == "os.listdir":
        listed.append(str(arguments[0]))
class Records(logging.Handler):
    def emit(self, record):
        records.append(str(vars(record) | {"message": record.getMessage()}))
logging.getLogger("face_compare").addHandler(Records())
sys.addaudithook(watch)
import face_compare.handler
print(json.dumps({
    "read": read,
    "listed": listed,
    "records": records,
    "collecting": gc.isenabled(),
    "set_aside": gc.get_freeze_count(),
    "modules": sorted(sys.modules),
}))
"""


@pytest.fixture(scope="module")
def started() -> dict[str, Any]:
    """What the start of the function does, in a process of its own."""
    variables = function_variables(
        bucket="photos", calls_per_second=5, workers=4, timeout_seconds=30
    )
    path = os.pathsep.join([os.environ.get("PYTHONPATH", ""), str(SOURCE)])
    done = subprocess.run(
        [sys.executable, "-c", _START],
        env={**os.environ, **variables, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_start_reads_the_data_of_rekognition_only_and_says_nothing(
    started: dict[str, Any],
) -> None:
    """Otherwise every cold start would be slower by a fifth, and nobody would know why."""
    assert any("rekognition" in path for path in started["read"])
    assert not [path for path in started["read"] if "endpoints.json" in path]
    services = {
        path.partition("/botocore/data/")[2].partition("/")[0] for path in started["listed"]
    }
    assert services - {""} == {"rekognition"}
    assert started["records"] == []


def test_garbage_is_collected_after_the_start_but_never_among_its_objects(
    started: dict[str, Any],
) -> None:
    """Otherwise memory would fill up within hours, or some invocation would wait 15 ms."""
    assert started["collecting"] is True
    # botocore alone makes tens of thousands.
    assert started["set_aside"] > 10_000


def test_the_start_imports_nothing_that_one_comparison_does_not_need(
    started: dict[str, Any],
) -> None:
    """A module is compiled at every cold start. They take up to a millisecond of CPU each."""
    rooms = {"contract", "engine", "model", "runtime"}
    imported = {
        module.removeprefix("face_compare.")
        for module in started["modules"]
        if module.startswith("face_compare.")
    }
    assert imported - rooms == {
        "contract.answer",
        "contract.event_source",
        "contract.request",
        "engine.comparer",
        "engine.rekognition",
        "handler",
        "model.comparison",
        "model.errors",
        "model.image",
        "model.rule",
        "runtime.audit",
        "runtime.clients",
        "runtime.fast_start",
        "runtime.settings",
        "service",
    }
