"""`make matrix`: which versions of Terraform, OpenTofu and the AWS provider the module works with.

Every engine of every toolchain is tried with every provider: init and validate everywhere, the
native tests, and a plan of every example against the local stack. The function's tests run under
every Python. The README says what passed.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from local.stack import Stack, terraform_environment
from local.terraform import OVERRIDE, OVERRIDE_TEXT
from tools import workspace
from tools.places import REPOSITORY

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


@dataclass(frozen=True, slots=True)
class Row:
    """What came of one pair."""

    engine: Engine
    provider: Provider
    failures: int
    """Folders that could not be initialized, validated, tested or planned."""
    tests: int
    """Native tests that passed."""

    def __str__(self) -> str:
        return f"{self.failures} failed" if self.failures else f"{self.tests} tests"


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


def table(rows: Sequence[Row]) -> str:
    """The rows in Markdown: engines down, providers across."""
    across = sorted({row.provider.version for row in rows}, key=_numbers)
    down = list(dict.fromkeys(row.engine for row in rows))
    cells = {(row.engine, row.provider.version): str(row) for row in rows}
    lines = [["", *(f"provider {version}" for version in across)], ["---"] * (len(across) + 1)]
    lines += [
        [f"{engine.name} {engine.version}", *(cells.get((engine, each), "") for each in across)]
        for engine in down
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


class Pair:
    """An engine and a provider at work in a copy of the repository."""

    def __init__(self, engine: Engine, provider: Provider, endpoint: str, folder: Path) -> None:
        self._engine = engine
        self._provider = provider
        self._environment = {
            **terraform_environment(endpoint),
            "HOME": str(folder),
            "TF_CLI_CONFIG_FILE": str(provider.configuration),
        }
        self._root = workspace.copy_to(folder / "repository")
        self._examples = [path.parent for path in sorted(self._root.glob("examples/*/main.tf"))]
        for example in self._examples:
            (example / OVERRIDE).write_text(OVERRIDE_TEXT, encoding="utf-8")

    def row(self) -> Row:
        """Try everything; what fails is told on stderr."""
        tested = [self._root / name for name in _TESTED]
        done = [
            self._run(each, "init", "-input=false", "-backend=false") is not None
            and self._run(each, "validate") is not None
            for each in [*tested, *self._examples]
        ]
        passed = [self._tests(each) for each in tested]
        done += [count is not None for count in passed]
        done += [self._run(each, "plan", "-input=false") is not None for each in self._examples]
        return Row(self._engine, self._provider, done.count(False), sum(filter(None, passed)))

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
        _say(f"{self._engine.name} {words[0]} in {where} failed:\n{done.stdout[-3000:]}")
        return None


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def pythons() -> list[str]:
    """The commands of all Pythons at hand that Lambda runs the function on."""
    names = (f"python3.{minor}" for minor in range(12, 20))
    return [
        name
        for name in names
        # A command of pyenv is there for a Python that is not.
        if shutil.which(name)
        and not subprocess.run([name, "-V"], capture_output=True, check=False).returncode
    ]


def function_tests(python: str) -> str:
    """How the function's tests end under a Python."""
    done = subprocess.run(
        ["make", "--no-print-directory", "test-payload", f"PYTHON={python}", "ARGS=-q"],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    return done.stdout.strip().splitlines()[-1] if done.stdout else "failed"


def main() -> int:
    """Try every pair and every Python, and print the tables; 1 when something failed."""
    parser = argparse.ArgumentParser(prog="python -m local.matrix", description=__doc__)
    parser.add_argument(
        "toolchains",
        nargs="*",
        type=Path,
        metavar="FOLDER",
        help="more toolchains: bin/ with engines, and a terraformrc that names a mirror",
    )
    parser.add_argument("--only", default="", help='such as "Terraform 1.8.5" or "Python"')
    options = parser.parse_args()
    folders = [folder.absolute() for folder in options.toolchains]
    path = os.environ.get("PATH", os.defpath).split(os.pathsep)
    own = os.environ.get("TF_CLI_CONFIG_FILE")
    files = [folder / "terraformrc" for folder in folders] + ([Path(own)] if own else [])
    pairs = [
        (engine, provider)
        for engine in engines([*(str(folder / "bin") for folder in folders), *path])
        for provider in providers(file for file in files if file.is_file())
        if options.only in f"{engine.name} {engine.version} with provider {provider.version}"
    ]
    rows = list(_rows(pairs)) if pairs else []
    told = [(name, function_tests(name)) for name in pythons() if options.only in name.title()]
    if rows:
        print(table(rows))
    for name, end in told:
        print(f"{name}: {end}")
    bad = any(row.failures for row in rows) or any(" passed" not in end for _, end in told)
    return int(bad or not (rows or told))


def _rows(pairs: Iterable[tuple[Engine, Provider]]) -> Iterator[Row]:
    with Stack() as stack:
        for engine, provider in pairs:
            _say(f"{engine.name} {engine.version} with provider {provider.version} …")
            with tempfile.TemporaryDirectory(prefix="face-compare-") as name:
                yield Pair(engine, provider, stack.endpoint, Path(name)).row()


if __name__ == "__main__":
    sys.exit(main())
