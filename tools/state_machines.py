"""Refuses the state machine of modules/batch where Step Functions would refuse it.

Usage: python3 -m tools.state_machines, which plans the module as its own native tests do, with a
mocked provider, and holds the definition against the rules of the language.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tools import workspace
from tools.failure import ToolError, reported
from tools.states_language import problems

_MODULE = Path("modules", "batch")
_TESTS = Path("tests", "batch.tftest.hcl")
_PLAN = Path("tests", "definition.tftest.hcl")
# `terraform fmt` puts a block's end at the beginning of a line.
_RUN = re.compile(r'^run "[^"]*" \{$.*?^\}$', re.MULTILINE | re.DOTALL)


def plan_only(tests: str) -> str:
    """A file of native tests with its provider and inputs, and one run that plans."""
    return _RUN.sub("", tests) + '\nrun "definition" {\n  command = plan\n}\n'


def planned(output: str) -> list[str]:
    """The definitions in what `terraform test -json -verbose` prints."""
    messages = (json.loads(line) for line in output.splitlines())
    return [
        change["change"]["after"]["definition"]
        for message in messages
        for change in message.get("test_plan", {}).get("resource_changes", [])
        if change["type"] == "aws_sfn_state_machine"
    ]


def render(engine: str = "terraform") -> str:
    """The definition of the state machine of modules/batch.

    Raises:
        ToolError: the engine does not plan it.
    """
    environment = {name: value for name, value in os.environ.items() if name[:4] != "AWS_"}
    with tempfile.TemporaryDirectory(prefix="face-compare-") as folder:
        module = workspace.copy_to(Path(folder)) / _MODULE
        tests = (module / _TESTS).read_text(encoding="utf-8")
        (module / _PLAN).write_text(plan_only(tests), encoding="utf-8")
        output = ""
        for words in (
            ("init", "-backend=false", "-no-color"),
            ("test", "-json", "-verbose", f"-filter={_PLAN}"),
        ):
            done = subprocess.run(
                [engine, *words],
                cwd=module,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
            output = done.stdout
            if done.returncode:
                raise ToolError(f"{engine} {words[0]} of {_MODULE} failed:\n{output}{done.stderr}")
    definitions = planned(output)
    if len(definitions) != 1:
        raise ToolError(
            f"{_MODULE} plans {len(definitions)} state machines for {_TESTS}, not 1:\n{output}"
        )
    return definitions[0]


def main() -> int:
    """Print every reason to refuse the definition; answer the status."""
    with reported():
        found = problems(render())
    for problem in found:
        print(problem)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
