"""What each published example is for, done once on the stack: one function an example."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from local import use
from local.photos import Album, Photo, default_album
from local.stack import REGION, Stack
from local.upload_site import result_key
from tests.waiting import eventually

Outputs = Mapping[str, Any]

_RESULT_SECONDS = 90.0


def minimal(stack: Stack, outputs: Outputs) -> None:
    """A photo of the same person matches."""
    put_pair(stack, outputs)
    outcome = use.invoke(stack.client("lambda"), outputs["function_name"], PAIR)
    assert outcome.answer is not None, outcome.error_message
    assert outcome.answer["match"] is True


def http(stack: Stack, outputs: Outputs) -> None:
    """Whoever has the policy is answered by the function URL; nobody else is."""
    album = put_pair(stack, outputs)
    address = Address(stack, outputs["function_url"])
    assert address.post(PAIR, None).status_code == 403

    iam, name = stack.client("iam"), outputs["function_name"]
    with user(iam, f"{name}-stranger") as stranger:
        assert address.post(PAIR, stranger).status_code == 403

    with user(iam, f"{name}-caller", [outputs["caller_policy_arn"]]) as caller:
        decided = address.post(PAIR, caller)
        assert decided.status_code == 200, decided.text
        assert decided.headers["content-type"] == "application/json"
        assert decided.json()["match"] is True

        inline = {"bytes": base64.b64encode(album.challenges[0].data).decode()}
        assert address.post({**PAIR, "target": inline}, caller).json()["match"] is True

        problem = address.post({**PAIR, "target": "challenge/nobody.jpg"}, caller)
        assert problem.status_code == 404
        assert problem.headers["content-type"] == "application/problem+json"
        assert problem.json()["error_type"] == "ImageNotFoundError"


def existing_bucket(stack: Stack, outputs: Outputs) -> None:
    """The module serves a bucket it did not make: directly, and for photos that arrive."""
    minimal(stack, outputs)
    upload(stack, outputs)


def upload(stack: Stack, outputs: Outputs) -> None:
    """A photo that arrives is compared with its person's references; a stranger's is no match."""
    same, other = people(default_album())
    s3, bucket = stack.client("s3"), outputs["bucket_name"]
    use.upload(s3, bucket, "reference/example/front.jpg", same[0])
    versions = {
        key: use.upload(s3, bucket, key, photo)
        for key, photo in {
            "challenge/example/same person.jpg": same[1],
            "challenge/example/stranger+1.jpg": other,
        }.items()
    }
    decisions = {
        key: result(stack, bucket, key, version)["decision"] for key, version in versions.items()
    }
    assert decisions == {
        "challenge/example/same person.jpg": "match",
        "challenge/example/stranger+1.jpg": "no_match",
    }
    if "decided_queue_url" in outputs:
        announced = announced_results(stack, outputs["decided_queue_url"], len(versions))
        assert {key.rpartition("/")[0] for key in announced} == {
            "results/example/same person.jpg",
            "results/example/stranger+1.jpg",
        }


def batch(stack: Stack, outputs: Outputs) -> None:
    """A manifest of either form is run through, and a pair that cannot be decided is counted."""
    same, other = people(default_album())
    s3, bucket = stack.client("s3"), outputs["bucket_name"]
    use.upload(s3, bucket, "reference/a.jpg", same[0])
    use.upload(s3, bucket, "challenge/same.jpg", same[1])
    use.upload(s3, bucket, "challenge/other.jpg", other)
    targets = ["same.jpg", "other.jpg", "same.jpg", "missing.jpg"]
    rows = [{"source": "reference/a.jpg", "target": f"challenge/{name}"} for name in targets]
    manifests = {
        "manifests/pairs.csv": "source,target\n"
        + "".join(f"{row['source']},{row['target']}\n" for row in rows),
        "manifests/pairs.jsonl": "".join(f"{json.dumps(row)}\n" for row in rows),
    }
    for key, content in manifests.items():
        s3.put_object(Bucket=bucket, Key=key, Body=content.encode())
        assert map_counts(stack, outputs["state_machine_arn"], key) == (4, 3, 1)


PAIR = {"source": "reference/example.jpg", "target": "challenge/example.jpg"}

USES: dict[str, Callable[[Stack, Outputs], None]] = {
    "batch": batch,
    "existing-bucket": existing_bucket,
    "http": http,
    "minimal": minimal,
    "monitored": upload,
    # What it is for, that nothing else can be reached, no emulator shows: functions run on this
    # machine's own network. Here it shows that the module's rights and settings are accepted.
    "private-network": minimal,
    "upload": upload,
}
"""By folder name below examples/."""


def put_pair(stack: Stack, outputs: Outputs) -> Album:
    """Put the two photos of ``PAIR``, of one person; the album they are from."""
    album = default_album()
    s3, bucket = stack.client("s3"), outputs["bucket_name"]
    use.upload(s3, bucket, PAIR["source"], album.references[0])
    use.upload(s3, bucket, PAIR["target"], album.challenges[0])
    return album


def people(album: Album) -> tuple[tuple[Photo, Photo], Photo]:
    """Two photos of one person, and one of another."""
    first = album.references[0]
    same = next(photo for photo in album.challenges if photo.people == first.people)
    other = next(
        photo
        for photo in album.challenges
        if photo.people and not {*photo.people} & {*(first.people or ())}
    )
    return (first, same), other


def have_seen(stack: Stack, bucket: str, function: str, photos: Sequence[Photo]) -> None:
    """Have the stand-in look at two photos or more, which are known to it from then on.

    Its first look may take longer on a busy machine than an upload is given before it is put back
    for three minutes; a direct invocation has the time.
    """
    keys = [f"reference/seen/{number}.jpg" for number in range(len(photos))]
    for key, photo in zip(keys, photos, strict=True):
        use.upload(stack.client("s3"), bucket, key, photo)
    event = {"source": keys[0], "targets": keys[1:]}
    for _attempt in range(5):
        answer = use.invoke(stack.client("lambda"), function, event).answer or {}
        if all("decision" in entry for entry in answer.get("results", [{}])):
            return


def map_counts(stack: Stack, state_machine: str, manifest: str) -> tuple[int, int, int]:
    """Run over a manifest; how many items there were, succeeded and failed."""
    states = stack.client("stepfunctions")
    run = states.start_execution(
        stateMachineArn=state_machine, input=json.dumps({"manifest": manifest})
    )["executionArn"]
    eventually(
        lambda: states.describe_execution(executionArn=run)["status"] != "RUNNING",
        _RESULT_SECONDS,
        f"the end of {run}",
    )
    (map_run,) = states.list_map_runs(executionArn=run)["mapRuns"]
    counts = states.describe_map_run(mapRunArn=map_run["mapRunArn"])["itemCounts"]
    return counts["total"], counts["succeeded"], counts["failed"]


def result(stack: Stack, bucket: str, key: str, version: str) -> dict[str, Any]:
    """Wait for the result of one version of a photo."""
    where = result_key(key, version)

    def stored() -> dict[str, Any] | None:
        try:
            found = stack.client("s3").get_object(Bucket=bucket, Key=where)
        except ClientError:
            return None
        content: dict[str, Any] = json.loads(found["Body"].read())
        return content

    found = eventually(stored, _RESULT_SECONDS, f"a result at {where}")
    assert found is not None
    return found


def announced_results(stack: Stack, queue_url: str, count: int) -> set[str]:
    """Wait for the events of ``count`` results; the results' keys."""
    sqs, keys = stack.client("sqs"), set[str]()

    def complete() -> bool:
        received = sqs.receive_message(
            QueueUrl=queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=1
        )
        for message in received.get("Messages", []):
            keys.add(json.loads(message["Body"])["detail"]["object"]["key"])
            sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
        return len(keys) >= count

    eventually(complete, _RESULT_SECONDS, f"{count} announced results, not only", why=lambda: keys)
    return keys


@contextmanager
def user(iam: Any, name: str, policies: Sequence[str] = ()) -> Iterator[Credentials]:
    """A user with an access key and these policies, for as long as the block runs."""
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    for policy in policies:
        iam.attach_user_policy(UserName=name, PolicyArn=policy)
    try:
        yield Credentials(key["AccessKeyId"], key["SecretAccessKey"])
    finally:
        for policy in policies:
            iam.detach_user_policy(UserName=name, PolicyArn=policy)
        iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
        iam.delete_user(UserName=name)


class Address:
    """A function URL, reached at the stack's address by the URL's host name."""

    def __init__(self, stack: Stack, url: str) -> None:
        self._endpoint = stack.endpoint
        self._host = urlsplit(url).netloc

    def post(self, event: object, signer: Credentials | None) -> httpx.Response:
        """POST an event, signed or not."""
        body = json.dumps(event)
        headers = {"Host": self._host, "Content-Type": "application/json"}
        if signer is not None:
            request = AWSRequest("POST", f"http://{self._host}/", data=body, headers=headers)
            SigV4Auth(signer, "lambda", REGION).add_auth(request)
            headers = dict(request.headers)
        return httpx.post(f"{self._endpoint}/", content=body, headers=headers, timeout=60)
