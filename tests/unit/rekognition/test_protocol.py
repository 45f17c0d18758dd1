"""The wire: what a real boto3 client gets from a live stand-in."""

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from local.rekognition.authority import Decision
from local.rekognition.faces import Face, Photo
from tests.unit.rekognition.model_check import assert_fits
from tests.unit.rekognition.serving import Standin, standin
from tests.waiting import eventually

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_rekognition.type_defs import ImageTypeDef

ROLE = "arn:aws:sts::000000000000:assumed-role/face/session"


@pytest.fixture(scope="module")
def principals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("principals") / "principals.json"
    path.write_text(json.dumps({"ASIAFACE": {"arn": ROLE, "secret_access_key": "secret"}}))
    return path


@pytest.fixture(scope="module")
def running(principals: Path) -> Iterator[Standin]:
    with standin(principals) as live:
        yield live


@pytest.fixture
def live(running: Standin) -> Iterator[Standin]:
    yield running
    running.rights.decisions.clear()
    running.shelf.missing.clear()
    running.control.apply(
        {"latency_ms": 0, "tps": None, "clear_script": True, "reset_counters": True}
    )


@pytest.fixture
def client(live: Standin) -> "RekognitionClient":
    return live.client("ASIAFACE", "secret")


def photo(key: str) -> "ImageTypeDef":
    return {"S3Object": {"Bucket": "photos", "Name": key}}


ALICE, ALICE_AGAIN, BOB = photo("reference/alice.jpg"), photo("challenge/alice-1.jpg"), photo("bob")


def refused(call: Any) -> tuple[str, int, str]:
    with pytest.raises(ClientError) as caught:
        call()
    response = caught.value.response
    assert response["ResponseMetadata"]["RequestId"]
    error = response["Error"]
    return error["Code"], response["ResponseMetadata"]["HTTPStatusCode"], error["Message"]


def test_a_comparison_round_trips(client: "RekognitionClient") -> None:
    """Else the payload's client could not read the answer."""
    answer = client.compare_faces(
        SourceImage=ALICE, TargetImage=ALICE_AGAIN, SimilarityThreshold=0, QualityFilter="NONE"
    )
    assert answer["FaceMatches"][0]["Similarity"] > 99
    assert len(answer["ResponseMetadata"]["RequestId"]) == 36


def test_a_detection_round_trips(client: "RekognitionClient") -> None:
    """Else the payload could not tell which photo has no face."""
    crowd = client.detect_faces(Image=photo("crowd3-a"), Attributes=["ALL"])
    assert len(crowd["FaceDetails"]) == 3
    assert client.detect_faces(Image=photo("noface"))["FaceDetails"] == []


def test_inline_bytes_are_compared(client: "RekognitionClient") -> None:
    """Else photos sent inline would only be tried in the account."""
    answer = client.compare_faces(SourceImage={"Bytes": b"x"}, TargetImage={"Bytes": b"x"})
    assert answer["FaceMatches"]


def test_the_raw_answers_fit_the_service_model(live: Standin) -> None:
    """Else another SDK than boto3 would stumble over what boto3 ignores."""
    bodies: list[dict[str, Any]] = []
    client = live.client()
    client.meta.events.register(
        "before-parse.rekognition.*",
        lambda response_dict, **_: bodies.append(json.loads(response_dict["body"])),
    )
    client.compare_faces(SourceImage=ALICE, TargetImage=photo("crowd4-x"), SimilarityThreshold=0)
    client.compare_faces(SourceImage=ALICE, TargetImage=BOB)
    client.detect_faces(Image=BOB)
    assert len(bodies) == 3
    assert_fits(bodies[0], "CompareFaces")
    assert bodies[1]["UnmatchedFaces"]
    assert_fits(bodies[1], "CompareFaces")
    assert_fits(bodies[2], "DetectFaces")


def test_no_face_is_told_as_the_service_tells_it(client: "RekognitionClient") -> None:
    """Else the payload's diagnosis would never run locally."""
    assert refused(
        lambda: client.compare_faces(SourceImage=ALICE, TargetImage=photo("noface"))
    ) == ("InvalidParameterException", 400, "Request has invalid parameters")


