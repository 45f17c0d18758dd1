"""From a list to a threshold: the commands of examples/batch, as they are printed."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from local.runs import Runs
from local.stack import account_environment
from local.waiting import eventually
from tests.integration import shell
from tests.integration.conftest import Bulk
from tests.integration.example_uses import Outputs
from tests.integration.test_batch_runs import put_images
from tools.places import REPOSITORY

_PEOPLE = 24
_STRANGERS = 14
"""For each person: 336 pairs can prove an FMR of 1 %."""


def test_a_labeled_list_becomes_a_threshold_in_three_commands(
    bulk: Bulk, bulk_batch: Outputs, tmp_path: Path
) -> None:
    batch = bulk.jobs["batch"].result()
    runs, folder = Runs(bulk.stack, bulk_batch), batch.workspace.folder
    pairs = [
        (one, (one + away) % _PEOPLE) for one in range(_PEOPLE) for away in range(_STRANGERS + 1)
    ]
    lines = [
        f"reference/p{one}.jpg,challenge/p{two}.jpg,{'genuine' if one == two else 'impostor'}"
        for one, two in pairs
    ]
    lines.append("reference/p0.jpg,challenge/noface.jpg,genuine")
    labels = folder / "labeled.csv"
    labels.write_text("\n".join(["source,target,label", *lines]), encoding="utf-8")
    keys = {key for line in lines for key in line.split(",")[:2]}
    put_images(runs, sorted(keys))

    upload, start, report = _commands()
    environment = {
        # A make that runs the tests passes its own variables on to each make below it.
        **{name: value for name, value in os.environ.items() if name not in ("ARGS", "MAKEFLAGS")},
        **account_environment(bulk.stack.endpoint),
        "OUT": str(tmp_path / "report"),
        "PYTHON": sys.executable,
        "bucket": bulk_batch["bucket_name"],
    }
    begun = shell.run(f'{upload}\n{start}\nprintf %s "$execution"', folder, environment)
    execution = begun.splitlines()[-1]

    def ended() -> bool:
        described = runs.states.describe_execution(executionArn=execution)
        return bool(described["status"] == "SUCCEEDED")

    eventually(ended, 300, "the run's end")
    told = report.replace("../..", str(REPOSITORY))
    said = shell.run(told, folder, {**environment, "execution": execution})
    facts = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    pairs_found = facts["pairs"]
    assert (pairs_found["genuine"], pairs_found["impostor"]) == (_PEOPLE, _PEOPLE * _STRANGERS)
    assert "NoFaceInTargetError" in (tmp_path / "report.html").read_text(encoding="utf-8")
    advice = facts["recommendation"]
    assert (advice["supported"], advice["similarity_threshold"]) == (True, 80)
    assert "similarity_threshold = 80" in said


def _commands() -> list[str]:
    text = (REPOSITORY / "examples" / "batch" / "README.md").read_text(encoding="utf-8")
    section = text.partition("## From a list to a threshold")[2]
    return section.partition("```sh\n")[2].partition("\n```")[0].splitlines()
