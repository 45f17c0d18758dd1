"""Runs Terraform on an example exactly as published, against an emulator or against AWS.

Nothing is written into the repository: a folder of its own mirrors it with symbolic links, and
holds the state, the plugins and one override file that tells the provider how to talk to an
emulator. The address and the keys come by environment.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local import processes
from local.stack import StackError, terraform_environment
from tools.places import REPOSITORY

type Json = Any
"""Whatever JSON can say."""

OVERRIDE = "local_stack_override.tf"
OVERRIDE_TEXT = """\
# The emulators have neither virtual hosts for buckets nor a metadata service.
provider "aws" {
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true
}
"""
_MIRRORED = ("lambda", "modules")
_UNATTENDED = ("-input=false", "-no-color")


class TerraformError(StackError):
    """Terraform failed; the message has the end of its output."""


@dataclass(frozen=True, slots=True)
class Drift:
    """One attribute that a plan after apply would change."""

    resource: str
    """Type and name, e.g. "aws_lambda_function.this"."""
    attribute: str
    """Dotted path within it, e.g. "logging_config.0.log_format"."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """One example, ready for Terraform, with its own state."""

    example: str
    folder: Path
    """Where Terraform runs; a mirror of examples/<example>."""
    endpoint: str | None
    """Of an emulator; None for AWS itself, with the caller's environment."""
    variables: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables beside those that the endpoint asks for, or instead of them."""
    engine: str = "terraform"
    running: set[subprocess.Popen[str]] = field(default_factory=set, compare=False)
    progress: Callable[[str], None] = lambda _line: None
    """Called with each line Terraform writes."""

    @classmethod
    def create(
        cls,
        example: str,
        root: Path,
        endpoint: str | None,
        *,
        engine: str = "terraform",
        **variables: str,
    ) -> Workspace:
        """Mirror the repository for an example.

        Args:
            example: name of a folder below examples/.
            root: the folder that the mirror is made in.
            endpoint: address of the emulator; None for AWS.
            engine: the command, terraform or tofu.
            variables: the example's inputs.

        Raises:
            StackError: the engine is not on PATH.
        """
        published = REPOSITORY / "examples" / example
        if shutil.which(engine) is None:
            raise StackError(
                f"{engine} is not on PATH. Start this through `make`, or as "
                "`python3 -m tools.run -- COMMAND`, which installs it."
            )
        mirror = root / "repository"
        folder = mirror / "examples" / example
        folder.mkdir(parents=True)
        for source in [*REPOSITORY.glob("*.tf"), *(REPOSITORY / name for name in _MIRRORED)]:
            (mirror / source.name).symlink_to(source)
        for source in published.iterdir():
            if not source.name.startswith((".terraform", "terraform.tfstate")):
                (folder / source.name).symlink_to(source)
        if endpoint is not None:
            (folder / OVERRIDE).write_text(OVERRIDE_TEXT, encoding="utf-8")
        return cls(example, folder, endpoint, variables, engine=engine)

    def init(self, *flags: str) -> None:
        """`terraform init`."""
        self._run("init", *_UNATTENDED, *flags)

    def apply(self) -> None:
        """`terraform apply`, without asking."""
        self._run("apply", *_UNATTENDED, "-auto-approve", *self._flags())

    def destroy(self, *options: str) -> None:
        """`terraform destroy`, without asking."""
        self._run("destroy", *_UNATTENDED, "-auto-approve", *self._flags(), *options)

    def outputs(self) -> dict[str, Json]:
        """The example's outputs by name."""
        found = json.loads(self._run("output", "-json"))
        return {name: output["value"] for name, output in found.items()}

    def provider_version(self) -> tuple[int, ...]:
        """The version of the AWS provider that `init` chose."""
        (found,) = self.folder.glob(".terraform/providers/*/hashicorp/aws/*")
        return tuple(map(int, found.name.split(".")))

    def changes(self, *options: str) -> list[Json]:
        """What a plan would change now, as `terraform show -json` tells it."""
        plan = self.folder / "changes.tfplan"
        self._run("plan", *_UNATTENDED, f"-out={plan}", *self._flags(), *options)
        shown = json.loads(self._run("show", "-json", str(plan)))
        return [
            each
            for each in shown.get("resource_changes", [])
            if each["change"]["actions"] not in (["no-op"], ["read"])
        ]

    def drift(self) -> list[Drift]:
        """What a plan would change now, by attribute; empty when it would change nothing."""
        return [found for each in self.changes() for found in drift_of(each)]

    def interrupt(self) -> None:
        """Ask a running command to finish what it is at, to write its state and to end."""
        for process in tuple(self.running):
            process.send_signal(signal.SIGINT)

    def _flags(self) -> list[str]:
        return [f"-var={name}={value}" for name, value in self.variables.items()]

    def _surroundings(self) -> dict[str, str]:
        if self.endpoint is None:
            return {**os.environ, "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
        return {**terraform_environment(self.endpoint), "HOME": str(self.folder.parent)}

    def _run(self, *words: str) -> str:
        """Run one Terraform command, pass each line to progress and return what it wrote.

        Raises:
            TerraformError: it failed.
        """
        process = processes.start(
            [self.engine, *words],
            environment={**self._surroundings(), **self.environment},
            cwd=self.folder,
            output=subprocess.PIPE,
        )
        lines = []
        self.running.add(process)
        try:
            with processes.guarded(process):
                for line in process.stdout or ():
                    lines.append(line)
                    self.progress(line.rstrip())
                code = process.wait()
        finally:
            self.running.discard(process)
            processes.end(process)
        text = "".join(lines)
        if code:
            complaint = text[text.find("\nError: ") :].strip() if "\nError: " in text else text
            raise TerraformError(
                f"{self.engine} {words[0]} of examples/{self.example} ended with code {code}:\n"
                f"{complaint}"
            )
        return text


def drift_of(resource_change: Json) -> list[Drift]:
    """What one entry of Workspace.changes() would change, by attribute."""
    resource = f"{resource_change['type']}.{resource_change['name']}"
    change = resource_change["change"]
    if change["actions"] != ["update"]:
        return [Drift(resource, "/".join(change["actions"]))]
    unknown = change.get("after_unknown") or {}
    return [
        Drift(resource, path)
        for path in sorted(differences(change["before"], change["after"]))
        # What is only known after an update follows from another difference.
        if not unknown.get(path.partition(".")[0])
    ]


def differences(before: Json, after: Json, path: str = "") -> set[str]:
    """Dotted paths at which two plan values differ."""
    if before == after:
        return set()
    if isinstance(before, dict) and isinstance(after, dict):
        keys = before.keys() | after.keys()
        pairs = [(str(key), before.get(key), after.get(key)) for key in keys]
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = [(str(index), *pair) for index, pair in enumerate(zip(before, after, strict=True))]
    else:
        return {path}
    return {
        found
        for key, left, right in pairs
        for found in differences(left, right, f"{path}.{key}" if path else key)
    }


def examples() -> list[str]:
    """Names of all published examples."""
    return sorted(entry.parent.name for entry in (REPOSITORY / "examples").glob("*/main.tf"))
