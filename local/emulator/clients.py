"""Clients of the emulator itself, in its own process."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from botocore.config import Config
from botocore.session import Session


def client(service: str, credentials: Mapping[str, str], config: Config | None = None) -> Any:
    """A client with the credentials that Lambda puts into a function's environment."""
    return Session().create_client(
        service,
        region_name=os.environ["MINISTACK_REGION"],
        endpoint_url=os.environ["AWS_ENDPOINT_URL"],
        aws_access_key_id=credentials["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=credentials["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=credentials.get("AWS_SESSION_TOKEN") or None,
        config=config,
    )
