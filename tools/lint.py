"""Every static check, and all that they find: python3 -m tools.run python -m tools.lint."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tools import venv, workspace
from tools.failure import reported
from tools.places import REPOSITORY

_PYTHON_ROOMS = ("lambda/face_compare", "local", "tools", "tests", "benchmarks")
# What the module's `runtime` input defaults to.
_LAMBDA_PYTHON = "3.13"


@dataclass(frozen=True, slots=True)
class Check:
    """Commands run one after another in `folder`; the check ends at the first that fails."""

    name: str
    commands: tuple[tuple[str, ...], ...]
    folder: Path


@dataclass(frozen=True, slots=True)
class Finding:
    """How a check went: `output` is everything its commands printed, `seconds` what it took."""

    check: Check
    passed: bool
    output: str
    seconds: float


def scan(checkov: Path, published: Path) -> tuple[str, ...]:
    """The command that scans every module and example below `published`, and asks no network.

    Settings stand beside the resources they are about; a file of settings would hide findings
    in all of them.
    """
    return (
        str(checkov),
        f"--directory={published}",
        "--framework=terraform",
        "--skip-download",
        "--download-external-modules=false",
        "--compact",
        "--quiet",
    )


def checks(copies: Path) -> list[Check]:
    """All checks, the slow ones first; `copies` is an empty folder for copies of the modules."""
    found = []
    for engine in ("terraform", "tofu"):
        copy = workspace.copy_to(copies / engine)
        for module in workspace.modules(copy):
            name = "the module" if module == copy else str(module.relative_to(copy))
            init = (engine, "init", "-no-color", "-input=false", "-backend=false")
            validate = (engine, "validate", "-no-color")
            found.append(Check(f"{engine} validate, {name}", (init, validate), module))
    copy = copies / "terraform"
    # Fixtures of tests are no modules to publish.
    published = workspace.copy_to(copies / "published")
    shutil.rmtree(published / "tests", ignore_errors=True)
    root = workspace.copy_to(copies / "root")
    for name in ("examples", "tests"):
        shutil.rmtree(root / name, ignore_errors=True)
    checkov = venv.interpreter("scan", os.environ).with_name("checkov")
    config = f"--config={published / '.tflint.hcl'}"
    found += [
        # The root apart from the examples too: seen through one, it has that example's inputs.
        Check("checkov, every example", (scan(checkov, published),), published),
        Check("checkov, the module", (scan(checkov, root),), root),
        Check("mypy", (("mypy", *_PYTHON_ROOMS),), REPOSITORY),
        Check(
            f"mypy, the function under Python {_LAMBDA_PYTHON}",
            (
                (
                    "mypy",
                    "--python-version",
                    _LAMBDA_PYTHON,
                    # Its own cache: the two runs go on at once.
                    f"--cache-dir={copies / 'mypy'}",
                    "lambda/face_compare",
                ),
            ),
            REPOSITORY,
        ),
        Check("tflint", (("tflint", "--no-color", config, "--recursive"),), published),
        Check("terraform fmt", (("terraform", "fmt", "-check", "-diff", "-recursive"),), copy),
        Check("ruff check", (("ruff", "check", "--quiet", "."),), REPOSITORY),
        Check("ruff format", (("ruff", "format", "--quiet", "--diff", "."),), REPOSITORY),
        Check(
            "the state machine of modules/batch",
            ((sys.executable, "-m", "tools.state_machines"),),
            REPOSITORY,
        ),
        Check("bash -n .ci/run", (("bash", "-n", ".ci/run"),), REPOSITORY),
        Check(
            "terraform-docs: tables of the README (make docs writes them)",
            (("terraform-docs", "--output-check", "."),),
            REPOSITORY,
        ),
    ]
    return found


def run(check: Check) -> Finding:
    """Run one check."""
    started = time.monotonic()
    output = ""
    passed = True
    for command in check.commands:
        done = subprocess.run(
            command,
            cwd=check.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            env={**os.environ, "NO_COLOR": "1"},
        )
        output += done.stdout
        if done.returncode:
            passed = False
            break
    return Finding(check, passed, output, time.monotonic() - started)


def summary(findings: Sequence[Finding]) -> str:
    """The closing line: how many checks failed, and which."""
    failed = [finding.check.name for finding in findings if not finding.passed]
    if failed:
        return f"lint: {len(failed)} of {len(findings)} checks failed: {'; '.join(failed)}"
    return f"lint: all {len(findings)} checks passed"


def main() -> int:
    """Print a line for each check, with the output of those that failed; answer the status."""
    findings = []
    with (
        reported(),
        tempfile.TemporaryDirectory(prefix="face-compare-lint-") as name,
        ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool,
    ):
        # Their order is that of the list, so two runs can be compared line by line.
        for finding in pool.map(run, checks(Path(name))):
            findings.append(finding)
            word = "ok  " if finding.passed else "FAIL"
            print(f"{word} {finding.seconds:5.1f} s  {finding.check.name}", flush=True)
            if not finding.passed:
                print(finding.output.replace(name, "…"), flush=True)
    print(summary(findings))
    return 0 if all(finding.passed for finding in findings) else 1


if __name__ == "__main__":
    sys.exit(main())
