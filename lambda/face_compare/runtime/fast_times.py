"""A session of boto3 whose clients read the times in S3's answers fast, for uploads.

S3 says in each answer of HeadObject and ListObjectsV2 when an object was written. botocore reads
times of any form, which takes a tenth of the CPU of such a call. S3 uses two forms: one of HTTP
in headers, and one of ISO 8601 in XML.

The AWS CLI replaces the reader in the same way. AWS updates botocore under deployed functions
without notice, so clients.py makes a plain client if anything here fails.
"""

from contextlib import suppress
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import boto3.session
import botocore.session
from botocore.utils import parse_timestamp


def s3_session() -> boto3.session.Session:
    """Return a session that makes clients for S3."""
    session = botocore.session.Session()
    parsers = session.get_component("response_parser_factory")
    parsers.set_parser_defaults(timestamp_parser=time_in)
    return boto3.session.Session(botocore_session=session)


def time_in(value: Any) -> datetime:
    """Return the time in an answer. A form that S3 does not use is left to botocore.

    The header Expires has such a form if the uploader of an object sent one: S3 keeps it.

    Raises:
        ValueError: It is not a time.
    """
    if isinstance(value, str) and value.endswith(("GMT", "Z")):
        with suppress(ValueError):
            read = datetime.fromisoformat if value.endswith("Z") else parsedate_to_datetime
            return read(value)
    return parse_timestamp(value)
