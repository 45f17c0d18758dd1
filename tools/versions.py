"""What is pinned, in one place."""

from dataclasses import dataclass

Version = tuple[int, int, int]

PROVIDER_VERSION = "6.34.0"


@dataclass(frozen=True, slots=True)
class GoModule:
    """A Go module that is not in the checksum database, with the hashes it must have."""

    path: str
    version: str
    sum: str
    go_mod_sum: str


PROVIDER_MODULE = GoModule(
    # HashiCorp releases the provider, but not as a Go module. This is the same code of 6.34.0, as
    # a consumer of it publishes it. Its own go.sum has the hashes of everything it needs.
    path="github.com/upbound/terraform-provider-aws",
    version="v0.0.0-20260305123303-f7691456b787",
    sum="h1:dJlp2eNgY/iVKTPINdguYlHbHc9CtXBZKmQmqYq0REs=",
    go_mod_sum="h1:WOPLTXSK2ZhAuuLIh2EVZ9zWib65hkmw1XLc227hsuQ=",
)


@dataclass(frozen=True, slots=True)
class Tool:
    """One command of the toolchain.

    `pinned` is what gets built; any version from `minimum` on, and below
    `below` where that is given, is taken from PATH. `package` is the Go import
    path of the command, `minutes` what its build takes on two cores.
    """

    name: str
    pinned: str
    minimum: Version
    package: str
    minutes: int
    below: Version | None = None
    release_flag: str | None = None

    def accepts(self, version: Version) -> bool:
        """Whether a copy of this version, found on PATH, will do."""
        return version >= self.minimum and (self.below is None or version < self.below)

    @property
    def range(self) -> str:
        """The accepted versions in words, such as ">= 1.7.0"."""
        text = ">= " + ".".join(map(str, self.minimum))
        return text if self.below is None else f"{text}, < {'.'.join(map(str, self.below))}"


TOOLS = (
    Tool(
        name="terraform",
        pinned="1.8.5",
        minimum=(1, 7, 0),  # mock_provider in `terraform test`
        package="github.com/hashicorp/terraform",
        release_flag="github.com/hashicorp/terraform/version.dev",
        minutes=6,
    ),
    Tool(
        name="tofu",
        pinned="1.12.6",
        minimum=(1, 8, 0),  # mock_provider in `tofu test`
        package="github.com/opentofu/opentofu/cmd/tofu",
        release_flag="github.com/opentofu/opentofu/version.dev",
        minutes=5,
    ),
    Tool(
        name="tflint",
        pinned="0.64.0",
        minimum=(0, 60, 0),
        package="github.com/terraform-linters/tflint",
        minutes=4,
    ),
    Tool(
        name="terraform-docs",
        pinned="0.20.0",
        # Other versions write other tables, and lint compares them with the README.
        minimum=(0, 20, 0),
        below=(0, 21, 0),
        package="github.com/terraform-docs/terraform-docs",
        minutes=1,
    ),
    Tool(
        name="actionlint",
        pinned="1.7.12",
        minimum=(1, 7, 0),
        package="github.com/rhysd/actionlint/cmd/actionlint",
        minutes=1,
    ),
)
