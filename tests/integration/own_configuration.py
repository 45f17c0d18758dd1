"""A folder for a configuration of a test's own, that uses the modules as an example does."""

from __future__ import annotations

from pathlib import Path

from local.stack import Stack
from local.terraform import Workspace


def workspace(stack: Stack, folder: Path) -> Workspace:
    """The folder of examples/minimal, without its configuration: only its versions."""
    made = Workspace.create("minimal", folder, stack.endpoint)
    for entry in made.folder.iterdir():
        if entry.is_symlink() and entry.name != "terraform.tf":
            entry.unlink()
    return made
