"""The scans do look: a lint that finds nothing because it checks nothing is worse than none."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools import venv
from tools.lint import scan
from tools.places import REPOSITORY

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
    """Else an ignore for tests could spread to the code that runs in the account."""
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
    """Else a finding could be waved through where it matters most."""
    sources = sorted((REPOSITORY / "lambda" / "face_compare").glob("*.py"))
    assert sources
    for source in sources:
        assert not re.search(r"noqa:.*\bS\d", source.read_text(encoding="utf-8")), source.name


def test_checkov_finds_what_is_planted_and_is_told_of_no_global_skip(tmp_path: Path) -> None:
    """Else `make lint` would pass whatever was in the configuration."""
    (tmp_path / "main.tf").write_text(
        'resource "aws_sqs_queue" "planted" {\n  name = "planted"\n}\n', encoding="utf-8"
    )
    checkov = venv.interpreter("scan", os.environ).with_name("checkov")
    command = scan(checkov, tmp_path)
    assert not [word for word in command if "skip-check" in word or "soft" in word]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "CKV_AWS_27" in done.stdout


@pytest.mark.parametrize("name", [".checkov.yaml", ".checkov.yml"])
def test_no_file_of_settings_hides_findings(name: str) -> None:
    """checkov reads these by itself, wherever it runs."""
    assert not list(REPOSITORY.rglob(name))


def test_every_skip_stands_beside_its_resource_with_a_reason() -> None:
    """Else a reviewer would have to guess why a finding does not matter."""
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