@pytest.mark.parametrize(
    "image", [{}, {"Bytes": b"x", "S3Object": {"Bucket": "photos", "Name": "x"}}, {"S3Object": {}}]
)
def test_an_image_that_is_none_or_two_is_an_invalid_parameter(
    client: "RekognitionClient", image: "ImageTypeDef"
) -> None:
    """Else an ambiguous request would be answered with a guess."""
    assert refused(lambda: client.detect_faces(Image=image))[0] == "InvalidParameterException"


def test_what_cannot_be_read_has_one_answer(live: Standin, client: "RekognitionClient") -> None:
    """Else the payload would learn more locally than the account tells it."""
    live.shelf.missing.add("bob")
    code, status, message = refused(lambda: client.detect_faces(Image=BOB))
    assert (code, status) == ("InvalidS3ObjectException", 400)
    assert message.startswith("Unable to get object metadata from S3.")


@pytest.mark.parametrize(
    ("decision", "reason"),
    [
        (
            Decision.IMPLICIT_DENY,
            "because no identity-based policy allows the rekognition:CompareFaces action",
        ),
        (Decision.EXPLICIT_DENY, "with an explicit deny in an identity-based policy"),
    ],
)
def test_a_caller_without_the_right_is_named(
    live: Standin, client: "RekognitionClient", decision: Decision, reason: str
) -> None:
    """Else the least-privilege proof would have nothing to show."""
    live.rights.decisions["rekognition:CompareFaces"] = decision
    assert refused(lambda: client.compare_faces(SourceImage=ALICE, TargetImage=BOB)) == (
        "AccessDeniedException",
        400,
        f"User: {ROLE} is not authorized to perform: rekognition:CompareFaces {reason}",
    )
    assert client.detect_faces(Image=BOB)["FaceDetails"]


def test_strangers_are_not_served(live: Standin) -> None:
    """Else a function without credentials would work locally."""
    stranger = live.client("ASIANOBODY", "secret")
    assert refused(lambda: stranger.detect_faces(Image=BOB))[0] == "UnrecognizedClientException"
    liar = live.client("ASIAFACE", "guess")
    assert refused(lambda: liar.detect_faces(Image=BOB))[0] == "InvalidSignatureException"
    unsigned = httpx.post(
        f"{live.url}/", headers={"X-Amz-Target": "RekognitionService.DetectFaces"}, content="{}"
    )
    assert unsigned.status_code == 400
    assert unsigned.json()["__type"] == "MissingAuthenticationTokenException"
    assert unsigned.headers["content-type"] == "application/x-amz-json-1.1"


def test_another_operation_is_unknown(client: "RekognitionClient") -> None:
    """Else a call that the stand-in does not serve would look like an outage."""
    assert refused(client.list_collections)[0] == "UnknownOperationException"


def test_a_request_beyond_two_photos_is_cut_off(live: Standin) -> None:
    """Else one client could fill the memory."""
    answer = httpx.post(f"{live.url}/", content=bytes(21 * 1024 * 1024), timeout=20)
    assert answer.status_code == 413


def test_a_page_in_a_browser_cannot_get_here_by_name(live: Standin) -> None:
    """Else a web page could steer the stand-in through a name that points to loopback."""
    answer = httpx.get(f"{live.url}/_control", headers={"Host": "evil.example"})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("fault", "code", "status"),
    [
        ("throttling", "ThrottlingException", 400),
        ("provisioned", "ProvisionedThroughputExceededException", 400),
        ("internal", "InternalServerError", 500),
        ("unavailable", "ServiceUnavailable", 503),
    ],
)
def test_scripted_faults_are_the_service_s(
    live: Standin, fault: str, code: str, status: int
) -> None:
    """Else a fault test would prove something about another error."""
    httpx.post(f"{live.url}/_control", json={"script": [{"fault": fault}]}).raise_for_status()
    client = live.client()
    assert refused(lambda: client.detect_faces(Image=BOB))[:2] == (code, status)
    assert client.detect_faces(Image=BOB)["FaceDetails"]


