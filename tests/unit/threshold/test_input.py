"""What is read, in every spelling that people use, and what is refused with one sentence."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from face_compare.model import errors
from tests.unit.threshold.a_run import HEADER, ARun, failed_batch, failure, result
from threshold import charts
from threshold.__main__ import main
from threshold.results import _NOT_ACQUIRED


@pytest.fixture(autouse=True)
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Charts take most of a report's time, and test_report.py looks at them."""
    monkeypatch.setattr(charts, "drawn", lambda _facts: dict.fromkeys(charts._CHARTS))


@pytest.fixture
def run(tmp_path: Path) -> ARun:
    """A run of four pairs that is whole. Each test breaks it in its own way."""
    run = ARun(tmp_path)
    for label, score in (("genuine", 99.1), ("impostor", 3.5), ("genuine", 97.0), ("impostor", 60)):
        run.add(label, score)
    return run.write()


Break = Callable[[ARun], object]


def relabel(old: str, new: str) -> Break:
    return lambda run: (run.folder / "labels.csv").write_text(run.labels.replace(old, new))


def rescore(similarity: str) -> Break:
    return lambda run: run.results.write_text(run.results.read_text().replace("99.1", similarity))


def raw_labels(data: bytes) -> Break:
    return lambda run: (run.folder / "labels.csv").write_bytes(data)


def cut(count: int) -> Break:
    return lambda run: run.results.write_bytes(run.results.read_bytes()[:-count])


def listed(size: int) -> Break:
    files = {"SUCCEEDED": [{"Key": "results/batch/x/map-run/SUCCEEDED_0.jsonl", "Size": size}]}
    manifest = json.dumps({"DestinationBucket": "b", "ResultFiles": {**files, "FAILED": []}})
    return lambda run: run.results.with_name("manifest.json").write_text(manifest)


def in_fractions(run: ARun) -> None:
    for line in run.lines:
        line["similarity"] /= 100
    run.write()


