"""A list that is not one: otherwise a run would fail pair by pair, where nobody looks."""

from __future__ import annotations

import pytest

from face_compare.bulk.manifest import problem_of
from face_compare.model import errors
from tests.unit.payload.bulk_work import INVOCATION, BulkWork
from tests.unit.payload.direct import FAILED, Direct, Records
from tests.unit.payload.invocation import Context

ROW = "reference/a.jpg,challenge/b.jpg\n"
PAIR = '{"source": "reference/a.jpg", "target": "challenge/b.jpg"}\n'


@pytest.mark.parametrize(
    "text",
    [
        "source,target\n" + ROW,
        "source,target",
        "source,target\r\n" + ROW,
        "\ufeffsource,target\n" + ROW,
        "Source, TARGET \n" + ROW,
        '"source","target"\n' + ROW,
        "id,target,source,label\n1,challenge/b.jpg,reference/a.jpg,genuine\n",
        "source,target,explain,explanation\n",
        "source,target,,\n" + ROW,
        ",source,,target, ,\n",
        '\ufeff"source", "target","note\n(optional)"\n',
        'source,target,"a name in Cyrillic: \u0438\u043c\u044f"\n' * 500,
        "source,target," + "n" * 20_000,
    ],
)
def test_every_header_with_the_two_columns_is_accepted(text: str) -> None:
    assert problem_of(text.encode()[: 10 * 1024], is_csv=True) == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("source;target\nreference/a.jpg;challenge/b.jpg\n", "separated by semicolons"),
        ("source\ttarget\nreference/a.jpg\tchallenge/b.jpg\n", "separated by tabs"),
        ("source|target\n", "separated by vertical bars"),
        (ROW, "has no header: it begins with 'reference/a.jpg,challenge/b.jpg'"),
        ("source\nreference/a.jpg\n", "has no column target"),
        ("target,id\n", "has no column source"),
        ("source,Source,target\n", "the column 'source' twice"),
        ("sources,target\n", "has no column source"),
        ("", "is empty"),
        ("\ufeff\n\n", "is empty"),
        ("\nsource,target\n", "has no header"),
        ("Table 1\nsource,target\n", "has no header: it begins with 'Table 1'"),
    ],
)
def test_a_bad_header_is_told_by_one_sentence_that_says_what_it_must_be(
    text: str, words: str
) -> None:
    found = problem_of(text.encode(), is_csv=True)
    assert words in found
    assert "source,target" in found


@pytest.mark.parametrize("name", ["similarity_treshold", "Match Threshold"])
def test_a_misspelled_column_of_the_rule_is_told_before_any_pair_fails_by_it(name: str) -> None:
    found = problem_of(f"source,target,{name}\n".encode(), is_csv=True)
    assert f"unknown column {name.lower()!r}" in found


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04\x14\x00", "Excel workbook"),
        ("source,target\n".encode("utf-16"), "UTF-16"),
        (b"\x1f\x8b\x08", "gzip"),
        (PAIR.encode(), "ends in .jsonl"),
        ("source,target\nreference/Ren\u00e9.jpg,b.jpg\n".encode("cp1252"), "the byte 0xe9"),
        (b"\xef\xbb\xbfsource,target\nreference/Ren\xe9.jpg,b.jpg\n", "the byte 0xe9"),
        (("source,target\n" + ROW).replace("\n", "\r").encode(), "with CR only"),
    ],
)
def test_a_file_of_another_kind_under_a_lists_name_is_named(content: bytes, words: str) -> None:
    assert words in problem_of(content, is_csv=True)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16"])
def test_json_lines_are_not_to_be_saved_as_csv(encoding: str) -> None:
    content = '{"source": "reference/Ren\u00e9.jpg", "target": "b.jpg"}\n'.encode(encoding)
    assert problem_of(content, is_csv=False).endswith("Save it as JSON Lines in UTF-8")


