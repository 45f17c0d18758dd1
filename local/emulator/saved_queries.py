"""Saved queries of CloudWatch Logs Insights, which the pinned MiniStack does not know.

    cloudwatch_logs.handle_request     PutQueryDefinition, DescribeQueryDefinitions and
                                       DeleteQueryDefinition are answered here; upstream answers
                                       them with "Unknown action".

They are kept in memory, of all accounts and regions in one: the stack has one of each.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from local.emulator.upstream import Upstream

Json = dict[str, Any]


class SavedQueries:
    """The three operations, on a dictionary."""

    def __init__(self) -> None:
        self._definitions: dict[str, Json] = {}

    def put(self, request: Json) -> Json:
        """Create a definition, or replace the one that is named by id."""
        identity = request.get("queryDefinitionId") or str(uuid.uuid4())
        kept = {name: request[name] for name in ("logGroupNames", "name", "queryString")}
        self._definitions[identity] = {
            **kept,
            "lastModified": int(time.time() * 1000),
            "queryDefinitionId": identity,
        }
        return {"queryDefinitionId": identity}

    def describe(self, request: Json) -> Json:
        """Every definition whose name begins as asked; always one page."""
        prefix = request.get("queryDefinitionNamePrefix", "")
        found = [each for each in self._definitions.values() if each["name"].startswith(prefix)]
        return {"queryDefinitions": sorted(found, key=lambda each: str(each["name"]))}

    def delete(self, request: Json) -> Json:
        """Remove one; whether it was there."""
        return {"success": self._definitions.pop(request["queryDefinitionId"], None) is not None}

    def operations(self) -> Mapping[str, Callable[[Json], Json]]:
        """By the name that a request carries."""
        return {
            "DeleteQueryDefinition": self.delete,
            "DescribeQueryDefinitions": self.describe,
            "PutQueryDefinition": self.put,
        }


def install() -> None:
    """Apply the patch to the MiniStack imported in this process."""
    logs: Upstream = import_module("ministack.services.cloudwatch_logs")
    responses: Upstream = import_module("ministack.core.responses")
    upstream_request = logs.handle_request
    operations = SavedQueries().operations()

    async def handle_request(
        method: str, path: str, headers: Mapping[str, str], body: bytes, query_params: Upstream
    ) -> Upstream:
        operation = operations.get(headers.get("x-amz-target", "").rpartition(".")[2])
        if operation is None:
            return await upstream_request(method, path, headers, body, query_params)
        return responses.json_response(operation(json.loads(body)))

    logs.handle_request = handle_request
