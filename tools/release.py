"""Whether the repository is ready for a release: make release-check VERSION=0.1.0.

usage: python3 -m tools.release VERSION            every problem, and status 1 if there is one
       python3 -m tools.release --notes VERSION    the notes of the release, from CHANGELOG.md
"""

import argparse
import datetime
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence

from tools import package
from tools.failure import ToolError, reported
from tools.places import REPOSITORY, listed

_VERSION = re.compile(r"\d+\.\d+\.\d+")
_REGISTRY = re.compile(
    r'source\s*=\s*"([^"/]+)/face-compare/aws[^"]*"[^\n]*\n[\s#]*version\s*=\s*"([^"]+)"'
)
_GIT = re.compile(r"([\w-]+)/terraform-aws-face-compare(?:\.git)?(?://[\w/]+)?\?ref=([\w.-]+)")


def section(version: str, changelog: str) -> tuple[str, str]:
    """What stands after a version in its heading, and the text below it.

    Raises ToolError when there is no such heading.
    """
    found = re.search(
        rf"^## \[{re.escape(version)}\] - ([^\n]+)\n(.*?)(?=^## |^\[|\Z)",
        changelog,
        re.MULTILINE | re.DOTALL,
    )
    if not found:
        raise ToolError(f"CHANGELOG.md has no section '## [{version}] - DATE': write it.")
    return found[1].strip(), found[2].strip()


def changelog_problems(version: str, changelog: str) -> Iterator[str]:
    """What is wrong with the section of a version."""
    try:
        date, text = section(version, changelog)
    except ToolError as error:
        yield str(error)
        return
    try:
        datetime.date.fromisoformat(date)
    except ValueError:
        yield f"CHANGELOG.md gives version {version} the date {date!r}: write it as YYYY-MM-DD."
    if not text:
        yield f"CHANGELOG.md has nothing below version {version}: say what changed."


def address_problems(version: str, texts: Mapping[str, str]) -> Iterator[str]:
    """Source addresses that a reader would copy and that do not lead to this version."""
    constraint = "~> " + version.rpartition(".")[0]
    for path, text in texts.items():
        for owner, found in _REGISTRY.findall(text):
            if found not in {constraint, version}:
                yield f'{path} has version = "{found}": write "{constraint}".'
            if owner == "OWNER":
                yield f"{path} has the source OWNER/face-compare/aws: write who publishes it."
        for owner, found in _GIT.findall(text):
            if found != f"v{version}":
                yield f"{path} has ?ref={found}: write ?ref=v{version}."
            if owner == "OWNER":
                yield f"{path} has the source OWNER/terraform-aws-face-compare: write who owns it."


def checkout_problems(version: str) -> Iterator[str]:
    """What is not committed, and a tag that is elsewhere."""
    if _output("git", "status", "--porcelain"):
        yield "the working tree has changes: commit or stash them."
    tag = _output("git", "rev-list", "-n1", f"v{version}", "--")
    if tag and tag != _output("git", "rev-parse", "HEAD"):
        yield f"the tag v{version} is at another commit: choose the next version."


def docs_problems() -> Iterator[str]:
    """Whether `make docs` was forgotten."""
    command = ["terraform-docs", "--output-check", "."]
    if subprocess.run(command, cwd=REPOSITORY, capture_output=True, check=False).returncode:
        yield "the generated tables are not current: run `make docs`."


def problems(version: str) -> Iterator[str]:
    """A sentence for each thing that has to be done before this version is tagged."""
    if not _VERSION.fullmatch(version):
        yield f"{version!r} is not a version: write it as 0.1.0, without a v."
        return
    texts = {
        path.relative_to(REPOSITORY).as_posix(): path.read_text(encoding="utf-8")
        for path in listed("*.md", "*.tf")
    }
    yield from changelog_problems(version, texts["CHANGELOG.md"])
    yield from address_problems(version, texts)
    yield from package.problems(package.build())
    yield from docs_problems()
    yield from checkout_problems(version)


def notes(version: str) -> str:
    """The notes of a release: its section of CHANGELOG.md and the SHA-256 of the zip."""
    text = (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")
    sha256 = package.digest(package.ZIP.read_bytes())
    return f"{section(version, text)[1]}\n\nSHA-256 of `lambda/face_compare.zip`: `{sha256}`"


def _output(*command: str) -> str:
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def main(arguments: Sequence[str]) -> int:
    """Print the notes, or every problem."""
    parser = argparse.ArgumentParser(prog="python3 -m tools.release", allow_abbrev=False)
    parser.add_argument("--notes", action="store_true", help="print the notes of the release")
    parser.add_argument("version", metavar="VERSION")
    read = parser.parse_args(arguments)
    with reported():
        if read.notes:
            print(notes(read.version))
            return 0
        found = list(problems(read.version))
    for problem in found:
        print(f"release: {problem}")
    if not found:
        print(
            f"release: ready; next: git tag -a v{read.version} && git push origin v{read.version}"
        )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
