"""The modules' own tests (*.tftest.hcl, mocked provider) under both engines."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tools import workspace
from tools.places import REPOSITORY
from tools.shared_provider import shared_provider

ENGINES = ("terraform", "tofu")
# They create what the module can be given: a key, topics, queues, a bucket, a network.
EXAMPLES = ("batch", "existing-bucket", "monitored", "private-network", "upload")
FILES = sorted(
    (
        path.relative_to(REPOSITORY)
        for pattern in ("tests/*.tftest.hcl", "modules/*/tests/*.tftest.hcl")
        for path in REPOSITORY.glob(pattern)
    ),
    # The longest first, so that none of them is left alone at the end.
    key=lambda path: -(REPOSITORY / path).stat().st_size,
)
_CLOSING = re.compile(r"(\d+) passed, (\d+) failed")

_TOPIC = "arn:aws:sns:eu-west-1:111122223333:topic"
REFUSED = {
    "an_empty_prefix": 'bucket = { prefixes = { reference = "" } }',
    "a_prefix_without_slash": 'bucket = { prefixes = { reference = "challenge" } }',
    "no_bucket": "bucket = { existing = { name = null } }",
    "no_topics": "monitoring = { alarms = { sns_topic_arns = null } }",
    "a_topic_that_is_null": "monitoring = { alarms = { sns_topic_arns = [null] } }",
    "a_topic_elsewhere": (
        f'monitoring = {{ alarms = {{ sns_topic_arns = ["{_TOPIC.replace("eu", "us")}"] }} }}'
    ),
    "an_alarm_that_is_null": (
        f'monitoring = {{ alarms = {{ sns_topic_arns = ["{_TOPIC}"], disabled = [null] }} }}'
    ),
    "no_groups": 'network = { security_group_ids = null, subnet_ids = ["subnet-01234567"] }',
    "no_subnets": 'network = { security_group_ids = ["sg-01234567"], subnet_ids = null }',
    "a_subnet_that_is_null": (
        'network = { security_group_ids = ["sg-01234567"], subnet_ids = [null] }'
    ),
}
"""Inputs with one mistake each."""
_REFUSED_RUN = """
run "{name}" {{
  command = plan

  variables {{
    {given}
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class Module:
    """A module in a copy of the repository, where an engine has what it needs to test it."""

    engine: str
    folder: Path
    environment: dict[str, str]

    def test(self, *arguments: str, succeeds: bool = True) -> str:
        return run(
            self.environment, self.folder, self.engine, "test", *arguments, succeeds=succeeds
        )


def run(environment: dict[str, str], folder: Path, *command: str, succeeds: bool = True) -> str:
    done = subprocess.run(
        [*command, "-no-color"],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if (done.returncode == 0) != succeeds:
        pytest.fail(f"{' '.join(command)}:\n{done.stdout}", pytrace=False)
    return done.stdout


@pytest.fixture(scope="session")
def initialized(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[str, Path], Module]]:
    # A region or a profile of the caller's must not decide what a test sees.
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    with ExitStack() as held:

        @cache
        def copy(engine: str) -> Path:
            assert shutil.which(engine), f"{engine} is not on PATH: run `make test`"
            return workspace.copy_to(tmp_path_factory.mktemp(engine) / "repository")

        @cache
        def serving(engine: str) -> dict[str, str]:
            return held.enter_context(shared_provider(initialize(engine, Path()), clean))

        @cache
        def initialize(engine: str, module: Path) -> Path:
            folder = copy(engine) / module
            run(clean, folder, engine, "init", "-backend=false")
            return folder

        yield lambda engine, module: Module(engine, initialize(engine, module), serving(engine))


def test_there_are_native_tests() -> None:
    assert FILES


@pytest.mark.parametrize("path", FILES, ids=str)
def test_no_run_calls_a_function_in_its_inputs(path: Path) -> None:
    """OpenTofu 1.8, which only `make matrix` runs, has no functions there."""
    text = (REPOSITORY / path).read_text(encoding="utf-8")
    of_lines, of_one_line = r"\n.*?^\1", r"[^\n]*"
    blocks = rf"^( *)variables \{{({of_lines}|{of_one_line})\}}$"
    found = re.findall(blocks, text, re.DOTALL | re.MULTILINE)
    assert len(found) == len(re.findall(r"^ *variables \{", text, re.MULTILINE))
    for _, inputs in found:
        without_texts = re.sub(r'"(?:[^"\\]|\\.)*"|#.*', "", inputs)
        assert not re.findall(r"\b\w+\(", without_texts)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("path", FILES, ids=str)
def test_the_module_does_the_same_under_both_engines(
    initialized: Callable[[str, Path], Module], engine: str, path: Path
) -> None:
    module = path.parent.parent
    output = initialized(engine, module).test(f"-filter={path.relative_to(module)}")
    closing = _CLOSING.search(output)
    assert closing is not None, output
    assert int(closing[1]) > 0, f"no test ran:\n{output}"
    assert int(closing[2]) == 0, output


@pytest.mark.parametrize("engine", ENGINES)
def test_one_mistake_gets_one_error_of_the_module(
    initialized: Callable[[str, Path], Module], engine: str
) -> None:
    """Not an error of a function in an expression, and not the same sentence for each alarm."""
    module = initialized(engine, Path())
    tests = module.folder / "tests"
    mocks, _, _ = (tests / "validation.tftest.hcl").read_text().partition('run "')
    for name, given in REFUSED.items():
        # A file for each, because the runs after a failed one are skipped.
        case = mocks + _REFUSED_RUN.format(name=name, given=given)
        (tests / f"{name}.tftest.hcl").write_text(case)
    files = [f"-filter=tests/{name}.tftest.hcl" for name in REFUSED]
    output = module.test(*files, succeeds=False)
    assert f"0 passed, {len(REFUSED)} failed" in output, output
    assert set(re.findall(r"Error: (.*)", output)) <= {
        "Invalid value for variable",
        "Resource precondition failed",
    }, output
    assert output.count("Error: ") == len(REFUSED), output


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("example", EXAMPLES)
def test_a_consumer_can_test_with_the_documented_mocks(
    initialized: Callable[[str, Path], Module], engine: str, example: str
) -> None:
    """Otherwise the checks of the module refuse the random values of a mocked provider."""
    reference = (REPOSITORY / "docs" / "reference.md").read_text()
    mocks = re.search(r"```hcl\n(mock_provider .*?)```", reference, re.DOTALL)
    assert mocks is not None
    module = initialized(engine, Path("examples", example))
    (module.folder / "consumer.tftest.hcl").write_text(mocks[1] + 'run "apply" {}\n')
    output = module.test()
    assert "1 passed, 0 failed" in output, output
