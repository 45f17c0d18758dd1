"""Who calls: the access key of a request, and whose it is.

Signatures are not verified: on loopback they prove nothing about the module.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import NamedTuple

from local.rekognition.errors import Code, ServiceError

_CREDENTIAL = re.compile(r"Credential=(?P<key>[^/,\s]+)/\d{8}/(?P<region>[^/,\s]+)/rekognition/")


class Claim(NamedTuple):
    """Who signed a request, by its own account, and for which region."""

    access_key: str
    region: str


def read_claim(authorization: str) -> Claim:
    """Read the Authorization header; raises ServiceError without one for this service."""
    found = _CREDENTIAL.search(authorization)
    if found is None:
        raise ServiceError(Code.MISSING_AUTHENTICATION)
    return Claim(found["key"], found["region"])


def find_arn(access_key: str, sessions: Path | None) -> str:
    """Return the ARN of an access key's owner; raises ServiceError when there is none.

    ``sessions`` is the file {access key: {"arn": …}} that the emulator keeps up to date; without
    it only the key of the emulator's root exists.
    """
    if access_key == "test":
        return "arn:aws:iam::000000000000:root"
    known = json.loads(sessions.read_text(encoding="utf-8")) if sessions else {}
    if access_key not in known:
        raise ServiceError(Code.UNRECOGNIZED_CLIENT)
    return str(known[access_key]["arn"])
