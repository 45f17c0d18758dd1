"""A batch of pairs, as Step Functions sends it.

The event is ``{"pairs": ITEMS}``. ITEMS is one item, a list of items, or what the ItemBatcher of a
Distributed Map makes of them:
``{"Items": [...], "BatchInput": {"execution": ARN, "format": "CSV" or "JSONL"}}``. An item is an
event of a direct invocation with one ``target`` and without inline images.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from face_compare.bulk.list_item import is_empty_line, without_bytes
from face_compare.contract.request import parse_request
from face_compare.model.comparison import ComparisonRequest
from face_compare.model.errors import InvalidRequestError
from face_compare.model.image import InlineImage
from face_compare.model.rule import Rule

_MOST_ITEMS = 1000
_LONGEST_SHOWN_ITEM = 500


@dataclass(frozen=True, slots=True)
class Batch:
    """The items of a batch, and the ARN of the execution that it belongs to ("" if unknown).

    ``text`` is the items as JSON. Equal items have an equal text. ``is_csv`` says that every value
    is a text, perhaps with spaces around it. Empty lines of a CSV file are not among the items.
    """

    items: list[object]
    execution: str
    text: str
    is_csv: bool

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Self:
        """Read an event.

        Raises:
            InvalidRequestError: There are no items, too many, or they are nested too deeply.
        """
        pairs = event["pairs"]
        execution, is_csv = "", False
        if isinstance(pairs, Mapping) and "Items" in pairs:
            shared = pairs.get("BatchInput")
            execution = _text_in(shared, "execution")
            is_csv = _text_in(shared, "format") == "CSV"
            pairs = pairs["Items"]
        items = pairs if isinstance(pairs, list) else [pairs]
        if not 1 <= len(items) <= _MOST_ITEMS:
            raise InvalidRequestError(f"pairs must hold 1 to {_MOST_ITEMS} items.")
        if is_csv:
            items = [item for item in items if not is_empty_line(item)]
        try:
            return cls(items, execution, json.dumps(items, sort_keys=True), is_csv)
        except RecursionError:
            raise InvalidRequestError("pairs is nested too deeply to be a list of pairs.") from None


def parse_item(item: object, module_rule: Rule, *, module_explains: bool) -> ComparisonRequest:
    """Read one item.

    Raises:
        InvalidRequestError: The item has another form.
        ImageTooLargeError: The item has an inline image that is too large.
    """
    request = parse_request(item, module_rule, module_explains=module_explains)
    if request.listed_targets:
        raise InvalidRequestError("An item of a batch has one target, not targets.")
    if any(isinstance(image, InlineImage) for image in (*request.sources, *request.targets)):
        raise InvalidRequestError(
            "An item of a batch names its images by key. Step Functions keeps every item in its "
            "history, and images must not be there."
        )
    return request


def shown_item(item: object) -> str:
    """Return the beginning of an unreadable item as JSON, so that it can be found in the list.

    Inline images are left out. The text is in ASCII, because the item may hold half characters
    that no encoding can write.
    """
    return json.dumps(without_bytes(item))[:_LONGEST_SHOWN_ITEM]


def _text_in(batch_input: object, member: str) -> str:
    value = batch_input.get(member) if isinstance(batch_input, Mapping) else None
    return value if isinstance(value, str) else ""