@pytest.mark.parametrize("fault", ["throttling", "provisioned", "internal", "unavailable", "reset"])
def test_botocore_retries_the_passing_faults(live: Standin, fault: str) -> None:
    """Else the payload's retries would not be exercised."""
    live.control.apply({"script": [{"fault": fault}]})
    client = live.client(retries={"total_max_attempts": 2, "mode": "standard"})
    answer = client.detect_faces(Image=BOB)
    assert answer["ResponseMetadata"]["RetryAttempts"] == 1


def test_a_reset_connection_is_one(live: Standin) -> None:
    """Else "connection reset" would be an HTTP error in disguise."""
    live.control.apply({"script": [{"fault": "reset"}]})
    with pytest.raises(ConnectionClosedError):
        live.client().detect_faces(Image=BOB)


def test_a_hanging_call_ends_with_the_client_s_patience(live: Standin) -> None:
    """Else read timeouts could not be tested."""
    live.control.apply({"script": [{"fault": "hang"}]})
    began = time.monotonic()
    with pytest.raises(ReadTimeoutError):
        live.client(read_timeout=0.3).detect_faces(Image=BOB)
    assert time.monotonic() - began < 3
    eventually(lambda: not live.control.report()["in_flight"], 5, "the call's end", every=0.02)


def test_the_quota_refuses_and_says_so_at_once(live: Standin) -> None:
    """Else a client at the limit would wait for its refusals too."""
    # The next call is let in after 10 s: a busy machine gets no second one by being slow.
    live.control.apply({"tps": 0.1})
    client = live.client()
    client.detect_faces(Image=BOB)
    live.control.apply({"latency_ms": 2000})
    began = time.monotonic()
    code, status, _ = refused(lambda: client.detect_faces(Image=BOB))
    assert time.monotonic() - began < 2
    assert (code, status) == ("ProvisionedThroughputExceededException", 400)
    report = httpx.get(f"{live.url}/_control").json()
    assert (report["served"], report["throttled"]) == (1, 1)


def test_calls_wait_side_by_side(live: Standin) -> None:
    """Else 50 calls a second of 300 ms each could not be served."""
    live.control.apply({"latency_ms": 300})
    client = live.client(max_pool_connections=15)
    began = time.monotonic()
    with ThreadPoolExecutor(15) as pool:
        list(pool.map(lambda _: client.detect_faces(Image=BOB), range(15)))
    assert time.monotonic() - began < 2.5
    assert live.control.report()["most_in_flight"] >= 10


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"tsp": 5}', b'{"script": 7}'])
def test_a_wrong_control_is_told(live: Standin, body: bytes) -> None:
    """Else a benchmark would run with other settings than it names."""
    answer = httpx.post(f"{live.url}/_control", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]


class Gate:
    """An engine that holds its threads until it is let go."""

    def __init__(self) -> None:
        self.open = threading.Event()

    def analyse(self, photo: Photo) -> tuple[Face, ...]:  # noqa: ARG002
        assert self.open.wait(10)
        raise ZeroDivisionError("inside the engine")


def test_photos_at_work_do_not_hold_up_the_others_and_a_crash_is_a_500() -> None:
    """Else health checks and refusals would wait for photos, or a crash look like a refusal."""
    gate = Gate()
    with standin(engine=gate) as live, ThreadPoolExecutor(4) as pool:
        client = live.client()
        busy = [pool.submit(client.detect_faces, Image=BOB) for _ in range(4)]
        began = time.monotonic()
        assert httpx.get(f"{live.url}/").text == "ok"
        live.shelf.missing.add("gone")
        refusal = refused(lambda: live.client().detect_faces(Image=photo("gone")))
        assert refusal[0] == "InvalidS3ObjectException"
        assert time.monotonic() - began < 5
        assert not any(call.done() for call in busy)
        gate.open.set()
        for call in busy:
            assert refused(call.result)[:2] == ("InternalServerError", 500)
