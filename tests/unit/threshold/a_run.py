"""A batch run and its labels, as files, and the command over them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from threshold.__main__ import main

HEADER = "source,target,label"


def image(key: str, **more: Any) -> dict[str, Any]:
    return {"bucket": "face-compare", "key": key, "version_id": None, **more}


def result(source: str, target: str, similarity: Any) -> dict[str, Any]:
    """A line as the function answers it."""
    return {
        "request_id": "request-1",
        "match": True,
        "decision": "match",
        "similarity": similarity,
        "similarity_threshold": 80.0,
        "review_threshold": None,
        "source": image(source),
        "target": image(target, face_count=1),
    }


def failure(source: str, target: str, error: str) -> dict[str, Any]:
    members = {"type": error, "message": "Why.", "retryable": False}
    return {"error": members, "source": image(source), "target": image(target)}


def failed_batch(pairs: Sequence[tuple[str, str]], error: str) -> dict[str, Any]:
    """A line of FAILED_*: a child execution of the Distributed Map, with its input as text."""
    items = [{"source": source, "target": target} for source, target in pairs]
    told = {"Items": items, "BatchInput": {"execution": "arn:aws:states:::execution:x:1"}}
    return {"ExecutionArn": "arn", "Input": json.dumps(told), "Error": error, "Status": "FAILED"}


@dataclass
class ARun:
    """Files below a folder, and the report made of them."""

    folder: Path
    labels: str = f"{HEADER}\n"
    lines: list[dict[str, Any]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def results(self) -> Path:
        return self.folder / "results" / "map-run" / "SUCCEEDED_0.jsonl"

    def add(self, label: str, score: Any, *more: str) -> ARun:
        """One more pair."""
        pair = (f"reference/{len(self.lines)}.jpg", f"challenge/{len(self.lines)}.jpg")
        self.labels += ",".join((*pair, label, *more)) + "\n"
        self.lines.append(result(*pair, score))
        return self

    def write(self) -> ARun:
        self.results.parent.mkdir(parents=True, exist_ok=True)
        self.results.write_text("".join(json.dumps(line) + "\n" for line in self.lines))
        (self.folder / "labels.csv").write_text(self.labels)
        return self

    def report(self, *more: str, labels: str = "labels.csv", results: str = "results") -> int:
        """Run the command over what is written."""
        out = self.folder / "report"
        places = (str(self.folder / results), str(self.folder / labels))
        code = main([*places, "--out", str(out), *more])
        if code == 0:
            self.facts = json.loads(out.with_suffix(".json").read_text())
        return code
