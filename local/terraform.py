"""Runs Terraform on an example exactly as published, against an emulator.

Nothing is written into the repository: a folder of its own mirrors it with symbolic links, and
holds the state, the plugins and one override file that tells the provider how to talk to an
emulator. The address and the keys come by environment.
"""

from __future__ import annotations

import json
import shutil
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from local import processes
from local.stack import StackError, account_environment
from tools.places import REPOSITORY

Json: TypeAlias = Any
"""Whatever JSON can say."""

OVERRIDE = "local_stack_override.tf"
_OVERRIDE_TEXT = """\
# The emulators know no virtual hosts for buckets and no metadata service.
provider "aws" {
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true
}
"""
_MIRRORED = ("lambda", "modules")
_POLL_SECONDS = 0.1


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
    endpoint: str
    progress: Callable[[str], None] = lambda _line: None
    """Called with each line Terraform writes."""
    command: str = "terraform"

    @classmethod
    def create(
        cls,
        example: str,
        root: Path,
        endpoint: str,
        *,
        progress: Callable[[str], None] = lambda _line: None,
        command: str = "terraform",
    ) -> Workspace:
        """Mirror the repository for an example.

        Args:
            example: name of a folder below examples/.
            root: an existing folder that the mirror is made in.
            endpoint: address of the emulator.
            progress: called with each line Terraform writes.
            command: "terraform" or "tofu".

        Raises:
            StackError: there is no such example, or the command is not on PATH.
        """
        published = REPOSITORY / "examples" / example
        if not published.is_dir():
            raise StackError(f"There is no example {example!r} in {published.parent}.")
        if shutil.which(command) is None:
            raise StackError(
                f"{command} is not on PATH. Start this through `make`, or as "
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
        (folder / OVERRIDE).write_text(_OVERRIDE_TEXT, encoding="utf-8")
        return cls(example, folder, endpoint, progress, command)

    def following(self, progress: Callable[[str], None]) -> Workspace:
        """The same workspace, with its output going elsewhere."""
        return replace(self, progress=progress)

    def init(self) -> None:
        """`terraform init`.

        Raises:
            TerraformError: it failed.
        """
        self._run("init", "-input=false", "-no-color")

    def apply(self, variables: Mapping[str, str] | None = None) -> None:
        """`terraform apply`, without asking.

        Raises:
            TerraformError: it failed.
        """
        self._run("apply", "-input=false", "-no-color", "-auto-approve", *_flags(variables))

    def destroy(self, variables: Mapping[str, str] | None = None) -> None:
        """`terraform destroy`, without asking.

        Raises:
            TerraformError: it failed.
        """
        self._run("destroy", "-input=false", "-no-color", "-auto-approve", *_flags(variables))

    def outputs(self) -> dict[str, Json]:
        """The example's outputs by name."""
        found = json.loads(self._run("output", "-json"))
        return {name: output["value"] for name, output in found.items()}

    def drift(self, variables: Mapping[str, str] | None = None) -> list[Drift]:
        """What a plan would change now, in order; empty when it would change nothing.

        Raises:
            TerraformError: there is no plan to be had.
        """
        plan = self.folder / "drift.tfplan"
        arguments = ("-input=false", "-no-color", "-detailed-exitcode", f"-out={plan}")
        self._run("plan", *arguments, *_flags(variables), accept=(0, 2))
        shown = json.loads(self._run("show", "-json", str(plan)))
        found = []
        for change in shown.get("resource_changes", []):
            if change["change"]["actions"] in (["no-op"], ["read"]):
                continue
            resource = f"{change['type']}.{change['name']}"
            if change["change"]["actions"] != ["update"]:
                found.append(Drift(resource, "/".join(change["change"]["actions"])))
                continue
            before, after = change["change"]["before"], change["change"]["after"]
            unknown = change["change"].get("after_unknown") or {}
            found += [
                Drift(resource, path)
                for path in sorted(differences(before, after))
                # What is only known after an update follows from another difference.
                if not unknown.get(path.partition(".")[0])
            ]
        return found

    def _run(self, *words: str, accept: tuple[int, ...] = (0,)) -> str:
        """Run one Terraform command and hand each line to progress as it comes.

        Returns what it wrote. Raises TerraformError when it ends with another code.
        """
        log = self.folder.parent / f"{self.example}-{words[0]}.log"
        environment = {
            **account_environment(self.endpoint),
            "HOME": str(self.folder.parent),
            "TF_IN_AUTOMATION": "1",
        }
        with processes.endings_held():
            child = processes.start(
                self.command,
                [self.command, *words],
                environment=environment,
                log=log,
                cwd=self.folder,
                # It ends its plugins itself when it is told to; killed, it would leave them.
                on_our_death=signal.SIGTERM,
            )
        try:
            self._follow(child, log)
        finally:
            with processes.endings_held():
                child.kill()
        text = log.read_text(encoding="utf-8")
        if child.exit_code() not in accept:
            raise TerraformError(
                f"{self.command} {words[0]} of examples/{self.example} ended with code "
                f"{child.exit_code()}:\n{_complaint(text) or child.log_tail(40)}"
            )
        return text

    def _follow(self, child: processes.Child, log: Path) -> None:
        with log.open(encoding="utf-8", errors="replace") as written:
            while True:
                ended = child.exit_code() is not None
                for line in written.read().splitlines():
                    if line.strip():
                        self.progress(line.rstrip())
                if ended:
                    return
                time.sleep(_POLL_SECONDS)


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


def _complaint(output: str) -> str:
    """What Terraform wrote from its first error on; empty when it names none."""
    begin = output.find("\nError: ")
    return output[begin:].strip() if begin >= 0 else ""


def examples() -> list[str]:
    """Names of all published examples."""
    return sorted(entry.parent.name for entry in (REPOSITORY / "examples").glob("*/main.tf"))


def _flags(variables: Mapping[str, str] | None) -> list[str]:
    return [f"-var={name}={value}" for name, value in (variables or {}).items()]
