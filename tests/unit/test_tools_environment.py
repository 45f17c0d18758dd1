"""Places, virtual environments and `tools.run`: what every command of the Makefile stands on."""

import ast
import os
import pwd
import sys
from pathlib import Path

import pytest

from tools import interpreter, places, run, venv
from tools.failure import ToolError, reported
from tools.lint import Check, Finding, summary
from tools.lint import run as run_check
from tools.progress import clock, step


def test_the_cache_is_where_its_variables_say_in_their_order(tmp_path: Path) -> None:
    environment = {"HOME": "/home/someone"}
    name = "terraform-aws-face-compare"
    assert places.cache(environment) == Path("/home/someone/.cache") / name
    environment["XDG_CACHE_HOME"] = "/var/cache/someone"
    assert places.cache(environment) == Path("/var/cache/someone") / name
    environment["FACE_COMPARE_CACHE"] = str(tmp_path)
    assert places.cache(environment) == tmp_path


@pytest.mark.parametrize("environment", [{}, {"HOME": ""}])
def test_a_service_account_without_home_still_has_a_cache(environment: dict[str, str]) -> None:
    assert places.cache(environment).is_absolute()


def test_a_user_whom_nobody_knows_is_told_how_to_mend_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else `docker run --user 1234` would end in a KeyError."""

    def unknown(uid: int) -> None:
        raise KeyError(f"getpwuid(): uid not found: {uid}")

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    with pytest.raises(ToolError, match="no home folder: set FACE_COMPARE_CACHE to a folder"):
        places.cache({})
    mended = {"FACE_COMPARE_CACHE": "/somewhere"}
    assert places.cache(mended) == Path("/somewhere")
    command = run.command_environment(mended, Path("/v/bin/python"), chain=None)
    assert command["HOME"] == "/somewhere"


def test_a_cache_that_cannot_be_written_to_is_told_how_to_mend_it(tmp_path: Path) -> None:
    """Else a service account whose home does not exist would see a traceback."""
    (tmp_path / "home").touch()
    with pytest.raises(ToolError, match=r"/home.*set FACE_COMPARE_CACHE to a folder that can\.$"):
        venv.interpreter("dev", {"HOME": str(tmp_path / "home")})


def test_platforms_are_named_as_the_provider_mirror_wants_them() -> None:
    assert places.go_platform("Linux", "x86_64") == "linux_amd64"
    assert places.go_platform("Darwin", "arm64") == "darwin_arm64"
    with pytest.raises(ToolError, match="no toolchain for Windows on AMD64"):
        places.go_platform("Windows", "AMD64")


def test_changed_pins_or_another_python_give_another_environment() -> None:
    keys = {
        venv.key(b"boto3==1", "3.11.7"),
        venv.key(b"boto3==2", "3.11.7"),
        venv.key(b"boto3==1", "3.12.1"),
    }
    assert len(keys) == 3
    assert venv.key(b"boto3==1", "3.11.7") in keys


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
    return {
        "PATH": str(tmp_path),
        "HOME": str(tmp_path),
        "FACE_COMPARE_CACHE": str(tmp_path / "cache"),
    }


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


def test_an_unknown_environment_is_named_with_the_choice(
    machine: dict[str, str], tmp_path: Path
) -> None:
    python(tmp_path, "python3.13")
    with pytest.raises(ToolError, match=r"'prod': choose from dev, emulator"):
        venv.interpreter("prod", machine)


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


def test_run_takes_the_whole_toolchain_unless_told_otherwise() -> None:
    whole = ("terraform", "tofu", "tflint", "terraform-docs")
    assert run.parse(["pytest", "-k", "x"]) == run.Request(whole, ("pytest", "-k", "x"))
    assert run.parse(["--", "pytest"]) == run.Request(whole, ("pytest",))
    assert run.parse(["--with", "tofu,tflint", "--", "x"]) == run.Request(
        ("tofu", "tflint"), ("x",)
    )
    assert run.parse(["--with=", "x", "--with"]) == run.Request((), ("x", "--with"))


@pytest.mark.parametrize("arguments", [[], ["--"], ["--with"], ["--with", "tofu"], ["--wth", "x"]])
def test_run_without_a_command_shows_its_usage(arguments: list[str]) -> None:
    with pytest.raises(ToolError, match=r"^usage: "):
        run.parse(arguments)


def test_the_command_finds_the_toolchain_first_and_then_the_environment(tmp_path: Path) -> None:
    chain = tmp_path / "chain"
    (chain / "bin").mkdir(parents=True)
    (chain / "terraformrc").touch()
    environment = run.command_environment(
        {"PATH": "/usr/bin", "TF_CLI_CONFIG_FILE": "/not/there", "PYTHONHOME": "/x", "LANG": "C"},
        python=Path("/cache/dev/bin/python"),
        chain=chain,
    )
    assert environment["PATH"].split(":") == [str(chain / "bin"), "/cache/dev/bin", "/usr/bin"]
    assert environment["TF_CLI_CONFIG_FILE"] == str(chain / "terraformrc")
    assert environment["PYTHONPATH"] == str(places.REPOSITORY)
    assert environment["LANG"] == "C"
    assert "PYTHONHOME" not in environment


def test_a_setting_that_names_no_file_does_not_reach_the_command() -> None:
    environment = run.command_environment(
        {"PATH": "/usr/bin", "TF_CLI_CONFIG_FILE": "/not/there"}, Path("/v/bin/python"), chain=None
    )
    assert "TF_CLI_CONFIG_FILE" not in environment


def test_an_error_is_one_line_and_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised, reported():
        raise ToolError("install Go.")
    assert raised.value.code == "tools: install Go."
    assert capsys.readouterr().out == ""


def test_an_old_python_is_told_so_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    path = places.TOOLS / "__init__.py"
    source = path.read_text()
    ast.parse(source, feature_version=(3, 4))
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    with pytest.raises(SystemExit) as raised:
        exec(compile(source, path, "exec"), {})  # noqa: S102
    assert "Python 3.11 or newer" in str(raised.value.code)
    assert " is 3.9: " in str(raised.value.code)


def test_progress_ends_with_how_long_it_took_even_when_it_failed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail() -> None:
        with step("building x"):
            raise ToolError("no")

    with pytest.raises(ToolError):
        fail()
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["tools: building x …", "tools: building x: failed after 0:00"]
    assert clock(125.9) == "2:05"


def test_lint_shows_what_a_failed_check_printed_and_stops_it_there(tmp_path: Path) -> None:
    commands = (("sh", "-c", "echo first; exit 3"), ("sh", "-c", "echo second"))
    finding = run_check(Check("a check", commands, tmp_path))
    assert not finding.passed
    assert finding.output == "first\n"


def test_lint_names_every_check_that_failed(tmp_path: Path) -> None:
    findings = [
        Finding(Check(name, (), tmp_path), passed, "", 0.1)
        for name, passed in [("mypy", False), ("tflint", True), ("ruff", False)]
    ]
    assert summary(findings) == "lint: 2 of 3 checks failed: mypy; ruff"
    assert summary(findings[1:2]) == "lint: all 1 checks passed"
