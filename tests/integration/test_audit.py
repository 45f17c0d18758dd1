"""The very commands of docs/audit.md, run by sh and the AWS CLI against the local stack."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local import inventory, use
from local.photos import Album
from local.stack import REGION, account_environment
from local.upload_site import result_key
from local.use import stored
from tests.integration import shell
from tests.integration.conftest import Deployed
from tests.integration.documented import commands
from tests.integration.example_uses import have_seen, people
from tools.places import REPOSITORY

DOCUMENT = REPOSITORY / "docs" / "audit.md"
SUBJECT, OTHER = "p-4711", "p-47"
SAME, STRANGER = f"challenge/{SUBJECT}/an der Tür.jpg", f"challenge/{SUBJECT}/later.jpg"


@dataclass(frozen=True, slots=True)
class Desk:
    """Where an auditor sits: a shell with the AWS CLI, and a deployment."""

    deployed: Deployed
    folder: Path

    def run(self, name: str, **more: str) -> str:
        """Run one command of the document; what it printed."""
        command = commands(DOCUMENT)[name]
        names = {"bucket": self.deployed.bucket, "log_group": self.deployed.log_group}
        given = {**names, "subject": SUBJECT, **more}
        environment = {
            **account_environment(self.deployed.stack.endpoint),
            "AWS_DEFAULT_REGION": REGION,
            **{variable: given[variable] for variable in command.needs},
        }
        return shell.run(command.text, self.folder, environment)


@pytest.fixture(scope="module")
def desk(monitored: Deployed, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(monitored, tmp_path_factory.mktemp("desk"))


@pytest.fixture(scope="module")
def versions(desk: Desk, album: Album) -> dict[str, str]:
    """Images of two subjects, compared; the versions of the challenge images by key."""
    same, other = people(album)
    stack, bucket = desk.deployed.stack, desk.deployed.bucket
    s3 = stack.client("s3")
    have_seen(stack, bucket, desk.deployed.function, (*same, other))
    for subject in (SUBJECT, OTHER):
        use.upload(s3, bucket, f"reference/{subject}/front.jpg", same[0])
    found = {
        key: use.upload(s3, bucket, key, photo)
        for key, photo in (
            (SAME, same[1]),
            (STRANGER, other),
            (f"challenge/{OTHER}/door.jpg", same[1]),
        )
    }
    for key, version in found.items():
        stored(stack, bucket, result_key(key, version))
    manifest = f"source,target\nreference/{SUBJECT}/front.jpg,{SAME}\n"
    s3.put_object(Bucket=bucket, Key="manifests/all.csv", Body=manifest.encode())
    return found


def test_no_command_is_printed_that_nobody_ever_ran() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert set(commands(DOCUMENT)) == {
        "photo-as-it-was",
        "record-to-result",
        "result-to-record",
        "subject-batches",
        "subject-delete",
        "subject-objects",
        "subject-records",
    }
    # One block is not run: it takes the variables from Terraform.
    assert text.count("```sh") == len(commands(DOCUMENT)) + 1


def test_a_disputed_result_can_be_explained_by_its_own_record(
    desk: Desk, versions: dict[str, str]
) -> None:
    for key, decision in ((SAME, "match"), (STRANGER, "no_match")):
        where = result_key(key, versions[key])
        (record,) = records(desk.run("result-to-record", result=where))
        assert (record["target_key"], record["target_version_id"]) == (key, versions[key])
        assert record["decision"] == decision


def test_a_record_can_be_checked_against_its_result_and_image(
    desk: Desk, versions: dict[str, str], album: Album
) -> None:
    printed = desk.run("record-to-result", photo=SAME, version=versions[SAME])
    assert json.loads(printed)["image"]["version_id"] == versions[SAME]
    desk.run("photo-as-it-was", photo=SAME, version=versions[SAME])
    same, _other = people(album)
    assert (desk.folder / "photo.jpg").read_bytes() == same[1].data


@pytest.mark.usefixtures("versions")
def test_a_request_for_access_gets_all_data_about_a_person_and_nobody_elses(desk: Desk) -> None:
    keys = listed(desk.run("subject-objects"))
    folders = {key.split("/")[0] for key in keys}
    assert folders == {"challenge", "reference", "results"}
    assert all(f"/{SUBJECT}/" in key for key in keys)
    found = records(desk.run("subject-records"))
    assert {record["target_key"] for record in found if "decision" in record} == {SAME, STRANGER}
    assert not any(f"/{OTHER}/" in json.dumps(record) for record in found)
    assert desk.run("subject-batches").split() == ["lists/manifests/all.csv"]


@pytest.mark.usefixtures("versions")
def test_a_request_for_erasure_leaves_no_version_behind(desk: Desk) -> None:
    s3 = desk.deployed.stack.client("s3")
    # A version below, and a marker on top: what a plain delete leaves behind.
    s3.put_object(Bucket=desk.deployed.bucket, Key=f"reference/{SUBJECT}/old name.jpg", Body=b"old")
    s3.delete_object(Bucket=desk.deployed.bucket, Key=f"reference/{SUBJECT}/old name.jpg")
    others = everything_of(s3, desk.deployed.bucket, f"/{OTHER}/")
    assert len(everything_of(s3, desk.deployed.bucket, f"/{SUBJECT}/")) >= 7
    desk.run("subject-delete")
    assert desk.run("subject-objects").strip() in ("", "None")
    assert everything_of(s3, desk.deployed.bucket, f"/{SUBJECT}/") == set()
    assert everything_of(s3, desk.deployed.bucket, f"/{OTHER}/") == others != set()


def records(printed: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in printed.splitlines() if line.startswith("{")]


def listed(printed: str) -> list[str]:
    return [line.split("\t")[0] for line in printed.splitlines() if "\t" in line]


def everything_of(s3: Any, bucket: str, part: str) -> set[tuple[str, str]]:
    """Keys and versions of the bucket that hold ``part``, delete markers included."""
    return {(key, version) for key, version in inventory.versions(s3, bucket) if part in key}
