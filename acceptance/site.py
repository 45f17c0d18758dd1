"""Where a run takes place: an AWS account and region, or the local stack."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError, ClientError

from acceptance import inputs
from acceptance.names import TAG, name_of
from local.stack import KEYS, AwsClient, Stack
from local.terraform import Workspace

_CONFIG = Config(read_timeout=120, retries={"mode": "standard", "total_max_attempts": 6})
_TAGGED = 'provider "aws" {{\n  default_tags {{\n    tags = {{ "{key}" = "{run}" }}\n  }}\n}}\n'


ROOT = Credentials(*KEYS)
"""Of the local stack's account."""


class SiteError(Exception):
    """There is no account to work in; the message says why and what to do."""


@dataclass(slots=True)
class Site:
    """An account of AWS in one region, as the caller's credentials reach it."""

    region: str
    number: str
    """Of the account."""
    caller: str
    """ARN of who is asking."""
    session: boto3.session.Session
    stack: Stack | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    """Credentials for Terraform, where they are not the caller's own."""
    engine: str = "terraform"
    _clients: dict[str, AwsClient] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def of_aws(cls, engine: str) -> Site:
        """Use the credentials and the region that every AWS tool would use.

        Raises:
            SiteError: there are none.
        """
        session = boto3.session.Session()
        if session.region_name is None:
            raise SiteError("No region is set. Set AWS_REGION, or name one in your AWS profile.")
        try:
            who = session.client("sts", config=_CONFIG).get_caller_identity()
        except (BotoCoreError, ClientError) as error:
            raise SiteError(
                f"AWS does not know who you are ({error}). Sign in as for the AWS CLI: "
                "`aws sts get-caller-identity` must work in this shell."
            ) from error
        return cls(session.region_name, who["Account"], who["Arn"], session, engine=engine)

    @classmethod
    def of_stack(cls, stack: Stack, credentials: Credentials, engine: str) -> Site:
        """Use the local stack, with the rights of a user of its IAM."""
        session = boto3.session.Session(
            credentials.access_key, str(credentials.secret_key), region_name=stack.region
        )
        environment = {
            "AWS_ACCESS_KEY_ID": credentials.access_key,
            "AWS_SECRET_ACCESS_KEY": str(credentials.secret_key),
        }
        who = stack.client_as(
            "sts", credentials.access_key, str(credentials.secret_key)
        ).get_caller_identity()
        return cls(stack.region, who["Account"], who["Arn"], session, stack, environment, engine)

    @property
    def endpoint(self) -> str | None:
        """Of the emulator; None on AWS."""
        return self.stack.endpoint if self.stack else None

    @property
    def partition(self) -> str:
        """The partition, such as aws or aws-us-gov."""
        return self.caller.split(":")[1]

    def client(self, service: str) -> AwsClient:
        """A boto3 client, one a service, kept."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._made(service, self.session)
            return self._clients[service]

    def client_as(self, service: str, credentials: Credentials) -> AwsClient:
        """A boto3 client with other credentials."""
        key, secret = credentials.access_key, str(credentials.secret_key)
        with self._lock:
            session = boto3.session.Session(key, secret, region_name=self.region)
            return self._made(service, session)

    def client_in(self, service: str, region: str) -> AwsClient:
        """A boto3 client of another region."""
        with self._lock:
            return self.session.client(service, region_name=region, config=_CONFIG)  # type: ignore[call-overload]

    def _made(self, service: str, session: boto3.session.Session) -> AwsClient:
        if self.stack is None:
            return session.client(service, config=_CONFIG)  # type: ignore[call-overload]
        found = session.get_credentials()
        assert found
        return self.stack.client_as(service, found.access_key, str(found.secret_key))

    def workspace(self, example: str, root: Path, run: str, **variables: str) -> Workspace:
        """An example that is ready for Terraform, with the run's name and tag."""
        name = name_of(run, example)
        workspace = Workspace.create(
            example,
            root / example,
            self.endpoint,
            engine=self.engine,
            name=name,
            region=self.region,
            **variables,
        )
        # After the override of the local stack, whose settings it leaves as they are.
        override = workspace.folder / "run_override.tf"
        override.write_text(_TAGGED.format(key=TAG, run=run), encoding="utf-8")
        if more := inputs.override(example, self.partition, self.region, self.number):
            (workspace.folder / "inputs_override.tf.json").write_text(more, encoding="utf-8")
        return replace(workspace, environment=self.environment)
