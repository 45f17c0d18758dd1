"""The AWS provider: from the registry when it answers, or else built, and laid out as a mirror.

A filesystem mirror has folders named after each engine's registry. The engine itself tells that
address, which is written nowhere.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools import gobuild, places, trim
from tools.failure import ToolError
from tools.progress import say, step
from tools.versions import PROVIDER_MODULE, PROVIDER_VERSION

_PACKAGE = "github.com/hashicorp/terraform-provider-aws"
_ADDRESS = re.compile(r"provider\[([^/\]\s]+)/hashicorp/aws\]")
_CONFIGURATION = f"""terraform {{
  required_providers {{
    aws = {{
      source  = "hashicorp/aws"
      version = "{PROVIDER_VERSION}"
    }}
  }}
}}
"""
_DOWNLOAD_SECONDS = 1200.0


def _root(environment: Mapping[str, str]) -> Path:
    """The cache folder of this version, trimmed to these services."""
    services = hashlib.sha256(" ".join(sorted(trim.SERVICES)).encode()).hexdigest()[:8]
    name = f"{PROVIDER_VERSION}_{services}_{places.go_platform()}"
    return places.cache(environment) / "providers" / name


def mirrored(engine: Path, environment: Mapping[str, str]) -> Path:
    """The folder of the mirror where this engine looks for the provider.

    Raises ToolError when the engine does not tell its registry.
    """
    with tempfile.TemporaryDirectory(prefix="face-compare-") as name:
        done = _engine(engine, ["providers"], Path(name), environment)
    host = _ADDRESS.search(done.stdout)
    if host is None:
        raise ToolError(f"`{engine} providers` named no provider address: {done.stdout.strip()}")
    folder = Path(host[1], "hashicorp", "aws", PROVIDER_VERSION, places.go_platform())
    return _root(environment) / "mirror" / folder


def lay_out(engines: Sequence[Path], environment: Mapping[str, str]) -> Path:
    """Complete the mirror for these engines; answers the CLI configuration that names it.

    Raises ToolError when the registry is silent and the provider cannot be built either.
    """
    root = _root(environment)
    binary = root / "binary" / f"terraform-provider-aws_v{PROVIDER_VERSION}"
    for engine in engines:
        folder = mirrored(engine, environment)
        if not folder.is_dir():
            if not binary.exists() and not _from_registry(binary, engine, environment):
                _build(binary, environment)
            with places.replacing(folder) as new:
                os.link(binary, new / binary.name)
    configuration = root / "terraformrc"
    # ${ and %{ would start a template in the configuration's language.
    path = json.dumps(str(root / "mirror")).replace("${", "$${").replace("%{", "%%{")
    new = configuration.with_suffix(".new")
    new.write_text(
        "disable_checkpoint = true\n"
        f"provider_installation {{\n  filesystem_mirror {{\n    path = {path}\n  }}\n}}\n"
    )
    return new.replace(configuration)


def _engine(
    engine: Path, arguments: Sequence[str], folder: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run an engine on a configuration that needs the provider and nothing else."""
    (folder / "main.tf").write_text(_CONFIGURATION)
    # The caller's TF_ settings would lead it astray, but for where providers come from.
    chosen = {
        name: value
        for name, value in environment.items()
        if not name.startswith("TF_") or name == "TF_CLI_CONFIG_FILE"
    }
    return subprocess.run(
        [engine, *arguments],
        cwd=folder,
        env={**chosen, "CHECKPOINT_DISABLE": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_DOWNLOAD_SECONDS,
        check=False,
    )


def _from_registry(target: Path, engine: Path, environment: Mapping[str, str]) -> bool:
    """Let the engine install the provider its own way; whether it did."""
    with (
        step(f"asking for provider aws {PROVIDER_VERSION} through {engine.name} init"),
        tempfile.TemporaryDirectory(prefix="face-compare-") as name,
    ):
        init = ["init", "-no-color", "-input=false", "-backend=false"]
        done = _engine(engine, init, Path(name), environment)
        found = sorted(Path(name).glob(".terraform/providers/*/hashicorp/aws/*/*/terraform-*"))
        if done.returncode or not found:
            say("the provider registry does not answer")
            return False
        with places.replacing(target.parent) as new:
            shutil.copy(found[0], new / target.name)
    return True


def _build(target: Path, environment: Mapping[str, str]) -> None:
    if gobuild.find_go(environment) is None:
        raise ToolError(
            f"provider aws {PROVIDER_VERSION} is not available: connect this machine to the"
            " provider registry, or install Go 1.26 or newer to have it built here."
        )
    title = f"building provider aws {PROVIDER_VERSION} for the services used here"
    target.parent.parent.mkdir(parents=True, exist_ok=True)
    with (
        step(f"{title} (about 8 min on two cores, 4 GB of memory)"),
        tempfile.TemporaryDirectory(prefix="build-", dir=target.parent.parent) as name,
    ):
        # Go refuses an overlay below its module cache, so a copy gets trimmed.
        source = Path(name) / "source"
        shutil.copytree(_downloaded(Path(name), environment), source)
        for path in [source, *source.rglob("*")]:
            path.chmod(path.stat().st_mode | 0o200)
        trim.trim(source)
        flags = f"-s -w -X {_PACKAGE}/version.ProviderVersion={PROVIDER_VERSION}"
        gobuild.build_command(
            target,
            source=source,
            arguments=["-mod=readonly", "-ldflags", flags, "."],
            environment=environment,
        )
    gobuild.discard_intermediate_files(environment)


def _downloaded(folder: Path, environment: Mapping[str, str]) -> Path:
    """The folder of the provider's source in Go's module cache.

    Raises ToolError when it is not the source that the pinned hashes belong to.
    """
    module = PROVIDER_MODULE
    # The checksum database does not have this module, so its hashes are compared here.
    without = [environment.get("GONOSUMDB") or environment.get("GOPRIVATE"), module.path]
    answer = gobuild.run_go(
        ["mod", "download", "-json", f"{module.path}@{module.version}"],
        source=folder,
        environment={**environment, "GONOSUMDB": ",".join(filter(None, without))},
    )
    found = json.loads(answer)
    sums = (found["Sum"], found["GoModSum"])
    if sums != (module.sum, module.go_mod_sum):
        raise ToolError(
            f"{module.path} {module.version} has the hashes {' and '.join(sums)}, and"
            f" tools/versions.py pins {module.sum} and {module.go_mod_sum}. It is not used."
        )
    return Path(found["Dir"])
