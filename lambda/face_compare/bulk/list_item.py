"""One line of a list of pairs, as Step Functions reads it from a manifest.

People write lists in spreadsheets. So names of columns may be in capitals, have spaces around them
or begin with a byte-order mark. (AWS does not document whether Step Functions removes it.) Lines
and columns may be empty. Columns that mean nothing to the function are copied to the result.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from face_compare.contract.request import MEMBERS, RULE_MEMBERS
from face_compare.model.errors import InvalidRequestError

_FLAGS = ("require_single_face", "explain")
_BLANKS = " \t\r\n\v\f\u00a0\ufeff"
_TRUTH = {"true": True, "false": False}


class ListItem(NamedTuple):
    """One line: the event that it stands for, and its further columns."""

    event: object
    columns: dict[str, Any]


def list_item(item: object, *, is_csv: bool) -> ListItem:
    """Read one item.

    Raises:
        InvalidRequestError: A name occurs twice, or is like that of a field of the rule.
    """
    if not isinstance(item, Mapping):
        return ListItem(item, {})
    event: dict[str, Any] = {}
    columns: dict[str, Any] = {}
    for name, value in item.items():
        plain = plain_name(str(name))
        if not plain and _is_empty(value):
            # An empty column of the spreadsheet.
            continue
        if plain not in MEMBERS:
            problem = misspelling(str(name))
            if problem:
                raise InvalidRequestError(problem)
            columns[_bare(str(name))] = value
        elif plain in event:
            raise InvalidRequestError(f"The line has {plain} twice. Give it once.")
        elif not is_csv:
            event[plain] = value
        elif not _is_empty(value):
            event[plain] = _read_cell(plain, _bare(str(value)))
    return ListItem(event, _sendable(columns))


def plain_name(name: str) -> str:
    """Return a bare name (see ``_bare``) in lower case."""
    return _bare(name).lower()


def is_empty_line(item: object) -> bool:
    """Tell whether all cells of a line of a CSV file are empty.

    A spreadsheet writes such a line, with separators only, for each row that once had a value.
    """
    return isinstance(item, Mapping) and all(_is_empty(value) for value in item.values())


def without_bytes(value: Any) -> Any:
    """Return a JSON value without the inline images in it."""
    return json.loads(json.dumps(value), object_hook=_without_bytes)


def misspelling(name: str) -> str:
    """Return why a further column cannot have this name, "" if it can.

    It cannot if the name is like that of a field of the rule: the module's rule would decide then,
    and not the rule that was meant.
    """
    plain = plain_name(name)
    # Imported here because few lists have further columns.
    from face_compare.contract.mistakes import similar_member  # noqa: PLC0415

    if not similar_member(plain, RULE_MEMBERS) and not plain.endswith("threshold"):
        return ""
    return (
        f"The unknown column {name[:64]!a} looks like one of {', '.join(RULE_MEMBERS)}, which "
        "would change the rule. Correct its spelling, or rename it."
    )


def _sendable(columns: dict[str, Any]) -> dict[str, Any]:
    """Return columns as an answer can send them, without the inline images in them.

    Half a character becomes "?". A number that is too large for a float becomes "Infinity": JSON
    has none, although Python reads and writes it.
    """
    text = json.dumps(columns, ensure_ascii=False).encode(errors="replace")
    sendable: dict[str, Any] = json.loads(text, parse_constant=str, object_hook=_without_bytes)
    return sendable


def _is_empty(value: object) -> bool:
    return value is None or not _bare(str(value))


def _bare(text: str) -> str:
    """Return a name or a cell without spaces, quotation marks and a byte-order mark around it.

    A CSV reader leaves quotation marks in the text if a space or a byte-order mark comes before
    them.
    """
    text = text.strip(_BLANKS)
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1].strip(_BLANKS)
    return text


def _read_cell(name: str, text: str) -> object:
    """Return the value that a cell of a CSV file stands for. The cell itself is always a text."""
    if name.endswith("_threshold"):
        try:
            return float(text)
        except ValueError:
            return text
    return _TRUTH.get(text.lower(), text) if name in _FLAGS else text


def _without_bytes(members: dict[str, Any]) -> dict[str, Any]:
    return {**members, "bytes": "..."} if "bytes" in members else members
