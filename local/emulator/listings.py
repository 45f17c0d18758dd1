"""ListObjectVersions encodes keys on request, as S3 does: a patch to the pinned MiniStack.

Clients ask for it with `encoding-type=url`, because XML cannot hold every key, and decode what they
get. MiniStack encodes only in ListObjects. So Terraform's provider decoded keys that were not
encoded, and could not delete an object with a `%` in its key.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any
from unittest.mock import patch
from urllib.parse import quote
from xml.etree import ElementTree

_ENCODED = ("Delimiter", "Key", "KeyMarker", "NextKeyMarker", "Prefix")
"""Elements that S3 encodes, by its API reference (ListObjectVersions, EncodingType)."""


def install() -> None:
    """Apply the patch to the MiniStack that this process imports."""
    s3 = import_module("ministack.services.s3")
    original = s3._list_object_versions
    ElementTree.register_namespace("", s3.S3_NS)

    def list_object_versions(name: str, query: dict[str, Any]) -> tuple[int, Any, str | bytes]:
        status, headers, body = original(name, query)
        asked = s3._qp(query, "encoding-type", "") == "url"
        return status, headers, encoded(body) if asked and status == 200 else body

    patch.object(s3, "_list_object_versions", list_object_versions).start()


def encoded(listing: str | bytes) -> bytes:
    """Return a list of versions with its keys encoded, and the element that says so."""
    root = ElementTree.fromstring(listing)
    namespace = root.tag.partition("}")[0]
    for element in root.iter():
        if element.tag.rpartition("}")[2] in _ENCODED and element.text:
            element.text = quote(element.text, safe="/")
    ElementTree.SubElement(root, f"{namespace}}}EncodingType").text = "url"
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
