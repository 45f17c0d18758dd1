"""Names and the tag of a run: by both together its resources are known."""

from __future__ import annotations

import re
from datetime import datetime

TAG = "face-compare-acceptance"
"""Key of the tag; its value is the run's name."""

PREFIX = "fc-accept-"
"""All names of runs begin with it."""

EXAMPLES = ("batch", "http", "minimal", "monitored", "upload")
"""The examples of a usual run."""

NETWORK_EXAMPLE = "private-network"
"""The example of the group network."""

_RUN = rf"{PREFIX}\d{{8}}-\d{{4}}"
_GROUPS = "/aws/lambda/|/aws/vendedlogs/states/"
_PARTS = "|".join((*EXAMPLES, "network", "free"))
_NAMED = re.compile(rf"(?:{_GROUPS})?({_RUN})(?=-(?:{_PARTS})(?:[-/]|$))")


def new_name(now: datetime) -> str:
    """A name that says what it is and when it was made."""
    return f"{PREFIX}{now:%Y%m%d-%H%M}"


def name_of(run: str, example: str) -> str:
    """The input `name` of an example in a run. The module takes 35 characters."""
    return f"{run}-{example.removeprefix('private-')}"


def run_of(name: str) -> str | None:
    """The run that a resource of this name would belong to."""
    found = _NAMED.match(name)
    return found[1] if found else None
