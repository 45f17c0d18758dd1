"""What each published example is for, done once on the stack: one function for each example."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from local import use
from local.photos import Album, Photo, default_album
from local.runs import Runs
from local.stack import Stack
from local.upload_site import result_key

Outputs = Mapping[str, Any]

PAIR = {"source": "reference/example.jpg", "target": "challenge/example.jpg"}
_SECONDS = 300.0


def minimal(stack: Stack, outputs: Outputs) -> None:
    """An image of the same person matches."""
    put_pair(stack, outputs)
    outcome = use.invoke(stack.client("lambda"), outputs["function_name"], PAIR)
    assert outcome.answer is not None, outcome.error_message
    assert outcome.answer["match"] is True


def http(stack: Stack, outputs: Outputs) -> None:
    """The function URL answers callers that have the policy, and nobody else."""
    album = put_pair(stack, outputs)
    post = use.poster(stack.region, outputs["function_url"], stack.endpoint)
    assert post(PAIR, None).status_code == 403

    iam, name = stack.client("iam"), outputs["function_name"]
    with use.user(iam, f"{name}-stranger") as stranger:
        assert post(PAIR, stranger).status_code == 403

    with use.user(iam, f"{name}-caller", outputs["caller_policy_arn"]) as caller:
        decided = post(PAIR, caller)
        assert decided.status_code == 200, decided.text
        assert decided.headers["content-type"] == "application/json"
        assert decided.json()["match"] is True

        inline = {"bytes": base64.b64encode(album.challenges[0].data).decode()}
        assert post({**PAIR, "target": inline}, caller).json()["match"] is True

        problem = post({**PAIR, "target": "challenge/nobody.jpg"}, caller)
        assert problem.status_code == 404
        assert problem.headers["content-type"] == "application/problem+json"
        assert problem.json()["error_type"] == "ImageNotFoundError"


def existing_bucket(stack: Stack, outputs: Outputs) -> None:
    """The module serves a bucket that it did not make: directly, and for uploads."""
    minimal(stack, outputs)
    upload(stack, outputs)


def upload(stack: Stack, outputs: Outputs) -> None:
    """An upload is compared with its person's references; a stranger's does not match."""
    same, other = people(default_album())
    s3, bucket = stack.client("s3"), outputs["bucket_name"]
    use.upload(s3, bucket, "reference/example/front.jpg", same[0])
    expected = {
        result_key(key, use.upload(s3, bucket, key, photo)): decision
        for key, photo, decision in (
            ("challenge/example/same person.jpg", same[1], "match"),
            ("challenge/example/stranger+1.jpg", other, "no_match"),
        )
    }
    decided = {key: use.stored(stack, bucket, key)["decision"] for key in expected}
    assert decided == expected
    if "decided_queue_url" in outputs:
        assert use.announced(stack, outputs["decided_queue_url"], 2).keys() == expected.keys()


def batch(stack: Stack, outputs: Outputs) -> None:
    """A run over a manifest of either form has a line for each pair, decided or not."""
    same, other = people(default_album())
    s3, bucket, runs = stack.client("s3"), outputs["bucket_name"], Runs(stack, outputs)
    use.upload(s3, bucket, "reference/a.jpg", same[0])
    use.upload(s3, bucket, "challenge/same.jpg", same[1])
    use.upload(s3, bucket, "challenge/other.jpg", other)
    targets = [f"challenge/{name}.jpg" for name in ("same", "other", "same", "missing")]
    for manifest in (
        use.csv("reference/a.jpg", targets),
        use.json_lines("reference/a.jpg", targets),
    ):
        run = runs.over(manifest)
        assert run.status == "SUCCEEDED", run.cause
        decisions = [line.get("decision") for line in runs.results(run).succeeded]
        assert decisions == ["match", "no_match", "match", None]


USES: dict[str, Callable[[Stack, Outputs], None]] = {
    "batch": batch,
    "existing-bucket": existing_bucket,
    "http": http,
    "minimal": minimal,
    "monitored": upload,
    # Its purpose is that nothing else can be reached, which no emulator shows: functions run on
    # this machine's own network. Here it shows that the module's rights and settings are accepted.
    "private-network": minimal,
    "upload": upload,
}
"""By folder name below examples/."""


def put_pair(stack: Stack, outputs: Outputs) -> Album:
    """Put the two images of ``PAIR``, of one person; the album they are from."""
    album = default_album()
    s3, bucket = stack.client("s3"), outputs["bucket_name"]
    use.upload(s3, bucket, PAIR["source"], album.references[0])
    use.upload(s3, bucket, PAIR["target"], album.challenges[0])
    return album


def people(album: Album) -> tuple[tuple[Photo, Photo], Photo]:
    """Two photos of one person, and one of another."""
    eileen, grace = album.references
    return (eileen, album.challenges[0]), grace


def have_seen(stack: Stack, bucket: str, function: str, photos: Sequence[Photo]) -> None:
    """Have the stand-in look at two photos or more, which it then knows.

    On a busy machine its first look may take longer than an upload may take; the upload is then
    delivered again after three minutes. A direct invocation has the time.
    """
    keys = [f"reference/seen/{number}.jpg" for number in range(len(photos))]
    for key, photo in zip(keys, photos, strict=True):
        use.upload(stack.client("s3"), bucket, key, photo)
    event = {"source": keys[0], "targets": keys[1:]}
    for _attempt in range(5):
        answer = use.invoke(stack.client("lambda"), function, event).answer or {}
        if all("decision" in entry for entry in answer.get("results", [{}])):
            return
