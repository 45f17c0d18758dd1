"""What a ResultWriter leaves in the bucket: a file for each outcome, and manifest.json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from local.emulator.distributed_map.dataset import Json
from local.emulator.distributed_map.map_run import UNSUCCESSFUL, Child, MapRun

_FILES = {"SUCCEEDED": "SUCCEEDED", "PENDING": "PENDING", **dict.fromkeys(UNSUCCESSFUL, "FAILED")}


@dataclass(frozen=True, slots=True)
class ResultFile:
    """One file of results, FAILED, PENDING or SUCCEEDED."""

    kind: str
    body: bytes

    def key(self, folder: str, attempt: int, writer_config: Mapping[str, Json]) -> str:
        """Where it belongs."""
        ending = "jsonl" if writer_config.get("OutputType") == "JSONL" else "json"
        return f"{folder}/{self.kind}_{attempt}.{ending}"


def folder(prefix: str, run: MapRun) -> str:
    """Where the files of a Map Run are."""
    return f"{prefix.rstrip('/')}/{run.arn.rpartition(':')[2]}"


def result_files(
    run: MapRun, machine_arn: str, writer_config: Mapping[str, Json]
) -> list[ResultFile]:
    """The files of the attempt that ends, of the outcomes that there are.

    Args:
        run: the Map Run; successes that an earlier attempt has written stay in their file.
        machine_arn: ARN that its children name as their state machine.
        writer_config: the field of that name.
    """
    entries: dict[str, list[Json]] = {"FAILED": [], "PENDING": [], "SUCCEEDED": []}
    for child in run.children:
        if not child.is_written:
            entries[_FILES[child.status]] += _entries(child, machine_arn, writer_config)
    lines = writer_config.get("OutputType") == "JSONL"
    return [
        ResultFile(
            kind,
            "".join(f"{json.dumps(each)}\n" for each in found).encode()
            if lines
            else json.dumps(found).encode(),
        )
        for kind, found in entries.items()
        if found
    ]


def manifest(bucket: str, run: MapRun) -> bytes:
    """The text of manifest.json."""
    content = {"DestinationBucket": bucket, "MapRunArn": run.arn, "ResultFiles": run.result_files}
    return json.dumps(content).encode()


def _entries(child: Child, machine_arn: str, writer_config: Mapping[str, Json]) -> list[Json]:
    transformation = writer_config.get("Transformation", "NONE")
    if child.output is None or transformation == "NONE":
        return [_record(child, machine_arn)]
    output = json.loads(child.output)
    return output if transformation == "FLATTEN" and isinstance(output, list) else [output]


def _record(child: Child, machine_arn: str) -> Json:
    members = {
        "Cause": child.cause,
        "Error": child.error,
        "ExecutionArn": child.arn,
        "Input": child.input,
        "InputDetails": {"Included": True},
        "Name": child.name,
        "Output": child.output,
        "RedriveCount": child.redrives,
        "StartDate": child.start_date,
        "StateMachineArn": machine_arn,
        "Status": child.status,
        "StopDate": child.stop_date,
    }
    return {name: value for name, value in members.items() if value is not None}
