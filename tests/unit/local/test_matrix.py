"""The matrix of versions: what is tried."""

from __future__ import annotations

from pathlib import Path

from local.matrix import Provider, engines, providers


def _toolchain(folder: Path, command: str, version: str, *mirrored: str) -> Path:
    tool = folder / "bin" / command
    tool.parent.mkdir(parents=True)
    tool.write_text(f"#!/bin/sh\necho 'Engine v{version}'\n")
    tool.chmod(0o755)
    for provider in mirrored:
        binary = folder / "mirror" / provider / f"terraform-provider-aws_v{provider}"
        binary.parent.mkdir(parents=True)
        binary.touch()
    (folder / "terraformrc").write_text(f'filesystem_mirror {{\n  path = "{folder}/mirror"\n}}\n')
    return folder


def test_every_version_at_hand_is_tried_once(tmp_path: Path) -> None:
    chains = [
        _toolchain(tmp_path / "a", "terraform", "1.8.5", "6.13.0"),
        _toolchain(tmp_path / "b", "tofu", "1.12.6", "6.9.0", "6.34.0"),
        _toolchain(tmp_path / "c", "terraform", "1.8.5", "6.13.0"),
        _toolchain(tmp_path / "d", "tofu", "1.8.11"),
    ]
    found = engines(str(chain / "bin") for chain in chains)
    assert [(each.name, each.version) for each in found] == [
        ("OpenTofu", "1.8.11"),
        ("OpenTofu", "1.12.6"),
        ("Terraform", "1.8.5"),
    ]
    assert providers(chain / "terraformrc" for chain in chains) == [
        Provider("6.13.0", tmp_path / "a" / "terraformrc"),
        Provider("6.34.0", tmp_path / "b" / "terraformrc"),
    ]
