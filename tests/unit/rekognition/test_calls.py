"""What a real boto3 client gets from a live stand-in."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from botocore.session import get_session
from botocore.validate import ParamValidator

from local.rekognition import scripted_engine
from local.rekognition.faces import Face, ImageFile
from tests.unit.rekognition.serving import StandIn, stand_in

if TYPE_CHECKING:
    from mypy_boto3_rekognition.type_defs import ImageTypeDef

ROLE = "arn:aws:sts::000000000000:assumed-role/face/session"


@pytest.fixture(scope="module")
def sessions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sessions") / "sessions.json"
    path.write_text(json.dumps({"ASIAFACE": {"arn": ROLE}}))
    return path


@pytest.fixture
def live(sessions: Path) -> Iterator[StandIn]:
    with stand_in(sessions) as running:
        yield running


def image(key: str) -> "ImageTypeDef":
    return {"S3Object": {"Bucket": "images", "Name": key}}


ALICE, ALICE_AGAIN, BOB = image("reference/alice.jpg"), image("challenge/alice-1.jpg"), image("bob")


def refused(call: Any) -> tuple[str, int, str]:
    with pytest.raises(ClientError) as caught:
        call()
    response = caught.value.response
    assert response["ResponseMetadata"]["RequestId"]
    error = response["Error"]
    return error["Code"], response["ResponseMetadata"]["HTTPStatusCode"], error["Message"]


def test_an_image_that_two_calls_bring_at_once_is_analyzed_once(sessions: Path) -> None:
    """Otherwise a photo that is uploaded and compared takes twice the time."""
    analyzed = []

    def analyze(file: ImageFile) -> list[Face]:
        analyzed.append(file.key)
        time.sleep(0.2)
        return scripted_engine.analyze(file)

    with stand_in(sessions, analyze) as live, ThreadPoolExecutor(4) as pool:
        client = live.client()
        list(pool.map(lambda _: client.detect_faces(Image=ALICE), range(4)))
    assert analyzed == ["reference/alice.jpg"]


def test_answers_have_the_members_and_types_of_the_service(live: StandIn) -> None:
    bodies: list[dict[str, Any]] = []
    client = live.client()
    client.meta.events.register(
        "before-parse.rekognition.*",
        lambda response_dict, **_: bodies.append(json.loads(response_dict["body"])),
    )
    client.compare_faces(SourceImage=ALICE, TargetImage=ALICE_AGAIN, SimilarityThreshold=0)
    client.compare_faces(SourceImage=ALICE, TargetImage=BOB)
    client.detect_faces(Image=BOB)
    assert bodies[0]["FaceMatches"]
    assert bodies[1]["UnmatchedFaces"]
    model = get_session().get_service_model("rekognition")
    operations = ("CompareFaces", "CompareFaces", "DetectFaces")
    for operation, body in zip(operations, bodies, strict=True):
        shape: Any = model.operation_model(operation).output_shape
        assert ParamValidator().validate(body, shape).generate_report() == ""


def test_an_image_that_cannot_be_read_is_told_without_the_reason(live: StandIn) -> None:
    live.missing.add("bob")
    code, status, message = refused(lambda: live.client().detect_faces(Image=BOB))
    assert (code, status) == ("InvalidS3ObjectException", 400)
    assert message.startswith("Unable to get object metadata from S3.")


def test_an_image_of_5_mb_may_be_sent_and_a_larger_one_may_not(live: StandIn) -> None:
    def detect(size: int) -> Any:
        return live.client().detect_faces(Image={"Bytes": bytes(size)})

    assert detect(5 * 1024 * 1024)["FaceDetails"]
    assert refused(lambda: detect(5 * 1024 * 1024 + 1))[0] == "ImageTooLargeException"


def test_a_role_without_the_right_is_refused_by_name(live: StandIn) -> None:
    live.forbidden = "rekognition:CompareFaces"
    client = live.client("ASIAFACE")
    code, status, message = refused(
        lambda: client.compare_faces(SourceImage=ALICE, TargetImage=BOB)
    )
    assert (code, status) == ("AccessDeniedException", 400)
    assert message == f"User: {ROLE} is not authorized to perform: rekognition:CompareFaces"
    assert client.detect_faces(Image=BOB)["FaceDetails"]


def test_a_client_above_the_quota_is_told_at_once(live: StandIn) -> None:
    # The next call is served after 100 s: a slow machine does not get there.
    live.steering.apply(tps=0.01)
    client = live.client()
    client.detect_faces(Image=BOB)
    live.steering.apply(latency_ms=30_000)
    began = time.monotonic()
    code, status, _ = refused(lambda: client.detect_faces(Image=BOB))
    assert time.monotonic() - began < 20
    assert (code, status) == ("ProvisionedThroughputExceededException", 400)
    report = live.steering.report()
    assert (report["served"], report["throttled"]) == (1, 1)
