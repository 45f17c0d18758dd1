"""The AWS provider: from the registry when it answers, else built, and laid out as a mirror.

A filesystem mirror wants folders named after each engine's registry, whose
address is asked of the engine itself and written nowhere.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from tools import gobuild, places, trim
from tools.failure import ToolError
from tools.progress import say, step
from tools.versions import PROVIDER_VERSION

_MODULE = "github.com/hashicorp/terraform-provider-aws"
_ADDRESS = re.compile(r"provider\[([^/\]\s]+)/hashicorp/aws\]")
_CONFIGURATION = """terraform {{
  required_providers {{
    aws = {{
      source  = "hashicorp/aws"
      version = "{version}"
    }}
  }}
}}
"""
_ANSWER_SECONDS = 45.0
_DOWNLOAD_SECONDS = 1200.0


def identity() -> str:
    """Names the provider that gets used: its version and the services it is trimmed to."""
    services = hashlib.sha256(" ".join(sorted(trim.SERVICES)).encode()).hexdigest()[:8]
    return f"aws_{PROVIDER_VERSION}_{services}"


def binary_path(environment: Mapping[str, str]) -> Path:
    """Where the provider is, or will be, in the cache."""
    return (
        places.cache(environment)
        / "tools"
        / f"{identity()}_{places.go_platform()}"
        / f"terraform-provider-aws_v{PROVIDER_VERSION}"
    )


def cli_config(mirror: Path) -> str:
    """A CLI configuration that takes providers from `mirror` only, for either engine."""
    # ${ and %{ would start a template in the configuration's language.
    path = json.dumps(str(mirror)).replace("${", "$${").replace("%{", "%%{")
    return (
        "disable_checkpoint = true\n"
        f"provider_installation {{\n  filesystem_mirror {{\n    path = {path}\n  }}\n}}\n"
    )


def engine_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment, without what would lead an engine astray."""
    chosen = {
        name: value
        for name, value in environment.items()
        if not name.startswith(("TF_CLI_ARGS", "TF_DATA_DIR", "TF_WORKSPACE", "TF_LOG"))
    }
    config = chosen.get("TF_CLI_CONFIG_FILE")
    if config is not None and not Path(config).is_file():
        del chosen["TF_CLI_CONFIG_FILE"]
    chosen["CHECKPOINT_DISABLE"] = "1"
    chosen["HOME"] = str(places.home(environment))
    return chosen


def parse_host(output: str) -> str | None:
    """The host in "provider[HOST/hashicorp/aws]" as `terraform providers` prints it, or None."""
    found = _ADDRESS.search(output)
    return found[1] if found else None


def host_of(engine: Path, environment: Mapping[str, str]) -> str:
    """The host from which an engine takes hashicorp/aws.

    Raises ToolError when the engine does not tell.
    """
    with tempfile.TemporaryDirectory(prefix="face-compare-") as name:
        _write_configuration(Path(name))
        done = subprocess.run(
            [engine, "providers"],
            cwd=name,
            env=engine_environment(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    host = parse_host(done.stdout)
    if host is None:
        raise ToolError(f"`{engine} providers` named no provider address: {done.stderr.strip()}")
    return host


def obtain(engines: Sequence[Path], environment: Mapping[str, str]) -> Path:
    """The provider's binary in the cache, put there first where it is not.

    Raises ToolError when the registry is silent and it cannot be built either.
    """
    target = binary_path(environment)
    if not os.access(target, os.X_OK) and not _from_registry(target, engines[0], environment):
        _build(target, environment)
    return target


def write_mirror(
    mirror: Path, binary: Path, engines: Iterable[Path], environment: Mapping[str, str]
) -> None:
    """Lay the binary out at `mirror` for each engine, as links that take no space."""
    for host in sorted({host_of(engine, environment) for engine in engines}):
        folder = mirror / host / "hashicorp" / "aws" / PROVIDER_VERSION / places.go_platform()
        folder.mkdir(parents=True)
        # Both are in the cache, so on one file system.
        os.link(binary, folder / binary.name)


def _write_configuration(folder: Path) -> None:
    text = _CONFIGURATION.format(version=PROVIDER_VERSION)
    (folder / "main.tf").write_text(text)


def _from_registry(target: Path, engine: Path, environment: Mapping[str, str]) -> bool:
    """Let the engine install the provider its own way; whether it did."""
    with (
        step(f"asking for provider aws {PROVIDER_VERSION} through {engine.name} init"),
        tempfile.TemporaryDirectory(prefix="face-compare-") as name,
    ):
        folder = Path(name)
        _write_configuration(folder)
        installed = _init(folder, engine, environment)
        found = sorted((folder / ".terraform").glob("providers/*/hashicorp/aws/*/*/terraform-*"))
        if not installed or not found:
            say("the provider registry does not answer")
            return False
        target.parent.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent.parent, prefix="new-") as new_name:
            new = Path(new_name) / "provider"
            new.mkdir()
            shutil.copy(found[0], new / target.name)
            (new / target.name).chmod(0o755)
            shutil.rmtree(target.parent, ignore_errors=True)
            new.rename(target.parent)
    return True


def _init(folder: Path, engine: Path, environment: Mapping[str, str]) -> bool:
    """Run init: an answer is due soon, a download that has begun may take its time."""
    log = folder / "init.log"
    with (
        log.open("w") as output,
        subprocess.Popen(
            [engine, "init", "-no-color", "-input=false", "-backend=false"],
            cwd=folder,
            env=engine_environment(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        started = time.monotonic()
        try:
            while process.poll() is None:
                begun = "Installing hashicorp/aws" in log.read_text(errors="replace")
                if time.monotonic() - started > (_DOWNLOAD_SECONDS if begun else _ANSWER_SECONDS):
                    process.kill()
                time.sleep(0.1)
        except BaseException:
            process.kill()
            raise
    return process.returncode == 0


def _build(target: Path, environment: Mapping[str, str]) -> None:
    if gobuild.find_go(environment) is None:
        raise ToolError(
            f"provider aws {PROVIDER_VERSION} cannot be had: connect this machine to the provider"
            " registry, or install Go 1.26 or newer to have it built here."
        )
    title = f"building provider aws {PROVIDER_VERSION} for the services used here (about 7 min on"
    scratch = places.cache(environment)
    scratch.mkdir(parents=True, exist_ok=True)
    with (
        step(f"{title} two cores, 4 GB of memory)") as shown,
        tempfile.TemporaryDirectory(dir=scratch, prefix="new-provider-") as name,
    ):
        work = Path(name) / "build"
        shutil.copytree(places.TOOLS / "go" / "provider", work)

        def go(*arguments: str) -> str:
            return gobuild.run_go(arguments, source=work, environment=environment, shown=shown)

        go("mod", "download", _MODULE)
        # Go refuses an overlay below its module cache, so a copy gets trimmed.
        source = Path(name) / "source"
        shutil.copytree(go("list", "-m", "-f", "{{.Dir}}", _MODULE).strip(), source)
        for path in [source, *source.rglob("*")]:
            path.chmod(path.stat().st_mode | 0o200)
        trim.trim(source)
        go("mod", "edit", f"-replace={_MODULE}={source}")
        gobuild.compile_into(
            target,
            source=work,
            arguments=[
                "-mod=mod",
                "-ldflags",
                f"-s -w -X {_MODULE}/version.ProviderVersion={PROVIDER_VERSION}",
                _MODULE,
            ],
            environment=environment,
            shown=shown,
        )
