"""Use of a deployed function, as its consumers use it."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from local.photos import Album, Photo
from local.stack import AwsClient
from local.waiting import eventually

EILEEN = "reference/eileen-collins.jpg"
GRACE = "reference/grace-hopper.jpg"
DARK = "challenge/eileen-dark.jpg"
BLURRED = "challenge/grace-blurred.jpg"
BOTH = "challenge/both.jpg"
CAT = "challenge/cat.jpg"
DARK_REFERENCE = "reference/eileen-dark.jpg"
CAT_REFERENCE = "reference/cat.jpg"
MISSING = "challenge/none.jpg"
PRIVATE = "private/eileen.jpg"
"""Keys of what `furnish` and `furnish_quietly` put, and of what they do not."""

type Statement = Mapping[str, Any]
"""Of a policy."""

_RECORDS_SECONDS = 60.0
_SECONDS = 300.0


class Account(Protocol):
    """Where something is deployed: the local stack, or an account of AWS."""

    @property
    def region(self) -> str:
        """The region that the clients are for."""
        ...

    def client(self, service: str) -> AwsClient:
        """A boto3 client."""
        ...


@dataclass(frozen=True, slots=True)
class Invoked:
    """The outcome of one direct invocation."""

    request_id: str
    seconds: float
    """From the call to the answer, as the caller waits."""
    answer: Mapping[str, Any] | None
    """None when the function failed."""
    error_type: str | None
    error_message: str | None
    payload: Mapping[str, Any]
    """What came back, of either kind, as it is."""


def upload(s3: AwsClient, bucket: str, key: str, photo: Photo) -> str:
    """Put a photo; return its version."""
    put = s3.put_object(Bucket=bucket, Key=key, Body=photo.data, ContentType=photo.content_type)
    return str(put.get("VersionId", "null"))


def furnish_quietly(s3: AwsClient, bucket: str, album: Album) -> None:
    """Put two photos of one person where no upload is announced."""
    upload(s3, bucket, EILEEN, album.references[0])
    upload(s3, bucket, DARK_REFERENCE, album.challenges[1])


def upload_album(s3: AwsClient, bucket: str, album: Album) -> None:
    """Put every photo below its prefix."""
    for photo in album.references:
        upload(s3, bucket, f"reference/{photo.name}", photo)
    for photo in album.challenges:
        upload(s3, bucket, f"challenge/{photo.name}", photo)


def furnish(s3: AwsClient, bucket: str, album: Album) -> None:
    """Put the default album, a reference without a face and a photo that is out of bounds."""
    upload_album(s3, bucket, album)
    upload(s3, bucket, CAT_REFERENCE, album.challenges[-1])
    upload(s3, bucket, PRIVATE, album.references[0])


def invoke(
    lambda_client: AwsClient, function: str, event: object, qualifier: str | None = None
) -> Invoked:
    """Invoke a function directly and wait for it."""
    named = {"Qualifier": qualifier} if qualifier else {}
    began = time.monotonic()
    response = lambda_client.invoke(
        FunctionName=function, Payload=json.dumps(event).encode(), **named
    )
    payload = json.loads(response["Payload"].read())
    seconds = time.monotonic() - began
    if response.get("FunctionError"):
        return Invoked(
            request_id=str(payload.get("requestId", "")),
            seconds=seconds,
            answer=None,
            error_type=str(payload.get("errorType")),
            error_message=str(payload.get("errorMessage")),
            payload=payload,
        )
    return Invoked(str(payload["request_id"]), seconds, payload, None, None, payload)


def log_records(
    account: Account, group: str, request_id: str, within: float = _RECORDS_SECONDS
) -> list[dict[str, Any]]:
    """Return every log record of one request, in order; they arrive shortly after the answer.

    Args:
        account: where to look.
        group: the log group.
        request_id: as in the function's answer.
        within: seconds to wait for the closing record; what is there by then is returned.
    """
    deadline = time.monotonic() + within
    # Who waits for minutes asks seldom: CloudWatch takes a few such calls a second.
    every = 0.1 if within <= _RECORDS_SECONDS else 2.0
    while True:
        records = found_records(account, group, f'"{request_id}"')
        closed = any(record.get("type") == "platform.report" for record in records)
        if closed or time.monotonic() >= deadline:
            return records
        time.sleep(every)


def found_records(
    account: Account, group: str, pattern: str, since: float = 0.0
) -> list[dict[str, Any]]:
    """Return the log records that match a filter pattern, since a time in seconds."""
    # CloudWatch may answer with a page that is empty, though the next one is not.
    pages = account.client("logs").get_paginator("filter_log_events")
    asked = {"logGroupName": group, "filterPattern": pattern, "startTime": int(since * 1000)}
    return [
        json.loads(event["message"]) for page in pages.paginate(**asked) for event in page["events"]
    ]


def csv(source: str, targets: Sequence[str]) -> str:
    """Return a manifest with one source for all targets."""
    return "source,target\n" + "".join(f"{source},{target}\n" for target in targets)


def json_lines(source: str, targets: Sequence[str]) -> str:
    """Return the same in the other form."""
    return "".join(json.dumps({"source": source, "target": each}) + "\n" for each in targets)


def stored(account: Account, bucket: str, key: str) -> dict[str, Any]:
    """Wait for a result and return its content."""

    def found() -> dict[str, Any] | None:
        try:
            body = account.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        except ClientError:
            return None
        content: dict[str, Any] = json.loads(body)
        return content

    content = eventually(found, _SECONDS, f"a result at {key}")
    assert content is not None
    return content


def announced(account: Account, queue_url: str, count: int) -> Counter[str]:
    """Wait for the events of ``count`` results, and until no more come; the results' keys."""
    sqs, keys = account.client("sqs"), Counter[str]()

    def complete() -> bool:
        received = sqs.receive_message(
            QueueUrl=queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=1
        )
        for message in received.get("Messages", []):
            keys[json.loads(message["Body"])["detail"]["object"]["key"]] += 1
            sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
        return "Messages" not in received and keys.total() >= count

    eventually(complete, _SECONDS, f"{count} announced results, not only", why=lambda: keys)
    return keys


