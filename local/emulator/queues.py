"""Terraform does not wait for minutes after the end of a queue: a patch to the pinned MiniStack.

From 6.34 until a fix of July 2026, the provider then asks for the queue 15 times in 155 s, on AWS
too:
hashicorp/terraform-provider-aws#48682. A queue that was gone before is not waited for. So the
provider, and nobody else, is told that its queue was gone, which AWS also says when it answers a
call that the SDK repeats.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any
from unittest.mock import patch

type Answer = tuple[int, Any, bytes]
type Handler = Callable[[str, str, dict[str, str], bytes, Any], Awaitable[Answer]]


def install() -> None:
    """Apply the patch to the MiniStack that this process imports."""
    sqs = import_module("ministack.services.sqs")
    gone = sqs._json_err_resp("QueueDoesNotExist", "The specified queue does not exist.")
    patch.object(sqs, "handle_request", without_waits(sqs.handle_request, gone)).start()


def without_waits(handler: Handler, gone: Answer) -> Handler:
    """Wrap a handler of requests so that Terraform's deletions end with this answer."""

    async def handle_request(
        method: str, path: str, headers: dict[str, str], body: bytes, query: Any
    ) -> Answer:
        answer = await handler(method, path, headers, body, query)
        deleted = headers.get("x-amz-target") == "AmazonSQS.DeleteQueue" and answer[0] == 200
        by_terraform = "terraform-provider-aws/" in headers.get("user-agent", "")
        return gone if deleted and by_terraform else answer

    return handle_request
