"""The toolchain: what a newcomer's first command finds, fetches, builds, or asks to install."""

import os
import shutil
from pathlib import Path

import pytest

from tools import gobuild, provider, toolchain, trim
from tools.failure import ToolError
from tools.places import TOOLS as TOOLS_FOLDER
from tools.places import go_platform
from tools.versions import PROVIDER_VERSION, TOOLS, Tool

# What a fake engine does; %(host)s is the registry it claims to use.
ENGINE = """#!/bin/sh
echo "$1" >>"$(dirname "$0")/calls"
case "$1" in
  --version) echo "Terraform v%(version)s" ;;
  providers) printf '.\\n└── provider[%(host)s/hashicorp/aws]\\n' ;;
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


def engine(
    folder: Path,
    name: str = "terraform",
    version: str = "1.9.8",
    host: str = "registry.example",
    init: str = ":",
) -> Path:
    return script(folder / name, ENGINE % {"version": version, "host": host, "init": init})


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
    """A machine without Go, Terraform or a home worth naming."""
    monkeypatch.setattr(gobuild, "INSTALLER_FOLDER", str(tmp_path / "no-go"))
    shell = tmp_path / "shell"
    shell.mkdir()
    for name in ("sh", "dirname", "mkdir", "sleep"):
        found = shutil.which(name)
        assert found
        (shell / name).symlink_to(found)
    return {
        "PATH": f"{path}:{shell}",
        "HOME": str(tmp_path),
        "FACE_COMPARE_CACHE": str(tmp_path / "cache"),
    }


def calls(path: Path) -> list[str]:
    return (path / "calls").read_text().split()


def left_in(cache: Path) -> list[str]:
    """What an installer left but for locks and the folders that hold results."""
    return sorted(
        str(found.relative_to(cache)) for found in cache.rglob("*") if found.suffix != ".lock"
    )


@pytest.mark.parametrize(
    ("output", "version"),
    [
        ("Terraform v1.8.5\non linux_amd64", (1, 8, 5)),
        ("OpenTofu v1.12.6", (1, 12, 6)),
        ("TFLint version 0.64.0\n+ ruleset.terraform (0.15.0-bundled)", (0, 64, 0)),
        ("terraform-docs version v0.20.0 linux/amd64", (0, 20, 0)),
        ("Terraform v1.10.0-beta1", (1, 10, 0)),
        ("no version here", None),
    ],
)
def test_versions_are_read_as_each_tool_prints_them(
    output: str, version: tuple[int, int, int] | None
) -> None:
    assert toolchain.parse_version(output) == version


def test_accepted_versions_are_those_the_tests_can_run_on() -> None:
    tools = {tool.name: tool for tool in TOOLS}
    assert not tools["terraform"].accepts((1, 6, 6))
    assert tools["terraform"].accepts((1, 7, 0))
    assert not tools["tofu"].accepts((1, 7, 9))
    assert not tools["terraform-docs"].accepts((0, 21, 0)), "it writes other tables"
    for tool in TOOLS:
        pinned = toolchain.parse_version(tool.pinned)
        assert pinned is not None
        assert tool.accepts(pinned), f"the pin of {tool.name} is outside its own range"


def test_the_variable_wins_over_path(environment: dict[str, str], tmp_path: Path) -> None:
    plain(tmp_path / "path", "tflint", "0.64.0")
    chain = tmp_path / "chain"
    plain(chain / "bin", "tflint", "0.1.0")
    environment[toolchain.VARIABLE] = str(chain)
    assert toolchain.resolve(environment, ["tflint"]) == chain


def test_the_variable_naming_half_a_toolchain_is_told_what_it_lacks(
    environment: dict[str, str], tmp_path: Path
) -> None:
    plain(tmp_path / "chain" / "bin", "tflint", "0.64.0")
    environment[toolchain.VARIABLE] = str(tmp_path / "chain")
    with pytest.raises(ToolError, match=r"no bin/terraform and no terraformrc"):
        toolchain.resolve(environment, ["tflint", "terraform"])


def test_a_command_on_path_is_used_and_the_provider_laid_out_for_its_registry(
    environment: dict[str, str], path: Path
) -> None:
    command = engine(path, host="registry.example")
    chain = toolchain.resolve(environment, ["terraform"])
    assert (chain / "bin" / "terraform").resolve() == command
    binary = f"terraform-provider-aws_v{PROVIDER_VERSION}"
    laid_out = f"registry.example/hashicorp/aws/{PROVIDER_VERSION}/{go_platform()}/{binary}"
    assert (chain / "providers" / laid_out).read_text() == "provider\n"
    assert os.access(chain / "providers" / laid_out, os.X_OK)
    assert f'path = "{chain}/providers"' in (chain / "terraformrc").read_text()


def test_both_engines_share_one_provider_under_their_own_registries(
    environment: dict[str, str], path: Path
) -> None:
    engine(path, "terraform", host="one.example")
    engine(path, "tofu", host="two.example")
    chain = toolchain.resolve(environment, ["terraform", "tofu"])
    assert sorted(folder.name for folder in (chain / "providers").iterdir()) == [
        "one.example",
        "two.example",
    ]
    assert calls(path).count("init") == 1, "the provider was fetched twice"


def test_a_second_run_starts_no_command_at_all(environment: dict[str, str], path: Path) -> None:
    engine(path)
    first = toolchain.resolve(environment, ["terraform"])
    (path / "calls").unlink()
    assert toolchain.resolve(environment, ["terraform"]) == first
    assert not (path / "calls").exists()


def test_a_run_inside_a_run_decides_alike(environment: dict[str, str], path: Path) -> None:
    engine(path)
    chain = toolchain.resolve(environment, ["terraform"])
    environment["PATH"] = f"{chain / 'bin'}:{environment['PATH']}"
    assert toolchain.resolve(environment, ["terraform"]) == chain


def test_another_terraform_on_path_is_looked_at_again(
    environment: dict[str, str], path: Path
) -> None:
    engine(path, version="1.9.8")
    first = toolchain.resolve(environment, ["terraform"])
    engine(path, version="1.10.22")
    assert toolchain.resolve(environment, ["terraform"]) != first


def test_one_that_was_built_before_is_used_where_path_has_an_old_one(
    environment: dict[str, str], path: Path
) -> None:
    plain(path, "tflint", "0.1.0")
    tool = next(tool for tool in TOOLS if tool.name == "tflint")
    built = plain(gobuild.command_path(tool, environment).parent, "tflint", tool.pinned)
    chain = toolchain.resolve(environment, ["tflint"])
    assert (chain / "bin" / "tflint").resolve() == built


def test_without_go_and_terraform_one_sentence_says_what_to_install(
    environment: dict[str, str], tmp_path: Path
) -> None:
    with pytest.raises(ToolError) as raised:
        toolchain.resolve(environment, ["terraform", "tofu"])
    sentence = str(raised.value)
    assert sentence.startswith("install terraform >= 1.7.0, tofu >= 1.8.0, or Go ")
    assert "\n" not in sentence
    assert left_in(tmp_path / "cache") == []


def test_a_silent_registry_and_no_go_is_one_sentence_too(
    environment: dict[str, str], path: Path, tmp_path: Path
) -> None:
    engine(path, init="exit 1")
    with pytest.raises(ToolError, match=r"connect this machine .* or install Go"):
        toolchain.resolve(environment, ["terraform"])
    assert left_in(tmp_path / "cache") == ["toolchains"]


def test_a_registry_that_does_not_answer_is_given_up_in_time(
    environment: dict[str, str], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider, "_ANSWER_SECONDS", 0.3)
    engine(path, init="exec sleep 60")
    with pytest.raises(ToolError, match="connect this machine"):
        toolchain.resolve(environment, ["terraform"])


def test_a_download_that_has_begun_is_waited_for(
    environment: dict[str, str], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider, "_ANSWER_SECONDS", 0.3)
    engine(path, init='echo "- Installing hashicorp/aws v1..."; sleep 1')
    assert (toolchain.resolve(environment, ["terraform"]) / "terraformrc").is_file()


def test_a_missing_cli_configuration_of_the_users_does_not_reach_the_engine(
    environment: dict[str, str], tmp_path: Path
) -> None:
    environment["TF_CLI_CONFIG_FILE"] = str(tmp_path / "not-there")
    assert "TF_CLI_CONFIG_FILE" not in provider.engine_environment(environment)
    existing = tmp_path / "there"
    existing.write_text("")
    environment["TF_CLI_CONFIG_FILE"] = str(existing)
    assert provider.engine_environment(environment)["TF_CLI_CONFIG_FILE"] == str(existing)


def test_a_build_that_fails_shows_why_and_leaves_nothing(
    environment: dict[str, str], path: Path, tmp_path: Path
) -> None:
    script(path / "go", "#!/bin/sh\necho 'x.go:1:1: no such thing' >&2\nexit 1\n")
    with pytest.raises(ToolError, match=r"x\.go:1:1: no such thing"):
        toolchain.resolve(environment, ["tflint"])
    assert left_in(tmp_path / "cache") == ["tools"]


def test_a_tool_that_is_nowhere_is_built_from_its_pinned_module(
    environment: dict[str, str], path: Path
) -> None:
    # A compiler that writes where it is told and keeps what it was told.
    script(
        path / "go",
        '#!/bin/sh\necho "$PWD $*" >"$(dirname "$0")/calls"\n'
        'while [ "$1" != -o ]; do shift; done; echo built >"$2"; chmod 755 "$2"\n',
    )
    chmod = shutil.which("chmod")
    assert chmod
    (path / "chmod").symlink_to(chmod)
    chain = toolchain.resolve(environment, ["tflint"])
    assert (chain / "bin" / "tflint").read_text() == "built\n"
    told = (path / "calls").read_text()
    assert "/tools/go/tflint build " in told
    assert "github.com/terraform-linters/tflint" in told


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_every_pin_is_the_version_that_its_module_file_requires(tool: Tool) -> None:
    """Without it a changed pin would build the old version under the new name."""
    text = (TOOLS_FOLDER / "go" / tool.name / "go.mod").read_text()
    repository = "/".join(tool.package.split("/")[:3])
    assert f"{repository} v{tool.pinned}" in text
    assert f"tool {tool.package}" in text


@pytest.mark.parametrize(
    ("output", "host"),
    [
        ("└── provider[registry.example/hashicorp/aws]\n", "registry.example"),
        ("└── provider[mirror.example:8443/hashicorp/aws] 6.13.0\n", "mirror.example:8443"),
        ("└── provider[registry.example/hashicorp/random]\n", None),
        ("", None),
    ],
)
def test_the_registry_is_read_from_what_the_engine_prints(output: str, host: str | None) -> None:
    assert provider.parse_host(output) == host


def test_a_path_with_a_quote_or_a_template_sign_stays_one_string() -> None:
    text = provider.cli_config(Path('/a "b"/${c}'))
    assert r'path = "/a \"b\"/$${c}"' in text


def test_trimming_keeps_whole_services_and_drops_the_others() -> None:
    text = (
        'import (\n\t"example/internal/service/s3"\n\t"example/internal/service/glue"\n)\n'
        "\t\ts3.ServicePackage(ctx),\n\t\tglue.ServicePackage(ctx),\n"
        "\t\tlambda_.ServicePackage(ctx),\n"
    )
    assert trim.trimmed_services(text) == (
        'import (\n\t"example/internal/service/s3"\n)\n'
        "\t\ts3.ServicePackage(ctx),\n\t\tlambda_.ServicePackage(ctx),\n"
    )


def test_trimming_keeps_the_clients_in_use_and_the_imports_they_need() -> None:
    text = (
        'import (\n\t"context"\n\t"sdk/s3"\n\tother "sdk/glue"\n)\n\n'
        "func (c *AWSClient) S3Client(ctx context.Context) *s3.Client {\n\treturn nil\n}\n\n"
        "func (c *AWSClient) GlueClient(ctx context.Context) *other.Client {\n\treturn nil\n}\n"
    )
    trimmed = trim.trimmed_clients(text, frozenset({"S3Client"}))
    assert '"sdk/s3"' in trimmed
    assert '"context"' in trimmed
    assert "glue" not in trimmed.lower()


def test_an_unknown_tool_is_named_with_the_choice() -> None:
    with pytest.raises(ToolError, match=r"'terragrunt': choose from terraform"):
        toolchain.wanted(["terragrunt"])