@contextmanager
def user(
    iam: AwsClient, name: str, policy: str | None = None, tags: Mapping[str, str] | None = None
) -> Generator[Credentials]:
    """Make a user with an access key and this policy, until the block ends."""
    tagged = [{"Key": key, "Value": value} for key, value in (tags or {}).items()]
    iam.create_user(UserName=name, Tags=tagged)
    try:
        if policy:
            iam.attach_user_policy(UserName=name, PolicyArn=policy)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        yield Credentials(key["AccessKeyId"], key["SecretAccessKey"])
    finally:
        remove_user(iam, name)


def remove_user(iam: AwsClient, name: str) -> None:
    """Remove a user with everything that `user` made for it."""
    for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
        iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    for attached in iam.list_attached_user_policies(UserName=name)["AttachedPolicies"]:
        iam.detach_user_policy(UserName=name, PolicyArn=attached["PolicyArn"])
    iam.delete_user(UserName=name)


@contextmanager
def changed_policy(
    iam: AwsClient, role: str, policy: str, change: Callable[[Statement], Statement | None]
) -> Generator[None]:
    """Change a policy of a role while the block runs.

    Args:
        iam: a client.
        role: the role's name.
        policy: the policy's name.
        change: makes a statement of the policy another one, or removes it (None).
    """
    place = {"RoleName": role, "PolicyName": policy}
    document = iam.get_role_policy(**place)["PolicyDocument"]
    changed = [each for statement in document["Statement"] if (each := change(statement))]
    assert changed != document["Statement"], f"no statement of {policy} is changed"
    iam.put_role_policy(**place, PolicyDocument=json.dumps({**document, "Statement": changed}))
    try:
        yield
    finally:
        iam.put_role_policy(**place, PolicyDocument=json.dumps(document))


def without(sid: str) -> Callable[[Statement], Statement | None]:
    """A change that removes one statement."""
    return lambda statement: None if statement["Sid"] == sid else statement


def poster(
    region: str, url: str, endpoint: str | None = None, *, service: str = "lambda"
) -> Callable[[object, Credentials | None], httpx.Response]:
    """Return what POSTs an event, signed or not, to a function URL or a route of API Gateway.

    Args:
        region: of the function.
        url: the function URL, or the route's.
        endpoint: address of the emulator that serves it, whose hosts do not resolve.
        service: what the request is signed for: "execute-api" for API Gateway.
    """
    host, path = urlsplit(url).netloc, urlsplit(url).path or "/"
    address = f"{endpoint or f'https://{host}'}{path}"

    def post(event: object, signer: Credentials | None) -> httpx.Response:
        body = json.dumps(event)
        headers = {"Host": host, "Content-Type": "application/json"}
        if signer is not None:
            request = AWSRequest("POST", f"https://{host}{path}", data=body, headers=headers)
            SigV4Auth(signer, service, region).add_auth(request)
            headers = dict(request.headers)
        return httpx.post(address, content=body, headers=headers, timeout=60)

    return post
