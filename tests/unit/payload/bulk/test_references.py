"""References are listed once for several images of a person, and never from before the upload."""

from __future__ import annotations

from typing import Any

import pytest

from face_compare.bulk.references import References
from face_compare.bulk.upload_handler import UploadHandler
from face_compare.engine.comparer import Comparer
from face_compare.model.errors import ReferenceNotFoundError
from face_compare.model.image import StoredImage
from face_compare.runtime.clients import Clients
from tests.unit.payload.bulk_work import BulkWork, uploaded
from tests.unit.payload.fake_rekognition import refusal
from tests.unit.payload.invocation import SETTINGS


@pytest.fixture
def lists(bulk: BulkWork, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The prefixes that were listed."""
    original, prefixes = bulk.s3.list_objects_v2, list[str]()

    def list_objects(**call: Any) -> Any:
        prefixes.append(call["Prefix"])
        return original(**call)

    monkeypatch.setattr(bulk.s3, "list_objects_v2", list_objects)
    return prefixes


def one_at_a_time(bulk: BulkWork, clients: Clients) -> None:
    settings = SETTINGS._replace(workers=1)
    comparer = Comparer(settings, clients, bulk.rekognition)  # type: ignore[arg-type]
    bulk.uploads = UploadHandler(settings, comparer, bulk.s3)


def test_several_images_of_a_person_in_one_batch_cost_one_list(
    bulk: BulkWork, clients: Clients, lists: list[str]
) -> None:
    """Otherwise each would cost S3's price and a fifth of the CPU once more."""
    one_at_a_time(bulk, clients)
    for name in ("alice", "bob"):
        bulk.put(f"reference/{name}/1.jpg")
    records = [
        uploaded(bulk, f"challenge/{name}/{number}.jpg")
        for number in range(3)
        for name in ("alice", "bob")
    ]
    assert bulk.deliver(*([each] for each in records)) == []
    assert lists == ["reference/alice/", "reference/bob/"]
    decisions = [bulk.result(key)["decision"] for key in bulk.result_keys()]
    assert decisions == ["match"] * 6


def test_a_reference_that_was_put_before_an_upload_is_never_overlooked(bulk: BulkWork) -> None:
    """Otherwise an image would wait though its reference is there."""
    bulk.deliver([uploaded(bulk, "challenge/alice/1.jpg")], waited_minutes=6.0)
    bulk.put("reference/alice/1.jpg")
    bulk.deliver([uploaded(bulk, "challenge/alice/2.jpg")])
    decisions = [bulk.result(key).get("decision") for key in sorted(bulk.result_keys())]
    assert decisions == [None, "match"]


def test_references_are_listed_again_while_a_long_batch_runs(
    bulk: BulkWork, lists: list[str]
) -> None:
    """Otherwise images would be compared with references that were replaced minutes ago."""
    now = [100.0]
    references = References(bulk.s3, SETTINGS, lambda: now[0])
    bulk.put("reference/alice/1.jpg")
    assert references.of("challenge/alice/a.jpg") == (StoredImage("reference/alice/1.jpg"),)
    bulk.s3.delete_object(Bucket="photos", Key="reference/alice/1.jpg")
    bulk.put("reference/alice/2.jpg")
    now[0] += 5.0
    assert references.of("challenge/alice/b.jpg") == (StoredImage("reference/alice/2.jpg"),)
    assert len(lists) == 2


def test_a_list_that_s3_refused_is_asked_for_again_by_the_next_image(
    bulk: BulkWork, clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise one refusal would send all images of a person back to the queue."""
    one_at_a_time(bulk, clients)
    original, refusals = bulk.s3.list_objects_v2, [refusal("SlowDown", 503, "ListObjectsV2")]

    def list_objects(**call: Any) -> Any:
        if refusals:
            raise refusals.pop()
        return original(**call)

    monkeypatch.setattr(bulk.s3, "list_objects_v2", list_objects)
    bulk.put("reference/alice/1.jpg")
    records = [uploaded(bulk, f"challenge/alice/{number}.jpg") for number in range(2)]
    assert bulk.deliver([records[0]], [records[1]]) == ["m0"]
    assert len(bulk.result_keys()) == 1


def test_what_file_managers_leave_beside_references_costs_no_call(bulk: BulkWork) -> None:
    """Otherwise each upload would be compared with a file that is not an image, and paid for."""
    for name in ("1.jpg", ".DS_Store", "._1.jpg", "Thumbs.db", "desktop.ini"):
        bulk.put(f"reference/alice/{name}")
    assert bulk.deliver([uploaded(bulk, "challenge/alice/1.jpg")]) == []
    (source,) = bulk.only_result()["sources"]
    assert source["key"] == "reference/alice/1.jpg"


@pytest.mark.parametrize(
    ("subject", "stored", "words"),
    [
        ("jos\u00e9", "jose\u0301", "NFD, decomposed"),
        ("jose\u0301", "jos\u00e9", "NFC, composed"),
        ("anna+lee", "anna lee", "without URL-encoding"),
    ],
)
def test_a_person_whose_references_are_under_a_name_that_looks_the_same_is_found(
    bulk: BulkWork, lists: list[str], subject: str, stored: str, words: str
) -> None:
    """Otherwise somebody would look at the right name in the console, and not see the mistake."""
    bulk.put(f"reference/{stored}/1.jpg")
    references = References(bulk.s3, SETTINGS)
    with pytest.raises(ReferenceNotFoundError, match=words) as missing:
        references.of(f"challenge/{subject}/1.jpg", anew=True)
    assert repr(stored) in str(missing.value)
    lists.clear()
    # While an image waits, each attempt costs one list.
    with pytest.raises(ReferenceNotFoundError):
        references.of(f"challenge/{subject}/2.jpg")
    assert len(lists) <= 1
