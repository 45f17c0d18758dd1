"""The toolchain: what a newcomer's first command finds, fetches, builds, or asks to install."""

import os
import shutil
from pathlib import Path

import pytest

from tools import gobuild, toolchain
from tools.failure import ToolError
from tools.places import TOOLS as TOOLS_FOLDER
from tools.places import go_platform
from tools.versions import PROVIDER_MODULE, PROVIDER_VERSION, TOOLS, Tool

# What a fake engine does; %(host)s is the registry it claims to use.
ENGINE = """#!/bin/sh
echo "$1" >>"$(dirname "$0")/calls"
case "$1" in
  --version) echo "Terraform v1.9.8" ;;
  providers) printf '.\\n└── provider[%(host)s/hashicorp/aws] 6.34.0\\n' ;;
  init)
    %(init)s
    folder=.terraform/providers/%(host)s/hashicorp/aws/1/any
    mkdir -p "$folder"
    echo provider >"$folder/terraform-provider-aws_v1"
    ;;
esac
"""


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def engine(folder: Path, name: str, host: str = "registry.example", init: str = ":") -> Path:
    return script(folder / name, ENGINE % {"host": host, "init": init})


def plain(folder: Path, name: str, version: str) -> Path:
    return script(folder / name, f"#!/bin/sh\necho {name} version {version}\n")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The one folder of ours on PATH."""
    folder = tmp_path / "path"
    folder.mkdir()
    return folder


@pytest.fixture
def environment(tmp_path: Path, path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A machine without Go or Terraform."""
    monkeypatch.setattr(gobuild, "INSTALLER_FOLDER", str(tmp_path / "no-go"))
    shell = tmp_path / "shell"
    shell.mkdir()
    for name in ("sh", "dirname", "mkdir", "chmod"):
        found = shutil.which(name)
        assert found
        (shell / name).symlink_to(found)
    return {"PATH": f"{path}:{shell}", "FACE_COMPARE_CACHE": str(tmp_path / "cache")}


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_every_pin_is_the_version_that_its_module_file_requires(tool: Tool) -> None:
    """Otherwise a changed pin would build the old version under the new name."""
    text = (TOOLS_FOLDER / "go" / tool.name / "go.mod").read_text()
    repository = "/".join(tool.package.split("/")[:3])
    assert f"{repository} v{tool.pinned}" in text
    assert f"tool {tool.package}" in text
    pinned = toolchain.parse_version(tool.pinned)
    assert pinned
    assert tool.accepts(pinned)


def test_a_toolchain_that_the_caller_names_is_used_first(
    environment: dict[str, str], path: Path, tmp_path: Path
) -> None:
    plain(path, "tflint", "0.64.0")
    engine(path, "terraform")
    environment[toolchain.VARIABLE] = str(tmp_path / "chain")
    with pytest.raises(ToolError, match="has no folder bin: unpack a toolchain there"):
        toolchain.resolve(environment, ["tflint"])
    given = tmp_path / "chain" / "bin"
    plain(given, "tflint", "0.63.0")
    configuration = given.with_name("terraformrc")
    configuration.touch()
    chain = toolchain.resolve(environment, ["terraform", "tflint"])
    assert chain == toolchain.Toolchain((given,), configuration)


def test_a_command_on_path_is_used_and_the_provider_laid_out_for_its_registry(
    environment: dict[str, str], path: Path
) -> None:
    engine(path, "terraform", host="one.example:8443")
    engine(path, "tofu", host="two.example")
    chain = toolchain.resolve(environment, ["terraform", "tofu"])
    assert chain.folders == (), "PATH was reordered"
    assert chain.configuration
    mirror = chain.configuration.parent / "mirror"
    assert f'path = "{mirror}"' in chain.configuration.read_text()
    for host in ("one.example:8443", "two.example"):
        folder = mirror / host / "hashicorp" / "aws" / PROVIDER_VERSION / go_platform()
        binary = folder / f"terraform-provider-aws_v{PROVIDER_VERSION}"
        assert binary.read_text() == "provider\n"
    assert toolchain.resolve(environment, ["terraform", "tofu"]) == chain
    assert (path / "calls").read_text().split().count("init") == 1, "it was fetched twice"


def test_one_that_was_built_before_is_used_where_path_has_an_old_one(
    environment: dict[str, str], path: Path
) -> None:
    plain(path, "tflint", "0.1.0")
    tool = next(tool for tool in TOOLS if tool.name == "tflint")
    built = plain(gobuild.command_path(tool, environment).parent, "tflint", tool.pinned)
    assert toolchain.resolve(environment, ["tflint"]).folders == (built.parent,)


