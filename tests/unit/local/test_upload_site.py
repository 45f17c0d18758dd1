"""The site for uploads: which photos lie in the dead-letter queue."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest

from local.upload_site import Announced, UploadSite


class Queue:
    """An SQS client's dead-letter queue with one message."""

    def __init__(self, key: str) -> None:
        photo = {"key": key, "versionId": "v1"}
        body = json.dumps({"Records": [{"s3": {"object": photo}}]})
        self._answers: list[dict[str, Any]] = [{"Messages": [{"Body": body}]}, {}]

    def client(self, _service: str) -> Queue:
        return self

    def receive_message(self, **_: object) -> dict[str, Any]:
        return self._answers.pop(0)


@pytest.mark.parametrize("key", ["challenge/alice/1.jpg", "challenge/a b/ä+1%.jpg"])
def test_a_photo_among_the_dead_is_the_one_that_was_put(key: str) -> None:
    """Else a photo whose name has a space would count as lost."""
    queue: Any = Queue(quote_plus(key, safe="/"))
    site = UploadSite(queue, "photos", "", "", Path())
    assert site.failed() == {Announced(key, "v1")}
