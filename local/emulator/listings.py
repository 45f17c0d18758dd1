"""ListObjectVersions encodes keys on request, as S3 does: a patch to the pinned MiniStack.

Clients ask for it with `encoding-type=url`, because XML cannot hold every key, and decode what they
get. MiniStack encodes only in ListObjects. So Terraform's provider decoded keys that were not
encoded, and could not delete an object with a `%` in its key.
"""

from __future__ import annotations

import html
import re
from importlib import import_module
from typing import Any
from unittest.mock import patch
from urllib.parse import quote

_KEYS = re.compile("<(Delimiter|Key|KeyMarker|NextKeyMarker|Prefix)>([^<]+)<")
"""Elements that S3 encodes, by its API reference (ListObjectVersions, EncodingType)."""


def install() -> None:
    """Apply the patch to the MiniStack that this process imports."""
    s3 = import_module("ministack.services.s3")
    original = s3._list_object_versions

    def list_object_versions(name: str, query: dict[str, Any]) -> tuple[int, Any, bytes]:
        status, headers, body = original(name, query)
        is_asked = s3._qp(query, "encoding-type", "") == "url"
        return status, headers, encoded(body.decode()).encode() if is_asked else body

    patch.object(s3, "_list_object_versions", list_object_versions).start()


def encoded(listing: str) -> str:
    """Return a list of versions with its keys encoded, and the element that says so."""
    end = "</ListVersionsResult>"
    with_keys = _KEYS.sub(
        lambda found: f"<{found[1]}>{quote(html.unescape(found[2]), safe='/')}<", listing
    )
    return with_keys.replace(end, f"<EncodingType>url</EncodingType>{end}")
