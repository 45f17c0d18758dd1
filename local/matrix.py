"""`make matrix`: which versions of Terraform, OpenTofu and the AWS provider the module works with.

Every engine of every toolchain is tried with every provider: init and validate everywhere, the
native tests, and a plan of every example against the local stack. The README says what passed.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from local.stack import Stack, terraform_environment
from local.terraform import OVERRIDE, OVERRIDE_TEXT
from tools import workspace

_ENGINES = {"terraform": "Terraform", "tofu": "OpenTofu"}
_VERSION = re.compile(r"v(\d+\.\d+\.\d+)")
_PROVIDER = re.compile(r"provider-aws_v(\d+\.\d+\.\d+)")
_PASSED = re.compile(r"(\d+) passed, 0 failed")
_TESTED = (".", "modules/batch")


@dataclass(frozen=True, slots=True)
class Engine:
    """One version of Terraform or OpenTofu."""

    name: str
    version: str
    command: str


@dataclass(frozen=True, slots=True)
class Provider:
    """One version of the AWS provider, and the CLI configuration that leads to it."""

    version: str
    configuration: Path


def engines(folders: Iterable[str]) -> list[Engine]:
    """All versions in these folders, each once."""
    found: dict[tuple[str, str], Engine] = {}
    for folder in folders:
        for name, title in _ENGINES.items():
            if command := shutil.which(name, path=folder):
                text = subprocess.run(
                    [command, "version"],
                    env={"PATH": os.defpath, "CHECKPOINT_DISABLE": "1"},
                    capture_output=True,
                    text=True,
                    check=True,
                ).stdout
                version = _VERSION.search(text)
                assert version, text
                found.setdefault((title, version[1]), Engine(title, version[1], command))
    return sorted(found.values(), key=lambda each: (each.name, _numbers(each.version)))


def providers(configurations: Iterable[Path]) -> list[Provider]:
    """The newest version in each mirror, each once."""
    found: dict[str, Provider] = {}
    for configuration in configurations:
        mirror = re.search(r'path\s*=\s*"([^"]+)"', configuration.read_text(encoding="utf-8"))
        names = Path(mirror[1]).rglob("terraform-provider-aws_v*") if mirror else ()
        versions = [match[1] for name in names if (match := _PROVIDER.search(name.name))]
        if versions:
            newest = max(versions, key=_numbers)
            found.setdefault(newest, Provider(newest, configuration))
    return sorted(found.values(), key=lambda each: _numbers(each.version))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


class Pair:
    """An engine and a provider at work in a copy of the repository."""

    def __init__(self, engine: Engine, provider: Provider, endpoint: str, folder: Path) -> None:
        self._engine = engine
        self._environment = {
            **terraform_environment(endpoint),
            "HOME": str(folder),
            "TF_CLI_CONFIG_FILE": str(provider.configuration),
        }
        self._root = workspace.copy_to(folder / "repository")
        self._examples = [path.parent for path in sorted(self._root.glob("examples/*/main.tf"))]
        for example in self._examples:
            (example / OVERRIDE).write_text(OVERRIDE_TEXT, encoding="utf-8")

    def tried(self) -> tuple[int, int]:
        """Try everything; how much failed, which is told on stderr, and how many tests passed."""
        tested = [self._root / name for name in _TESTED]
        done = [
            self._run(each, "init", "-input=false", "-backend=false") is not None
            and self._run(each, "validate") is not None
            for each in [*tested, *self._examples]
        ]
        passed = [self._tests(each) for each in tested]
        done += [count is not None for count in passed]
        done += [self._run(each, "plan", "-input=false") is not None for each in self._examples]
        return done.count(False), sum(filter(None, passed))

    def _tests(self, folder: Path) -> int | None:
        """How many native tests passed, or None."""
        told = _PASSED.search(self._run(folder, "test") or "")
        return int(told[1]) if told else None

    def _run(self, folder: Path, *words: str) -> str | None:
        """Run the engine; what it wrote, or None if it failed."""
        environment: Mapping[str, str] = self._environment
        if words[0] == "test":
            # They have mocks, and must not reach anything.
            environment = {k: v for k, v in environment.items() if not k.startswith("AWS_")}
        done = subprocess.run(
            [self._engine.command, *words, "-no-color"],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode == 0:
            return done.stdout
        where = folder.relative_to(self._root)
        print(f"{words[0]} in {where} failed:\n{done.stdout[-3000:]}", file=sys.stderr, flush=True)
        return None


def main() -> int:
    """Try every pair and print its outcome; 1 if something failed."""
    parser = argparse.ArgumentParser(prog="python -m local.matrix", description=__doc__)
    parser.add_argument(
        "toolchains",
        nargs="*",
        type=Path,
        metavar="FOLDER",
        help="more toolchains: bin/ with engines, and a terraformrc that names a mirror",
    )
    parser.add_argument("--only", default="", help='such as "Terraform 1.8.5"')
    options = parser.parse_args()
    folders = [folder.absolute() for folder in options.toolchains]
    path = os.environ.get("PATH", os.defpath).split(os.pathsep)
    own = os.environ.get("TF_CLI_CONFIG_FILE")
    files = [folder / "terraformrc" for folder in folders] + ([Path(own)] if own else [])
    pairs = {
        f"{engine.name} {engine.version} with provider {provider.version}": (engine, provider)
        for engine in engines([*(str(folder / "bin") for folder in folders), *path])
        for provider in providers(file for file in files if file.is_file())
    }
    results = []
    with Stack() as stack:
        for title, pair in pairs.items():
            if options.only in title:
                with tempfile.TemporaryDirectory(prefix="face-compare-") as name:
                    failures, tests = Pair(*pair, stack.endpoint, Path(name)).tried()
                print(f"{title}: {tests} native tests passed, {failures} steps failed", flush=True)
                results.append(failures)
    return int(any(results) or not results)


if __name__ == "__main__":
    sys.exit(main())
