"""The checks do look: a lint that finds nothing because it checks nothing is worse than none."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools import english, lint
from tools.failure import ToolError
from tools.places import REPOSITORY, listed

_PLANTED = '''"""Planted."""

import hashlib
import pickle
import subprocess


def planted(data: bytes, name: str) -> object:
    """Do what a payload must not."""
    hashlib.md5(data)
    subprocess.run(f"ls {name}", shell=True, check=True)
    return pickle.loads(data)
'''


def test_ruffs_security_rules_apply_to_the_payload() -> None:
    """Otherwise an ignore for tests could spread to the code that runs in the account."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "ruff",
            "check",
            "--output-format=concise",
            "--stdin-filename=lambda/face_compare/planted.py",
            "-",
        ],
        cwd=REPOSITORY,
        input=_PLANTED,
        capture_output=True,
        text=True,
        check=False,
    )
    assert {"S301", "S324", "S602"} <= set(re.findall(r"\bS\d{3}\b", done.stdout))


def test_the_payload_silences_no_security_rule() -> None:
    """Otherwise a finding could be hidden where it matters most."""
    sources = sorted((REPOSITORY / "lambda" / "face_compare").rglob("*.py"))
    assert sources
    for source in sources:
        assert not re.search(r"noqa:.*\bS\d", source.read_text(encoding="utf-8")), source.name


def test_checkov_finds_what_is_planted_and_has_no_global_exception(tmp_path: Path) -> None:
    """Otherwise `make lint` would pass with any configuration."""
    (tmp_path / "main.tf").write_text(
        'resource "aws_sqs_queue" "planted" {\n  name = "planted"\n}\n', encoding="utf-8"
    )
    command = lint.scan(tmp_path)
    assert not [word for word in command if "skip-check" in word or "soft" in word]
    finding = lint.run(lint.Check("checkov", (command,), tmp_path))
    assert not finding.passed
    assert "CKV_AWS_27" in finding.output
    # checkov reads these by itself, wherever it runs.
    assert not [*REPOSITORY.rglob(".checkov.yaml"), *REPOSITORY.rglob(".checkov.yml")]


def test_every_exception_stands_beside_its_resource_with_a_reason() -> None:
    """Otherwise a reviewer would have to guess why a finding does not matter."""
    skips = [
        (path, line.strip())
        for path in REPOSITORY.rglob("*.tf")
        if ".terraform" not in path.parts
        for line in path.read_text(encoding="utf-8").splitlines()
        if "checkov:skip" in line
    ]
    assert skips
    for path, line in skips:
        found = re.fullmatch(r"#checkov:skip=CKV2?_AWS_\d+:(.+)", line)
        assert found, f"{path.name}: {line}"
        assert len(found[1].split()) >= 12, f"{path.name}: {line}"


def test_a_check_that_fails_shows_what_it_printed_and_is_named_in_the_end(tmp_path: Path) -> None:
    commands = (("sh", "-c", "echo first; exit 3"), ("sh", "-c", "echo second"))
    failed = lint.run(lint.Check("mypy", commands, tmp_path))
    assert not failed.passed
    assert failed.output == "first\n"
    passed = lint.run(lint.Check("tflint", (("true",),), tmp_path))
    assert lint.summary([failed, passed]) == "lint: 1 of 2 checks failed: mypy"
    assert lint.summary([passed]) == "lint: all 1 checks passed"


def test_words_on_the_list_are_found_and_names_are_left_alone() -> None:
    """Otherwise the check would pass on everything, or nobody would heed it."""
    words = english.words("banana split -> cake\nPear -> apple\n[.*\\.tf]\nplums? -> cherry\n")
    text = "A\n  # banana\n  # split. Pear, pear, Pears; `plum`, x.plum, plums."
    assert list(english.problems("upload.tf", text, words)) == [
        "upload.tf:2: 'banana split': write cake",
        "upload.tf:3: 'Pear': write apple",
        "upload.tf:3: 'plums': write cherry",
    ]
    assert len(list(english.problems("README.md", text, words))) == 2


def test_the_hooks_before_a_commit_run_and_pass(tmp_path: Path) -> None:
    """Otherwise a contributor's first commit would fail for a reason that is not theirs."""
    try:
        listed()
    except ToolError as error:
        pytest.skip(str(error))
    text = (REPOSITORY / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    hooks = dict(re.findall(r"- id: (.+)\n(?:.+\n)+? +args: \[(.+)\]\n", text))
    assert len(hooks) == text.count("- id: ") == 6
    names = [check.name for check in lint.checks(tmp_path / "copies")]
    for word in hooks.values():
        assert any(word in name for name in names), word
    # `make lint` runs the checks themselves. This is about how they are started.
    skipped = hooks.keys() - {"terraform-fmt"}
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "run", "--all-files", "--color=never"],
        cwd=REPOSITORY,
        env={
            **os.environ,
            "PRE_COMMIT_HOME": str(tmp_path / "home"),
            "SKIP": ",".join(skipped),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("Passed") == 1
