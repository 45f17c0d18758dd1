"""A session of boto3 that makes clients for Rekognition fast, for the cold start.

At every start botocore reads the endpoints of all services, looks for the folder of each service on
the disk, and prepares to look for credentials in a dozen places. A client for Rekognition needs the
credentials that Lambda provides, and nothing of the rest. Without it a start takes a fifth less CPU
and 8 MiB less memory. The clients send the same requests to the same endpoints as any others:
the tests in tests/unit/sdk prove it for every minor version of botocore since 1.35.

The loader and the credential provider are components of botocore's session that can be replaced,
but their methods may change, and AWS updates botocore under deployed functions without notice.
Therefore clients.py makes a plain client if anything here fails.
"""

import gzip
import json
import os
from typing import Any, Never

import boto3.session
import botocore.session
from botocore.credentials import (
    ContainerProvider,
    CredentialProvider,
    CredentialResolver,
    EnvProvider,
)
from botocore.loaders import JSONFileLoader, Loader


class PlainReader(JSONFileLoader):
    """botocore's reader of data files. It makes plain dicts, twice as fast as ordered ones."""

    def load_file(self, file_path: str) -> Any:
        """Return the content of a data file, None if there is none."""
        compressed = f"{file_path}.json.gz"
        if not os.path.isfile(compressed):  # noqa: PTH113 - a Path takes ten times as long
            return super().load_file(file_path)
        with gzip.open(compressed) as file:
            return json.load(file)


class RekognitionLoader(Loader):
    """botocore's loader of service data. It reads only what a client for Rekognition needs."""

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 - inherited
        """Return the one service. Looking for all others takes a tenth of a start."""
        return ["rekognition"]

    def load_data_with_path(self, name: str) -> tuple[Any, str]:
        """Load a data file. An empty one replaces endpoints.json.

        endpoints.json is for services without endpoint rules. Rekognition has such rules, and
        they decide. Reading the file takes a tenth of a start, and 8 MiB. If it is empty, botocore
        treats every region as newer than the file.
        """
        if name == "endpoints":
            return {"version": 3, "partitions": []}, f"{self.BUILTIN_DATA_PATH}/{name}"
        return super().load_data_with_path(name)


class NowhereElse(CredentialProvider):
    """The end of the list of places with credentials."""

    METHOD = "nowhere-else"

    def load(self) -> Never:
        """Raise ``LookupError``: clients.py then makes a plain client, which looks everywhere."""
        raise LookupError("There are no credentials where Lambda puts them.")


def lambda_credentials() -> CredentialResolver:
    """Return the places where Lambda puts the role's credentials.

    They are environment variables, or with SnapStart the container credentials endpoint.
    Source: "Activating and managing Lambda SnapStart" in the AWS Lambda developer guide.
    """
    return CredentialResolver([EnvProvider(), ContainerProvider(), NowhereElse()])


def rekognition_session() -> boto3.session.Session:
    """Return a session that makes clients for Rekognition only."""
    for method in ("list_available_services", "load_data_with_path"):
        # If botocore renamed one, the start would be slow, and nothing else would show it.
        getattr(Loader, method)
    session = botocore.session.Session()
    session.register_component("data_loader", RekognitionLoader(file_loader=PlainReader()))
    session.register_component("credential_provider", lambda_credentials())
    return boto3.session.Session(botocore_session=session)
