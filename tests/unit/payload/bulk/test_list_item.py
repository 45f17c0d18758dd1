"""Otherwise a list from a spreadsheet would be refused line by line, or decided by another rule."""

from __future__ import annotations

import json

import pytest

from face_compare.bulk.list_item import list_item
from face_compare.contract.request import parse_request
from face_compare.model.errors import InvalidRequestError
from face_compare.model.image import StoredImage
from face_compare.model.rule import Rule
from tests.unit.payload.bulk_work import BulkWork

KEYS = {"source": "reference/a.jpg", "target": "challenge/b.jpg"}


@pytest.mark.parametrize(
    "item",
    [
        KEYS,
        {"\ufeffsource": "reference/a.jpg", "target": "challenge/b.jpg"},
        {"Source": "reference/a.jpg", "TARGET": "challenge/b.jpg"},
        {" source": "reference/a.jpg", "target ": "challenge/b.jpg"},
        {"source\u00a0": "reference/a.jpg", "\ttarget\r": "challenge/b.jpg"},
        {"source": " reference/a.jpg", "target": "challenge/b.jpg "},
        # Step Functions fills a short row with empty texts.
        {**KEYS, "similarity_threshold": "", "require_single_face": " "},
        {**KEYS, "": "", " ": " "},
        {'\ufeff"source"': "reference/a.jpg", ' "target"': ' "challenge/b.jpg"'},
    ],
)
def test_a_line_of_a_spreadsheet_is_read_as_what_it_says(item: dict[str, str]) -> None:
    event, columns = list_item(item, is_csv=True)
    assert (event, columns) == (KEYS, {})
    assert parse_request(event, Rule(80.0)).targets == (StoredImage("challenge/b.jpg"),)


@pytest.mark.parametrize(
    ("name", "cell", "rule"),
    [
        ("similarity_threshold", "95", Rule(95.0)),
        ("Similarity_Threshold", " 99.5 ", Rule(99.5)),
        ("review_threshold", "70", Rule(80.0, 70.0)),
        ("require_single_face", "TRUE", Rule(80.0, require_single_face=True)),
        ("require_single_face", "false", Rule(80.0)),
        ("Quality_Filter", " HIGH ", Rule(80.0, quality_filter="HIGH")),
    ],
)
def test_a_column_of_the_rule_has_the_value_that_its_text_stands_for(
    name: str, cell: str, rule: Rule
) -> None:
    event = list_item({**KEYS, name: cell}, is_csv=True).event
    assert parse_request(event, Rule(80.0)).rule == rule


@pytest.mark.parametrize("cell", ["high", "0,95", "95 %", "nan"])
def test_a_threshold_that_is_not_a_number_does_not_leave_the_rule_as_it_was(cell: str) -> None:
    event = list_item({**KEYS, "similarity_threshold": cell}, is_csv=True).event
    with pytest.raises(InvalidRequestError, match="similarity_threshold must be"):
        parse_request(event, Rule(80.0))


@pytest.mark.parametrize(
    "name",
    [
        "similarity_treshold",
        "Match Threshold",
    ],
)
@pytest.mark.parametrize("is_csv", [False, True])
def test_a_misspelled_column_of_the_rule_is_not_carried_on_without_effect(
    name: str, is_csv: bool
) -> None:
    """Otherwise a lower threshold would decide than the list asks for."""
    with pytest.raises(InvalidRequestError, match="would change the rule"):
        list_item({**KEYS, name: "99"}, is_csv=is_csv)


def test_a_line_can_ask_for_an_explanation() -> None:
    event = list_item({**KEYS, "Explain": "TRUE"}, is_csv=True).event
    assert parse_request(event, Rule(80.0)).explain


def test_a_column_that_is_there_twice_does_not_hide_the_other() -> None:
    with pytest.raises(InvalidRequestError, match="target twice"):
        list_item({**KEYS, "Target": "challenge/c.jpg"}, is_csv=True)


def test_further_columns_are_carried_on_as_they_are() -> None:
    others = {"id": "17", "group": "", "note": "1;2", "Explanation": "true", "explained": "no"}
    found = list_item({**KEYS, **others, " Label ": " genuine"}, is_csv=True)
    assert found.columns == {**others, "Label": " genuine"}
    members = {"id": 17, "label": None, "from": {"file": [1, 2.5, True]}}
    assert list_item({**KEYS, **members}, is_csv=False).columns == members


def test_json_keeps_blanks_in_keys_because_it_can_mean_them() -> None:
    """A key may end with a blank, and CSV cannot say that it is meant."""
    key = "challenge/b.jpg "
    assert list_item({**KEYS, "target": key}, is_csv=False).event == {**KEYS, "target": key}


def test_an_image_in_a_further_member_is_not_carried_on() -> None:
    """Otherwise an image would be kept in the results."""
    found = list_item({**KEYS, "copy": {"bytes": "QQ=="}}, is_csv=False)
    assert found.columns == {"copy": {"bytes": "..."}}


def of_csv(*items: object) -> dict[str, object]:
    return {"Items": list(items), "BatchInput": {"execution": "arn:1", "format": "CSV"}}


def test_every_entry_has_the_further_columns_of_its_line_decided_or_not(bulk: BulkWork) -> None:
    """Otherwise results could not be joined with the table that the list is from."""
    bulk.rekognition.scores.update({"bad": "AccessDeniedException"})
    lines = [
        {"\ufeffSource": "s", "target": " t ", "id": "1"},
        {"\ufeffSource": "s", "target": "bad", "id": "2"},
        {"\ufeffSource": "s", "target": "", "id": "3"},
    ]
    entries = bulk.serve_batch(of_csv(*lines))
    assert [entry["columns"] for entry in entries] == [{"id": "1"}, {"id": "2"}, {"id": "3"}]
    assert entries[0]["decision"] == "match"
    assert [entry["error"]["type"] for entry in entries[1:]] == [
        "CallForbiddenError",
        "InvalidRequestError",
    ]


def test_empty_rows_of_a_spreadsheet_neither_fail_a_run_nor_are_in_its_results(
    bulk: BulkWork,
) -> None:
    """Otherwise a batch of nothing else would fail, and with it the run."""
    empty = {"source": "", "target": " ", "": "", "id": None}
    (entry,) = bulk.serve_batch(of_csv(empty, {"source": "s", "target": "t"}, empty))
    assert entry["decision"] == "match"
    assert bulk.serve_batch(of_csv(empty, empty)) == []
    (entry,) = bulk.serve_batch(of_csv({"source": "s", "target": "t"}, {**empty, "id": "7"}))[1:]
    assert entry["error"]["type"] == "InvalidRequestError"


def test_an_entry_without_further_columns_stays_short(bulk: BulkWork) -> None:
    (entry,) = bulk.serve_batch(of_csv({"source": "s", "target": "t"}))
    assert "columns" not in entry
    json.dumps(entry)
