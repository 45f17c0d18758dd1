"""A handler around the payload's that answers with the CPU that its process has used.

It is copied beside the unpacked payload, and runs instead of its handler. Nothing of the payload
is replaced. Its calls and its workers are timed by the CPU time of their threads.
"""

import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from resource import RUSAGE_SELF, getrusage
from threading import Lock
from typing import Any

from botocore.client import BaseClient

from face_compare.handler import handler as payload

_lock = Lock()
_seconds: defaultdict[str, float] = defaultdict(float)


def _timed(part: str, work: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    began = time.thread_time()
    try:
        return work(*arguments, **named)
    finally:
        used = time.thread_time() - began
        with _lock:
            _seconds[part] += used


# The calls of every client go through this method.
_make_api_call = BaseClient._make_api_call  # type: ignore[attr-defined]  # noqa: SLF001
_submit = ThreadPoolExecutor.submit


def _api_call(client: BaseClient, operation: str, parameters: dict[str, Any]) -> Any:
    is_claim = str(parameters.get("Key")).endswith(".claim")
    part = "claim" if is_claim else operation
    return _timed(part, _make_api_call, client, operation, parameters)


def _submit_timed(
    pool: ThreadPoolExecutor, work: Callable[..., Any], *arguments: Any, **named: Any
) -> Future[Any]:
    return _submit(pool, _timed, "workers", work, *arguments, **named)


BaseClient._make_api_call = _api_call  # type: ignore[attr-defined]  # noqa: SLF001
ThreadPoolExecutor.submit = _submit_timed  # type: ignore[assignment]


def handler(event: object, context: Any) -> dict[str, Any]:
    """Serve the event, and return the seconds of CPU: of the process so far, and by part."""
    _seconds.clear()
    answer = _timed("main", payload, event, context)
    usage = getrusage(RUSAGE_SELF)
    return {
        "failed": len(answer["batchItemFailures"]),
        "process": usage.ru_utime + usage.ru_stime,
        "parts": dict(_seconds),
    }
