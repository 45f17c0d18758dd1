"""Saved queries of CloudWatch Logs Insights, which the pinned MiniStack lacks.

They are kept in memory, for all accounts and regions together: the stack has one of each.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from importlib import import_module
from typing import Any
from unittest.mock import patch

Json = dict[str, Any]


def install() -> None:
    """Apply the patch to the MiniStack that this process imports."""
    logs = import_module("ministack.services.cloudwatch_logs")
    responses = import_module("ministack.core.responses")
    original = logs.handle_request
    definitions: dict[str, Json] = {}

    def answer(operation: str, request: Json) -> Json:
        if operation.startswith("Put"):
            identity = request.get("queryDefinitionId") or str(uuid.uuid4())
            definitions[identity] = {**request, "queryDefinitionId": identity}
            return {"queryDefinitionId": identity}
        if operation.startswith("Delete"):
            return {"success": definitions.pop(request["queryDefinitionId"], None) is not None}
        prefix = request.get("queryDefinitionNamePrefix", "")
        found = [each for each in definitions.values() if each["name"].startswith(prefix)]
        return {"queryDefinitions": found}

    async def handle_request(
        method: str, path: str, headers: Mapping[str, str], body: bytes, query_params: Any
    ) -> Any:
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        if "QueryDefinition" not in operation:
            return await original(method, path, headers, body, query_params)
        return responses.json_response(answer(operation, json.loads(body)))

    patch.object(logs, "handle_request", handle_request).start()
