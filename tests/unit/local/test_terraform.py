"""Terraform runs: the mirror of an example and what counts as drift."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from local import terraform
from local.stack import StackError, account_environment
from local.terraform import Workspace, differences
from tools.places import REPOSITORY


@pytest.mark.parametrize(
    ("before", "after", "paths"),
    [
        ({"a": 1}, {"a": 1}, set()),
        ({"a": 1, "b": 2}, {"a": 1, "b": 3}, {"b"}),
        ({"a": [{"x": 1}]}, {"a": [{"x": 2}]}, {"a.0.x"}),
        ({"a": [1]}, {"a": [1, 2]}, {"a"}),
        ({"a": None}, {}, set()),
        ({"a": 1}, None, {""}),
    ],
)
def test_a_new_difference_cannot_hide_behind_a_known_one(
    before: Any, after: Any, paths: set[str]
) -> None:
    assert differences(before, after) == paths


@pytest.fixture
def on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: "/somewhere")


@pytest.mark.usefixtures("on_path")
@pytest.mark.parametrize("example", terraform.examples())
def test_an_example_is_tested_exactly_as_a_newcomer_copies_it(tmp_path: Path, example: str) -> None:
    workspace = Workspace.create(example, tmp_path, "http://127.0.0.1:1")
    published = REPOSITORY / "examples" / example
    for file in published.glob("*.tf"):
        assert (workspace.folder / file.name).resolve() == file
    added = {file.name for file in workspace.folder.iterdir() if not file.is_symlink()}
    assert added == {terraform.OVERRIDE}
    for file in REPOSITORY.glob("*.tf"):
        assert (workspace.folder / "../.." / file.name).resolve() == file
    assert not (published / terraform.OVERRIDE).exists()


def test_a_missing_terraform_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(StackError, match="through `make`"):
        Workspace.create("minimal", tmp_path, "")


def test_a_demo_cannot_touch_a_real_account(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "HTTPS_PROXY", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, "real")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "real")
    environment = account_environment("http://127.0.0.1:1")
    assert "real" not in environment.values()
    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
