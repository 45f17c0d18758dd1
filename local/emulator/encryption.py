"""S3 blocks SSE-C in every new bucket and says so: a patch to the pinned MiniStack.

AWS does since April 2026. Versions 6.22 to 6.39 of the provider then report a change that nothing
makes go away, and the tests must see it too.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any
from unittest.mock import patch

_BLOCKED = "<BlockedEncryptionTypes><EncryptionType>SSE-C</EncryptionType></BlockedEncryptionTypes>"


def install() -> None:
    """Apply the patch to the MiniStack that this process imports."""
    s3 = import_module("ministack.services.s3")
    original = s3._get_bucket_encryption

    def get_bucket_encryption(name: str) -> tuple[int, Any, str | bytes]:
        status, headers, body = original(name)
        return status, headers, with_blocked_types(body) if status == 200 else body

    patch.object(s3, "_get_bucket_encryption", get_bucket_encryption).start()


def with_blocked_types(configuration: str) -> str:
    """An encryption configuration that tells which types are blocked, where it does not yet."""
    if "BlockedEncryptionTypes" in configuration:
        return configuration
    return configuration.replace("</Rule>", f"{_BLOCKED}</Rule>")
