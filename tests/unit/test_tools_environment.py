"""Python environments and `tools.run`: what every command of the Makefile stands on."""

import ast
import os
import sys
import urllib.request
from pathlib import Path

import pytest

from tools import interpreter, places, run, venv
from tools.failure import ToolError
from tools.toolchain import Toolchain


def python(folder: Path, name: str, version: str = "3.13", install: str = "exit 1") -> Path:
    """A command that answers as a Python of this version and makes environments."""
    path = folder / name
    path.write_text(
        f"#!/bin/sh\nPATH={os.defpath}\n"
        f'if [ "$1" = -I ]; then echo \'[[{version.replace(".", ", ")}], "{version}"]\'; exit; fi\n'
        f'mkdir -p "$3/bin"\n'
        f'printf "#!/bin/sh\\necho no such package; {install}\\n" >"$3/bin/python"\n'
        f'chmod 755 "$3/bin/python"\n'
    )
    path.chmod(0o755)
    return path


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A machine whose only Python of its own is too old."""
    monkeypatch.setattr(sys, "base_prefix", str(tmp_path / "versions" / "3.11"))
    monkeypatch.setattr(sys, "executable", str(python(tmp_path, "old", "3.11")))
    return {"PATH": str(tmp_path), "FACE_COMPARE_CACHE": str(tmp_path / "cache")}


def test_tests_run_under_the_python_that_is_deployed_unless_told_otherwise(
    machine: dict[str, str], tmp_path: Path
) -> None:
    for name in ("python3.12", "python3.14"):
        python(tmp_path, name, name.removeprefix("python"))
    assert interpreter.choose(machine).command == str(tmp_path / "python3.14")
    preferred = tmp_path / "versions" / "3.13.0" / "bin"
    preferred.mkdir(parents=True)
    # A version manager's command that refuses to run.
    python(tmp_path, "python3.13").write_text("#!/bin/sh\nexit 127\n")
    python(preferred, "python3.13")
    assert interpreter.choose(machine).command == str(preferred / "python3.13")
    machine["PYTHON"] = "python3.12"
    assert interpreter.choose(machine).command == str(tmp_path / "python3.12")
    machine["PYTHON"] = sys.executable
    assert interpreter.choose(machine).command == str(preferred / "python3.13"), "it is too old"


def test_a_machine_with_an_old_python_only_is_told_what_to_install(machine: dict[str, str]) -> None:
    with pytest.raises(ToolError, match=r"install python3\.13 .* or name one with PYTHON="):
        interpreter.choose(machine)


def test_changed_pins_or_another_python_give_another_environment(
    machine: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "TOOLS", tmp_path)
    pins = tmp_path / "requirements" / "dev.txt"
    pins.parent.mkdir()
    pins.write_text("boto3==1")
    for version in ("3.13", "3.12"):
        python(tmp_path, f"python{version}", version, install="exit 0")
    first = venv.interpreter("dev", machine)
    assert venv.interpreter("dev", machine) == first
    other = venv.interpreter("dev", {**machine, "PYTHON": "python3.12"})
    pins.write_text("boto3==2")
    assert len({first, other, venv.interpreter("dev", machine)}) == 3


def test_an_interrupted_installation_is_done_again_and_a_whole_one_is_not(
    machine: dict[str, str], tmp_path: Path
) -> None:
    python(tmp_path, "python3.13", install="exit 0")
    installed = venv.interpreter("dev", machine)
    first = installed.stat().st_ino
    assert venv.interpreter("dev", machine).stat().st_ino == first
    installed.parent.with_name("installed").unlink()
    installed.write_text("half")
    assert venv.interpreter("dev", machine).read_text() != "half"


def test_a_failed_installation_leaves_nothing_and_shows_why(
    machine: dict[str, str], tmp_path: Path
) -> None:
    python(tmp_path, "python3.13")
    with pytest.raises(ToolError, match=r"(?s)`python -m pip install` failed.*no such package"):
        venv.interpreter("dev", machine)
    assert not list((tmp_path / "cache").glob("venvs/dev-*/"))


def test_a_proxy_is_not_asked_for_the_local_stack() -> None:
    """Otherwise a demo, a playground and all tests fail in a company's network."""
    own = {"http_proxy": "http://proxy:3128", "NO_PROXY": "intranet"}
    made = run.command_environment(own, Path("python"), Toolchain())
    for name in ("no_proxy", "NO_PROXY"):
        for host in ("127.0.0.1:4566", "localhost:4566", "intranet"):
            assert urllib.request.proxy_bypass(host, {"no": made[name]})


def test_an_old_python_is_told_so_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    path = places.TOOLS / "__init__.py"
    source = path.read_text()
    ast.parse(source, feature_version=(3, 4))
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    with pytest.raises(SystemExit, match=r"Python 3\.11 or newer.* is 3\.9: "):
        exec(compile(source, path, "exec"), {})  # noqa: S102