def test_without_go_and_terraform_one_sentence_says_what_to_install(
    environment: dict[str, str],
) -> None:
    with pytest.raises(ToolError) as raised:
        toolchain.resolve(environment, ["terraform", "tofu"])
    sentence = str(raised.value)
    assert sentence.startswith("install terraform >= 1.7.0, tofu >= 1.8.0, or Go ")
    assert "\n" not in sentence


def test_a_build_that_fails_shows_why_and_leaves_nothing(
    environment: dict[str, str], path: Path, tmp_path: Path
) -> None:
    script(path / "go", "#!/bin/sh\necho 'x.go:1:1: no such thing' >&2\nexit 1\n")
    with pytest.raises(ToolError, match=r"x\.go:1:1: no such thing"):
        toolchain.resolve(environment, ["tflint"])
    assert list((tmp_path / "cache" / "tools").iterdir()) == []


def test_a_tool_that_is_nowhere_is_built_from_its_pinned_module(
    environment: dict[str, str], path: Path
) -> None:
    # A compiler that writes where it is told and keeps what it was told.
    script(
        path / "go",
        '#!/bin/sh\necho "$PWD $*" >"$(dirname "$0")/calls"\n'
        'while [ "$1" != -o ]; do shift; done; echo built >"$2"; chmod 755 "$2"\n',
    )
    (folder,) = toolchain.resolve(environment, ["tflint"]).folders
    assert (folder / "tflint").read_text() == "built\n"
    assert os.access(folder / "tflint", os.X_OK)
    told = (path / "calls").read_text()
    assert "/tools/go/tflint build " in told
    assert "github.com/terraform-linters/tflint" in told


def test_ci_runs_with_the_pinned_provider() -> None:
    script = (TOOLS_FOLDER.parent / ".ci" / "run").read_text()
    assert f"--provider {PROVIDER_VERSION} " in script


# A Go that has the module with these hashes, keeps what it was told, and builds a file.
GO = """#!/bin/sh
echo "$* GONOSUMDB=$GONOSUMDB" >>"$(dirname "$0")/go-calls"
case "$1 $2" in
  "mod download")
    echo '{"Dir": "%(source)s", "Sum": "%(sum)s", "GoModSum": "%(go_mod_sum)s"}' ;;
  build*) while [ "$1" != -o ]; do shift; done; echo built >"$2"; chmod 755 "$2" ;;
esac
"""


@pytest.fixture
def provider_source(tmp_path: Path) -> Path:
    """As Go's module cache has it: nobody may write there."""
    source = tmp_path / "module cache" / "provider"
    services = source / "internal/provider/sdkv2/service_packages_gen.go"
    clients = source / "internal/conns/awsclient_gen.go"
    for path in (services, clients):
        path.parent.mkdir(parents=True)
        path.write_text("import (\n)\n")
        path.chmod(0o444)
    return source


def test_a_provider_that_no_registry_has_is_built_from_the_pinned_source(
    environment: dict[str, str], path: Path, provider_source: Path
) -> None:
    engine(path, "terraform", host="one.example", init="exit 1")
    sums = {"sum": PROVIDER_MODULE.sum, "go_mod_sum": PROVIDER_MODULE.go_mod_sum}
    script(path / "go", GO % {"source": provider_source, **sums})
    environment["GONOSUMDB"] = "their.example/*"
    chain = toolchain.resolve(environment, ["terraform"])
    assert chain.configuration
    folder = chain.configuration.parent / "mirror/one.example/hashicorp/aws" / PROVIDER_VERSION
    binary = folder / go_platform() / f"terraform-provider-aws_v{PROVIDER_VERSION}"
    assert binary.read_text() == "built\n"
    download, build = (path / "go-calls").read_text().splitlines()
    module = f"{PROVIDER_MODULE.path}@{PROVIDER_MODULE.version}"
    assert download == (
        f"mod download -json {module} GONOSUMDB=their.example/*,{PROVIDER_MODULE.path}"
    )
    assert f"version.ProviderVersion={PROVIDER_VERSION} . GONOSUMDB=their.example/*" in build
    assert "-mod=readonly" in build, "its go.sum would be written instead of compared"


@pytest.mark.parametrize("wrong", ["sum", "go_mod_sum"])
def test_a_provider_source_that_somebody_changed_is_not_built(
    environment: dict[str, str], path: Path, provider_source: Path, wrong: str
) -> None:
    engine(path, "terraform", init="exit 1")
    sums = {"sum": PROVIDER_MODULE.sum, "go_mod_sum": PROVIDER_MODULE.go_mod_sum, wrong: "h1:x="}
    script(path / "go", GO % {"source": provider_source, **sums})
    with pytest.raises(ToolError, match=r"has the hashes .*h1:x=.* It is not used"):
        toolchain.resolve(environment, ["terraform"])
    assert "build" not in (path / "go-calls").read_text()