def subjects(*people: str) -> Break:
    def change(run: ARun) -> None:
        rows = run.labels.splitlines()[1:]
        listed = [f"{row},{each}" for row, each in zip(rows, people, strict=True)]
        listed = [f"{HEADER},subject,target_subject", *listed]
        (run.folder / "labels.csv").write_text("\n".join(listed))

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (relabel("0.jpg,genuine", "0.jpg,maybe"), "line 2 has the label 'maybe'"),
        (relabel("0.jpg,genuine", "0.jpg"), "line 2 has 2 columns, but the header has 3"),
        (relabel("reference/0.jpg", ""), "line 2 has no source"),
        (relabel("challenge/0.jpg", '"challenge/0.jpg'), "is not CSV"),
        (relabel("label\n", "same\n"), "must have one column label"),
        (relabel("impostor", "genuine"), "None of the 4 labels is impostor"),
        (
            relabel("reference/2.jpg,challenge/2", "reference/0.jpg,challenge/0"),
            "lists reference/0",
        ),
        (
            relabel("reference/2", "reference/two"),
            "no label for 1 result, for example reference/2.jpg",
        ),
        (raw_labels(HEADER.encode("utf-16")), "is not UTF-8"),
        (raw_labels(b'[{"source": "a"}]'), "line 1 is not a JSON object"),
        (rescore("101"), "line 1 has the similarity 101"),
        (rescore("NaN"), "line 1 has the similarity nan"),
        (rescore('"high"'), "line 1 has the similarity 'high'"),
        (cut(9), "line 4 is not JSON: the file is cut off"),
        (
            lambda run: run.results.write_bytes(b"".join(run.results.open("rb").readlines()[:3])),
            "There is no result for 1 label, for example reference/3.jpg with challenge/3.jpg:",
        ),
        (listed(1), "of the 1 bytes that manifest.json lists"),
        (lambda run: run.results.write_text("{}\n"), "line 1 is not a result of modules/batch"),
        (lambda run: run.results.unlink(), "holds no SUCCEEDED_* or FAILED_* file"),
        # Another tool's scores. They would give a threshold that lets everybody in.
        (in_fractions, "the scale of similarity is 0 to 100"),
        # A second run in the same folder. Its pairs would count twice.
        (
            lambda run: run.results.with_name("SUCCEEDED_1.jsonl").write_bytes(
                run.results.read_bytes()
            ),
            "a second result of reference/0.jpg with challenge/0.jpg",
        ),
        # A label that contradicts the subjects.
        (subjects("a,a", "a,b", "b,c", "a,c"), "line 4 contradicts itself: the label says genuine"),
        (subjects("a,", "a,b", ",", "a,c"), "line 4 has no subject, but others have"),
    ],
)
def test_bad_input_gets_one_sentence_and_costs_nothing(
    run: ARun, change: Break, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Otherwise a report would rest on part of the pairs, or replace one that was whole."""
    assert run.report() == 0
    whole = (run.folder / "report.json").read_bytes()
    capsys.readouterr()
    change(run)
    assert run.report() == 2
    told = capsys.readouterr()
    sentence = told.err.strip().splitlines()[-1]
    assert said in sentence
    assert "Traceback" not in told.err
    assert told.out == ""
    assert (run.folder / "report.json").read_bytes() == whole


@pytest.mark.parametrize(
    "labels",
    [("yes", "no"), ("1", "0"), ("TRUE", " False "), ("Same", "different")],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n", "\n , ,\n", ",,\n"])
def test_a_list_from_a_spreadsheet_is_read(run: ARun, labels: tuple[str, str], end: str) -> None:
    """Otherwise people would have to learn one spelling."""
    listed = run.labels.replace(HEADER, " Source,TARGET,Label").replace("genuine", labels[0])
    listed = "\ufeff" + listed.replace("impostor", labels[1]).replace("\n", end)
    (run.folder / "labels.csv").write_bytes(listed.encode())
    assert run.report() == 0
    assert (run.facts["pairs"]["genuine"], run.facts["pairs"]["impostor"]) == (2, 2)
    (run.folder / "labels.csv").write_bytes(listed.replace(",", ";").encode())
    assert run.report() == 0


def test_keys_with_commas_quotes_and_accents_are_joined(tmp_path: Path) -> None:
    """Otherwise such photos would be left out."""
    run = ARun(tmp_path)
    keys = 'reference/O\'Neil, "Zoë".jpg', "challenge/ü;1.jpg"
    quoted = ",".join('"' + key.replace('"', '""') + '"' for key in keys)
    run.labels += f"{quoted},genuine\n"
    run.lines.append(result(*keys, 99.0))
    assert run.add("impostor", "5.5").write().report() == 0
    assert run.facts["suspects"]["genuine"][0]["pair"] == " with ".join(keys)


def test_json_lines_with_versions_and_several_sources_are_joined(run: ARun) -> None:
    """Otherwise a list that a batch takes could not be judged."""
    run.lines[0]["source"]["version_id"] = "v1"
    rows: list[dict[str, Any]] = [
        {"source": {"key": "reference/0.jpg", "version_id": "v1"}, "label": True},
        {"source": "reference/1.jpg", "label": 0},
        {"sources": ["reference/older.jpg", "reference/2.jpg"], "label": "genuine"},
        {"Source": "reference/3.jpg", "label": False},
    ]
    lines = [json.dumps({"target": f"challenge/{i}.jpg", **row}) for i, row in enumerate(rows)]
    run.write()
    with gzip.open(run.folder / "labels.jsonl.gz", "wt") as file:
        file.write("\n\n".join(lines))
    run.results.with_name("SUCCEEDED_0.jsonl.gz").write_bytes(
        gzip.compress(run.results.read_bytes())
    )
    run.results.unlink()
    assert run.report(labels="labels.jsonl.gz") == 0
    assert run.facts["pairs"]["listed"] == 4


def test_what_was_not_acquired_is_apart_from_what_was_not_compared(run: ARun) -> None:
    """Otherwise photos without a face would count as rejections, or outages as bad photos."""
    pairs = [(f"reference/{name}.jpg", f"challenge/{name}.jpg") for name in "abcdefg"]
    run.labels += "".join(f"{source},{target},genuine\n" for source, target in pairs)
    run.lines += [
        failure(*pairs[0], "NoFaceInTargetError"),
        failure(*pairs[1], "ImageNotFoundError"),
        {
            "item": '{"source": "reference/c.jpg", "target": "challenge/c.jpg", "x": 1}',
            "error": {"type": "InvalidRequestError"},
        },
        result(*pairs[6], None),
    ]
    run.write()
    # One of the failed pairs is decided after a redrive, in a file that is read earlier or later.
    failed = [
        failed_batch(pairs[3:5], "SeveralFacesInTargetError"),
        failed_batch([pairs[5], ("reference/0.jpg", "challenge/0.jpg")], "ThrottledError"),
    ]
    run.results.with_name("FAILED_0.jsonl").write_text(
        "".join(json.dumps(f) + "\n" for f in failed)
    )
    assert run.report() == 0
    acquisition = run.facts["acquisition"]
    assert acquisition["types"] == {"SeveralFacesInTargetError": 2, "NoFaceInTargetError": 1}
    assert (acquisition["errors"], acquisition["pairs"]) == (3, 8)
    assert run.facts["not_compared"] == {
        "ThrottledError": 1,
        "ImageNotFoundError": 1,
        "unreadable line of the list": 1,
    }
    assert (run.facts["pairs"]["genuine"], run.facts["pairs"]["without_scored_face"]) == (3, 1)


def test_pairs_without_a_label_or_result_are_left_out_on_request(run: ARun) -> None:
    """Otherwise a run that stopped half-way, or was labeled in part, would be of no use."""
    run.lines.append(result("reference/new.jpg", "challenge/new.jpg", 50))
    run.labels += "reference/x.jpg,challenge/x.jpg,genuine\n"
    assert run.write().report() == 2
    assert run.report("--partial") == 0
    counted = run.facts["pairs"]
    assert (counted["results_without_label"], counted["labels_without_result"]) == (1, 1)


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket="photos")
        yield "photos"


def test_a_run_is_read_from_the_bucket(run: ARun, bucket: str) -> None:
    """Otherwise people would have to copy it by hand, or would get another run's pairs too."""
    s3 = boto3.client("s3")
    s3.put_object(Bucket=bucket, Key="manifests/pairs.csv", Body=run.labels.encode())
    for name in ("run", "run-2"):
        key = f"results/batch/{name}/map-run/SUCCEEDED_0.jsonl"
        s3.put_object(Bucket=bucket, Key=key, Body=run.results.read_bytes())
    assert run.report() == 0
    local = run.facts
    for folder in ("results/batch/run/", "results/batch/run"):
        places = (f"s3://{bucket}/{folder}", f"s3://{bucket}/manifests/pairs.csv")
        assert main([*places, "--out", str(run.folder / "report")]) == 0
        found = json.loads((run.folder / "report.json").read_text())
        assert found["table"] == local["table"]


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (
            "s3://photos/results/batch/none/",
            "There is nothing to read at s3://photos/results/batch",
        ),
        ("s3://elsewhere/results/", "Cannot read s3://elsewhere/results/"),
        ("s3://photos", "must name a file or folder in a bucket"),
        ("results/none", "There is no file or folder results/none"),
    ],
)
@pytest.mark.usefixtures("bucket")
def test_a_place_that_is_not_there_is_one_sentence(
    run: ARun, place: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Otherwise a newcomer would meet botocore's stack."""
    assert main([place, str(run.folder / "labels.csv")]) == 2
    assert said in capsys.readouterr().err


def test_failures_to_acquire_are_errors_of_the_function() -> None:
    """Otherwise an error that gets another name would silently count as an outage."""
    assert all(issubclass(getattr(errors, name), errors.FaceCompareError) for name in _NOT_ACQUIRED)


def test_a_list_from_a_spreadsheet_finds_its_results(tmp_path: Path) -> None:
    """Otherwise blanks and capitals, which a batch accepts, would make labels look missing."""
    labels = 'ID, "Source" ,TARGET, "Label"\n1, "reference/0.jpg" ,challenge/0.jpg , "Genuine"\n'
    labels += (
        "2,reference/1.jpg , challenge/1.jpg,impostor\n3,reference/2.jpg,challenge/2.jpg, no\n"
    )
    item = {"ID": "3", " Source ": "reference/2.jpg ", ' "TARGET"': ' "challenge/2.jpg"'}
    empty = {"ID": "", " Source ": "", "TARGET": " "}
    told = {"Items": [item, empty], "BatchInput": {"execution": "arn", "format": "CSV"}}
    failed = {"Input": json.dumps(told), "Error": "NoFaceInTargetError", "Status": "FAILED"}
    columns = {"columns": {"ID": "1", "Label": "Genuine"}}
    decided = {**result("reference/0.jpg", "challenge/0.jpg", 99.0), **columns}
    other = result("reference/1.jpg", "challenge/1.jpg", 2.0)
    run = ARun(tmp_path, labels, [decided, other, failed]).write()
    assert run.report() == 0
    pairs = run.facts["pairs"]
    assert (pairs["genuine"], pairs["impostor"]) == (1, 1)
