"""How to call what is deployed: by the AWS CLI, by boto3, by HTTP. Each text runs as it is."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from local.stack import KEYS, REGION

Event = Mapping[str, Any]

_BOTO3 = """\
import json

import boto3

# On AWS, leave out the endpoint and the keys.
function = boto3.client(
    "lambda",
    region_name={region!r},
    endpoint_url={endpoint!r},
    aws_access_key_id={key!r},
    aws_secret_access_key={secret!r},
)
event = {{
{members}}}
response = function.invoke(FunctionName={name!r}, Payload=json.dumps(event))
print(json.dumps(json.load(response["Payload"]), indent=2))
"""


@dataclass(frozen=True, slots=True)
class Deployment:
    """An applied example, as a caller finds it."""

    endpoint: str
    bucket: str
    function: str
    log_group: str
    url: str | None
    """Of the function, if it has one."""

    @classmethod
    def of(cls, outputs: Mapping[str, Any], endpoint: str) -> Deployment:
        """By the example's outputs."""
        return cls(
            endpoint,
            outputs["bucket_name"],
            outputs["function_name"],
            outputs["log_group_name"],
            outputs.get("function_url"),
        )

    def shell_settings(self) -> str:
        """What makes the AWS CLI and every SDK use the local stack, in this shell only."""
        settings = {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": KEYS[0],
            "AWS_SECRET_ACCESS_KEY": KEYS[1],
        }
        said = " ".join(f"{name}={value}" for name, value in settings.items())
        # Either would choose other credentials.
        return f"unset AWS_PROFILE AWS_SESSION_TOKEN; export {said}"

    def ways(self, subject: str, event: Event) -> list[tuple[str, str]]:
        """Everything that a shell needs, with titles."""
        ways = [
            ("Use the local stack in this shell", self.shell_settings()),
            ("Upload a photo, which is then compared", self.upload_command(subject)),
            ("Invoke the function", self.invoke_command(event)),
        ]
        curl = self.curl_command(event)
        return [*ways, ("POST to the function's URL", curl)] if curl else ways

    def upload_command(self, subject: str) -> str:
        """Put a photo to where it is compared without a call."""
        return f"aws s3 cp photo.jpg s3://{self.bucket}/challenge/{subject}/photo.jpg"

    def invoke_command(self, event: Event) -> str:
        """The call by either version of the AWS CLI; on AWS, without the endpoint and the keys."""
        keys = f"AWS_ACCESS_KEY_ID={KEYS[0]} AWS_SECRET_ACCESS_KEY={KEYS[1]}"
        return (
            # By a pipe, because both versions of the AWS CLI read it unchanged.
            f"printf '%s' {shlex.quote(_json(event))} | {keys} aws lambda invoke"
            f" --endpoint-url {self.endpoint} --region {REGION} --function-name {self.function}"
            " --payload fileb:///dev/stdin answer.json && cat answer.json"
        )

    def curl_command(self, event: Event) -> str | None:
        """The signed call of the function's URL, whose name only AWS resolves."""
        if self.url is None:
            return None
        url = urlsplit(self.url)
        return (
            f"curl --aws-sigv4 aws:amz:{REGION}:lambda --user {KEYS[0]}:{KEYS[1]}"
            f" --header 'Content-Type: application/json' --data {shlex.quote(_json(event))}"
            f" --header 'Host: {url.netloc}' {self.endpoint}/"
        )

    def boto3_code(self, event: Event) -> str:
        """The call as a program."""
        return _BOTO3.format(
            region=REGION,
            endpoint=self.endpoint,
            key=KEYS[0],
            secret=KEYS[1],
            members="".join(f"    {name!r}: {value!r},\n" for name, value in event.items()),
            name=self.function,
        )


def _json(event: Event) -> str:
    return json.dumps(event, ensure_ascii=False)
