"""What rate.tf derives from the quota, asked of rate.tf itself.

Terraform evaluates the file as it is, beside variables of the same names: no second set of the
formulas could differ from the module's.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, fields
from pathlib import Path

from tools.places import REPOSITORY

_VARIABLES = """\
locals {
  default_rekognition_tps = 25
  has_uploads             = true
}
variable "comparison" { type = object({ concurrency = number }) }
variable "function" { type = object({ memory_size = number, timeout = number }) }
variable "on_upload" { type = object({ references_per_subject = number }) }
variable "rekognition_tps" { type = number }
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """The locals of rate.tf; times in seconds, ``calls_per_second`` of one invocation."""

    batching_window: int
    calls_per_second: float
    instances: int
    pairs_per_batch: int
    uploads_per_batch: int
    visibility_timeout: int
    workers: int


def rate(tps: float, *, timeout_seconds: int = 30) -> Rate:
    """Return what the module sets for a quota of ``tps`` calls a second.

    Raises:
        RuntimeError: Terraform is not there, or rate.tf does not evaluate.
    """
    if shutil.which("terraform") is None:
        raise RuntimeError("terraform is not on PATH; run this through make or tools.run.")
    names = [each.name for each in fields(Rate)]
    expression = "jsonencode({" + ", ".join(f"{name} = local.{name}" for name in names) + "})"
    given = {
        "comparison": {"concurrency": None},
        "function": {"memory_size": 512, "timeout": timeout_seconds},
        "on_upload": {"references_per_subject": 1},
        "rekognition_tps": tps,
    }
    with tempfile.TemporaryDirectory(prefix="face-compare-") as name:
        folder = Path(name)
        (folder / "rate.tf").symlink_to(REPOSITORY / "rate.tf")
        (folder / "variables.tf").write_text(_VARIABLES, encoding="utf-8")
        (folder / "terraform.tfvars.json").write_text(json.dumps(given), encoding="utf-8")
        ran = subprocess.run(
            ["terraform", "console"],
            cwd=folder,
            input=expression,
            capture_output=True,
            text=True,
            check=False,
        )
    if ran.returncode:
        raise RuntimeError(f"rate.tf cannot be evaluated:\n{ran.stderr}")
    # The console prints the string that jsonencode gives as a literal.
    return Rate(**json.loads(json.loads(ran.stdout)))
