"""Every static check, and all that they find: python3 -m tools.run python -m tools.lint [WORD…].

With words, only the checks that have one of them in their name.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tools import venv, workspace
from tools.failure import reported
from tools.places import REPOSITORY

_PYTHON_FOLDERS = (
    "acceptance",
    "lambda/face_compare",
    "local",
    "threshold",
    "tools",
    "tests",
    "benchmarks",
)
# The newest that Lambda has; pyproject.toml has the oldest.
_NEWEST_PYTHON = "3.14"
_CHECKOV = "checkov"
# The scanner reads the reason of an exception from one line only.
_LONG_LINES = "! git grep -nE --untracked '^.{121}' -- '*.tf' '*.hcl' | grep -v '#checkov:skip='"


@dataclass(frozen=True, slots=True)
class Check:
    """Commands run one after another in `folder`; the check ends at the first that fails."""

    name: str
    commands: tuple[tuple[str, ...], ...]
    folder: Path = REPOSITORY


@dataclass(frozen=True, slots=True)
class Finding:
    """How a check went: `output` is everything its commands printed, `seconds` what it took."""

    check: Check
    passed: bool
    output: str
    seconds: float


def scan(published: Path) -> tuple[str, ...]:
    """The command that scans every module and example below `published`, without network.

    Exceptions are comments at the resources they are about; a file of exceptions would hide
    findings in all of them.
    """
    return (
        _CHECKOV,
        f"--directory={published}",
        "--framework=terraform",
        "--skip-download",
        "--download-external-modules=false",
        "--compact",
        "--quiet",
    )


def checks(copies: Path) -> Iterator[Check]:
    """All checks, the slow ones first; `copies` is an empty folder for copies of the modules."""
    for engine in ("terraform", "tofu"):
        copy = workspace.copy_to(copies / engine)
        init = (engine, "init", "-no-color", "-input=false", "-backend=false")
        for module in workspace.modules(copy):
            name = "the module" if module == copy else str(module.relative_to(copy))
            yield Check(
                f"{engine} validate, {name}", (init, (engine, "validate", "-no-color")), module
            )
    # Fixtures of tests are not published.
    published = workspace.copy_to(copies / "published")
    shutil.rmtree(published / "tests", ignore_errors=True)
    root = workspace.copy_to(copies / "root")
    for name in ("examples", "tests"):
        shutil.rmtree(root / name, ignore_errors=True)
    # The root apart from the examples too: seen through one, it has that example's inputs.
    yield Check("checkov, every example", (scan(published),), published)
    yield Check("checkov, the module", (scan(root),), root)
    documents = (sys.executable, "-m", "tools.aws_documents")
    yield Check("IAM policies and state machines, by AWS's own rules", (documents,))
    yield Check("mypy", (("mypy", *_PYTHON_FOLDERS),))
    newest = ("mypy", "--python-version", _NEWEST_PYTHON)
    # Its own cache: the two run at once.
    cache = f"--cache-dir={copies / 'mypy'}"
    yield Check(
        f"mypy, the function under Python {_NEWEST_PYTHON}",
        ((*newest, cache, "lambda/face_compare"),),
    )
    config = f"--config={published / '.tflint.hcl'}"
    yield Check("tflint", (("tflint", "--no-color", config, "--recursive"),), published)
    yield Check(
        "terraform fmt",
        (("terraform", "fmt", "-check", "-diff", "-recursive"),),
        copies / "terraform",
    )
    yield Check("ruff check", (("ruff", "check", "--quiet", "."),))
    yield Check("ruff format", (("ruff", "format", "--quiet", "--diff", "."),))
    contract = ("lint-imports", "--no-cache", f"--config={REPOSITORY / 'pyproject.toml'}")
    yield Check("import-linter, the function", (contract,), REPOSITORY / "lambda")
    yield Check(
        "terraform-docs (make docs writes them)", (("terraform-docs", "--output-check", "."),)
    )
    yield Check("actionlint", (("actionlint", "-no-color", "-shellcheck=", "-pyflakes="),))
    yield Check("bash -n .ci/run", (("bash", "-n", ".ci/run"),))
    yield Check("Terraform lines of at most 120 columns", (("bash", "-c", _LONG_LINES),))
    yield Check("English (tools/english.txt)", ((sys.executable, "-m", "tools.english"),))


def run(check: Check) -> Finding:
    """Run one check."""
    started = time.monotonic()
    output = ""
    passed = True
    for program, *arguments in check.commands:
        if program == _CHECKOV:
            # It has an environment of its own, installed when it is first needed.
            program = str(venv.interpreter("scan", os.environ).with_name(_CHECKOV))  # noqa: PLW2901
        if not shutil.which(program):
            output += f"{program} is not on PATH: run `make lint`.\n"
            passed = False
            break
        done = subprocess.run(
            [program, *arguments],
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
    if not findings:
        return "lint: no check has one of these words in its name"
    return f"lint: all {len(findings)} checks passed"


def main(words: Sequence[str]) -> int:
    """Print a line for each check, with the output of those that failed; answer the status."""
    findings = []
    with (
        reported(),
        tempfile.TemporaryDirectory(prefix="face-compare-lint-") as name,
        ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool,
    ):
        every = checks(Path(name))
        wanted = [
            check for check in every if not words or any(word in check.name for word in words)
        ]
        # Their order is that of the list, so two runs can be compared line by line.
        for finding in pool.map(run, wanted):
            findings.append(finding)
            word = "ok  " if finding.passed else "FAIL"
            print(f"{word} {finding.seconds:5.1f} s  {finding.check.name}", flush=True)
            if not finding.passed:
                print(finding.output.replace(name, "…"), flush=True)
    print(summary(findings))
    return 0 if findings and all(finding.passed for finding in findings) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
