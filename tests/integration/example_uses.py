"""What each published example is for, done once on the stack: one function an example."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from local import use
from local.photos import default_album
from local.stack import Stack

Outputs = Mapping[str, Any]


def minimal(stack: Stack, outputs: Outputs) -> None:
    """A photo of the same person matches."""
    album = default_album()
    s3, bucket = stack.client("s3"), outputs["bucket_name"]
    use.upload(s3, bucket, "reference/example.jpg", album.references[0])
    use.upload(s3, bucket, "challenge/example.jpg", album.challenges[0])
    event = {"source": "reference/example.jpg", "target": "challenge/example.jpg"}
    outcome = use.invoke(stack.client("lambda"), outputs["function_name"], event)
    assert outcome.answer is not None, outcome.error_message
    assert outcome.answer["match"] is True


USES: dict[str, Callable[[Stack, Outputs], None]] = {"minimal": minimal}
"""By folder name below examples/."""
