"""A run shows AWS every input of both modules, so none is first refused at somebody's use."""

from __future__ import annotations

import re

import pytest

from acceptance.inputs import INPUTS
from acceptance.names import EXAMPLES, NETWORK_EXAMPLE
from tools.places import REPOSITORY

_NOT_APPLIED = {
    "bucket.existing": "it needs a bucket beforehand; examples/existing-bucket shows it",
    "bucket.prefixes": "the photos of the checks are below the usual ones",
    "comparison": "AWS sees only values of environment variables",
    "allow_unlisted_region": "it only switches a refusal off",
    "region": "each example has its own",
    "face_compare": "it is the root module itself",
    "function.reserved_concurrency": "accounts with the smallest quota cannot reserve any",
    "function.runtime": "the check sdk-of-the-runtime tries each of them",
}
_BLOCK = re.compile(r'^variable "(\w+)" \{\n(.*?)^\}', re.MULTILINE | re.DOTALL)
_MEMBER = re.compile(r"^    (\w+) += ", re.MULTILINE)


def _inputs(folder: str) -> set[str]:
    found = set()
    text = (REPOSITORY / folder / "variables.tf").read_text(encoding="utf-8")
    for name, body in _BLOCK.findall(text):
        declared, _, _ = body.partition("description")
        members = _MEMBER.findall(declared) if "object({" in declared else []
        found |= {f"{name}.{member}" for member in members} or {name}
    return found


def _given(folder: str, module: str) -> set[str]:
    """What the examples of a run and INPUTS set, by name or by name and member."""
    found = set()
    for example in (*EXAMPLES, NETWORK_EXAMPLE):
        main = (REPOSITORY / "examples" / example / "main.tf").read_text(encoding="utf-8")
        source = "../../modules/batch" if folder else "../.."
        for block in re.findall(rf'source = "{source}"\n(.*?)^\}}', main, re.DOTALL | re.MULTILINE):
            name = ""
            for indent, word in re.findall(r"(?:^|\{)( *)(\w+) += ", block, re.MULTILINE):
                name = word if indent == "  " else name
                found |= {word, f"{name}.{word}"}
        for name, value in INPUTS.get(example, {}).get(module, {}).items():
            members = value if isinstance(value, dict) else ()
            found |= {name, *(f"{name}.{each}" for each in members)}
    return found


@pytest.mark.parametrize(("folder", "module"), [("", "face_compare"), ("modules/batch", "batch")])
def test_a_run_applies_every_input(folder: str, module: str) -> None:
    missing = {
        each
        for each in _inputs(folder) - _given(folder, module)
        if not {each, each.partition(".")[0]} & set(_NOT_APPLIED)
    }
    assert missing == set()