@pytest.mark.parametrize(
    "text",
    [
        PAIR,
        "\ufeff" + PAIR,
        "\n" + PAIR,
        '{"id": 1, "sources": ["a"], "target": {"key": "b"}}',
        # A first line that is longer than what is read.
        '{"source": "' + "a" * 10 * 1024,
        '\n{"source": "' + "a" * 10 * 1024,
    ],
)
def test_every_first_line_that_names_a_pair_is_accepted(text: str) -> None:
    assert problem_of(text.encode()[: 10 * 1024], is_csv=False) == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("source,target\n" + ROW, "is not JSON Lines: it begins with 'source,target'"),
        ('[\n{"source": "a", "target": "b"}\n]', "one JSON list"),
        ('[{"source": "a", "target": "b"}]\n', "not JSON Lines of objects"),
        ('"reference/a.jpg"\n', "not JSON Lines of objects"),
        ('{"source": "a"}\n', "does not name a source and a target"),
        ('{"source": "a",\n"target": "b"}\n', "is not JSON Lines"),
        ("[" * 9000, "one JSON list"),
        ("", "is empty"),
    ],
)
def test_a_bad_first_line_is_told_by_one_sentence_that_says_what_a_line_must_be(
    text: str, words: str
) -> None:
    found = problem_of(text.encode(), is_csv=False)
    assert words in found
    assert '{"source": "reference/a.jpg", "target": "…"}' in found


def check(bulk: BulkWork, key: object) -> object:
    return bulk.batches.check({"manifest": key}, INVOCATION)


def test_only_the_beginning_of_a_long_list_is_read(bulk: BulkWork) -> None:
    """Otherwise a list of a million pairs would not fit into the function's memory."""
    bulk.s3.put_object(
        Bucket="photos", Key="manifests/a.csv", Body=b"source,target\n" + ROW.encode() * 9000
    )
    original, ranges = bulk.s3.get_object, list[str]()

    def get_object(**call: str) -> object:
        ranges.append(call["Range"])
        return original(**call)

    bulk.monkeypatch.setattr(bulk.s3, "get_object", get_object)
    assert check(bulk, "manifests/a.csv") == {"manifest": "manifests/a.csv"}
    assert ranges == ["bytes=0-10239"]


def test_a_list_that_cannot_be_read_is_named_with_its_problem(
    bulk: BulkWork, records: Records
) -> None:
    bulk.s3.put_object(Bucket="photos", Key="manifests/empty.csv", Body=b"")
    bulk.s3.put_object(Bucket="photos", Key="manifests/bad.jsonl", Body=b"a;b\n")
    for key, words in (
        ("manifests/empty.csv", "'manifests/empty.csv' is empty"),
        ("manifests/none.csv", "no manifest 'manifests/none.csv' in the bucket photos"),
        ("manifests/bad.jsonl", "'manifests/bad.jsonl' is not JSON Lines"),
        ("", "manifest"),
        (7, "manifest"),
    ):
        with pytest.raises(errors.InvalidManifestError, match=words):
            check(bulk, key)
    assert len(records.of(FAILED)) == 5


@pytest.mark.parametrize(
    "key",
    ["results/alice/1.jpg/v.json", "challenge/alice/1.jpg", "manifests/a.CSV", "results/a.csv "],
)
def test_a_caller_does_not_learn_how_a_result_or_another_file_begins(
    bulk: BulkWork, key: str
) -> None:
    bulk.s3.put_object(Bucket="photos", Key=key, Body=b'{"similarity": 99.3}')
    with pytest.raises(errors.InvalidManifestError) as caught:
        check(bulk, key)
    assert str(caught.value).endswith("KEY ends in .csv or .jsonl.")


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("InternalError", 500, errors.ServiceUnavailableError),
        ("AccessDenied", 403, errors.CallForbiddenError),
    ],
)
def test_a_list_that_cannot_be_read_now_is_not_called_bad(
    bulk: BulkWork, code: str, status: int, error: type[Exception]
) -> None:
    bulk.refuse("get_object", code, status)
    with pytest.raises(error):
        check(bulk, "manifests/a.csv")


def test_the_state_machines_question_reaches_the_check(direct: Direct) -> None:
    with pytest.raises(errors.InvalidManifestError):
        direct.serve(Context(), manifest="")
