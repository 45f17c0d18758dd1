"""`python -m acceptance` (`make acceptance`): does the module work in this account and region?"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import botocore
from rich.console import Console
from rich.table import Table

from acceptance import checks, cleanup, report, rights
from acceptance.model import AT_THE_END, CHECKS, Check, Result
from acceptance.names import EXAMPLES, NETWORK_EXAMPLE, new_name
from acceptance.report import Report
from acceptance.run import CLEAN, Run
from acceptance.site import ROOT, Site, SiteError
from local import use
from local.stack import Stack, StackError, venv_python
from tools.package import ZIP
from tools.places import REPOSITORY

assert checks
_ON = {"1", "yes", "true"}


@dataclass(frozen=True, slots=True)
class Options:
    """What the environment asks for."""

    clean: bool
    confirmed: bool
    engine: str
    extras: frozenset[str]
    free: bool
    local: bool
    only: frozenset[str]
    """Examples; empty for all of them."""
    shows_account: bool

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Options:
        """Read the variables of `make acceptance`.

        Raises:
            SiteError: a name is not known.
        """

        def on(name: str) -> bool:
            return environment.get(name, "").strip().lower() in _ON

        def words(name: str, known: Collection[str]) -> frozenset[str]:
            given = frozenset(environment.get(name, "").split())
            if unknown := sorted(given - set(known)):
                raise SiteError(
                    f"{name} names {', '.join(unknown)}, but there are {', '.join(sorted(known))}."
                )
            return given

        return cls(
            clean=on("CLEAN"),
            confirmed=on("CONFIRM"),
            engine=environment.get("ENGINE", "").strip() or "terraform",
            extras=words("WITH", rights.EXTRA),
            free=on("FREE"),
            local=on("LOCAL"),
            only=words("ONLY", EXAMPLES),
            shows_account=on("ACCOUNT"),
        )

    def chosen(self) -> dict[str, Check]:
        """The checks of this run."""
        usual = {
            name: check
            for name, check in CHECKS.items()
            if check.extra is None or check.extra in self.extras
        }
        if self.free:
            return {name: check for name, check in usual.items() if check.on is None}
        if not self.only:
            return usual
        network = {NETWORK_EXAMPLE} if "network" in self.extras else set()
        wanted = {*self.only, *network, AT_THE_END}
        return {name: check for name, check in usual.items() if check.on in wanted}


def main() -> int:
    """Run what the environment asks for.

    Returns:
        0 if nothing failed and nothing is left, 1 if not, 2 if nothing was begun, and 128 plus its
        number after a signal.
    """
    width = None if sys.stdout.isatty() else 140
    console = Console(highlight=False, soft_wrap=True, width=width)
    try:
        options = Options.read(os.environ)
        with site_of(options) as site:
            if options.clean:
                return clean(site, options, console)
            return run(site, options, console, Path.cwd())
    except (SiteError, StackError) as error:
        print(error, file=sys.stderr)
        return 2


@contextmanager
def site_of(options: Options) -> Iterator[Site]:
    """Yield the account of the caller, or a local stack that lives as long as the block.

    Raises:
        SiteError: there is no account.
        StackError: the stack cannot be started.
    """
    if not options.local:
        yield Site.of_aws(options.engine)
        return
    venv_python("emulator")
    with Stack() as stack:
        root = Site.of_stack(stack, ROOT, options.engine)
        # The run has the rights that it asks for, and no others.
        iam = stack.client("iam")
        with use.user(iam, "acceptance") as credentials:
            for number, document in enumerate(rights.policies(root, options.extras)):
                name = f"acceptance-{number + 1}"
                made = iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(document))
                iam.attach_user_policy(UserName="acceptance", PolicyArn=made["Policy"]["Arn"])
            yield Site.of_stack(stack, credentials, options.engine)


def run(site: Site, options: Options, console: Console, folder: Path) -> int:
    """Ask, run, and write the report into a folder; the exit code."""
    started = Run(site, new_name(datetime.now(UTC)), options.chosen(), console)
    started.report.shows_account = options.shows_account
    if not _agreed(started, options, console):
        return 2
    started.report.versions.update(_versions(options.engine))
    found = started.go()
    _table(found, console)
    for path in report.write(found, folder):
        console.print(f"Look at {path}.")
    console.print(found.sentences(), style="green" if found.good else "bold red")
    if found.left_behind:
        for each in found.left_behind:
            console.print(f"Left: {each}")
        console.print(f"This removes it: {CLEAN}")
    return found.signal or (0 if found.good else 1)


def _agreed(run: Run, options: Options, console: Console) -> bool:
    """Say what will happen, check the rights, and ask."""
    site, examples = run.site, run.examples()
    console.print(f"[bold]{run.name}[/bold] in account {site.number}, region {site.region}")
    console.print(f"  as {site.caller}")
    console.print(f"  {len(run.checks)} checks. {_effort(options, examples)}")
    if examples:
        console.print(
            f"  It applies the examples {', '.join(examples)} as {run.name}-EXAMPLE, and destroys "
            "them. It does not touch anything else."
        )
    if options.local:
        return True
    console.print("  These policies are enough for a full run:")
    for document in rights.policies(site, options.extras):
        console.print(json.dumps(document))
    try:
        denied = rights.missing(site, options.extras) if examples else []
        console.print("  IAM allows all of this." if not denied else f"  IAM denies: {denied}")
    except rights.ASKING as error:
        console.print(f"  IAM could not be asked whether you have them: {error}")
        denied = []
    if denied:
        return False
    if options.confirmed:
        return True
    return _yes("Go on?", console)


def _yes(question: str, console: Console) -> bool:
    if not sys.stdin.isatty():
        console.print("Nobody can be asked here. Set CONFIRM=yes to go on.")
        return False
    return input(f"{question} [y/N] ").strip().lower() in {"y", "yes"}


def _effort(options: Options, examples: list[str]) -> str:
    if options.local:
        return "No cost: this is the local stack."
    if not examples:
        return "About two minutes. Nothing is deployed; the photos that are compared cost 2 cents."
    usual = "About 25 minutes, and less than $1."
    return usual + (
        f" With {', '.join(sorted(options.extras))}: see docs/acceptance.md."
        if options.extras
        else ""
    )


def clean(site: Site, options: Options, console: Console) -> int:
    """Remove what earlier runs have left, after a look at it."""
    found = list(cleanup.find(site))
    for each in found:
        console.print(f"{each.run}  {each}")
    if not found:
        console.print("Nothing is left of any run.")
        return 0
    if not (options.confirmed or options.local):
        console.print("A run that is going on right now would lose its resources too.")
        if not _yes("Remove all of this?", console):
            return 2
    # Not what somebody has begun since: nobody was asked about that.
    runs = sorted({each.run for each in found})
    for run in runs:
        for why in cleanup.remove_all(site, run, console.print):
            console.print(why, style="bold red")
    left = [each for each in cleanup.find(site) if each.run in runs]
    for one in left:
        console.print(f"Left: {one}")
    console.print(f"{len(found)} resources were found, {len(left)} are left.")
    return 1 if left else 0


def _table(found: Report, console: Console) -> None:
    table = Table("result", "check", "seen", "s")
    for each in sorted(found.outcomes, key=lambda one: list(Result).index(one.result)):
        table.add_row(each.result, each.name, found.public(each.seen)[:120], f"{each.seconds:.1f}")
    console.print(table)
    counts = [f"{found.count(result)} {result}" for result in Result]
    console.print(f"{', '.join(counts)}, {found.seconds:.0f} s in all.")


def _versions(engine: str) -> dict[str, str]:
    """Versions of what takes part.

    Raises:
        StackError: the engine is missing, or does not run.
    """
    if shutil.which(engine) is None:
        raise StackError(f"{engine} is not on PATH. Start this as `make acceptance`.")
    asked = subprocess.run(
        [engine, "version", "-json"], capture_output=True, text=True, check=False
    )
    if asked.returncode:
        raise StackError(f"{engine} does not run:\n{asked.stderr}")
    return {
        "module": _module(),
        engine: json.loads(asked.stdout)["terraform_version"],
        "botocore here": botocore.__version__,
    }


def _module() -> str:
    """The commit, and the digest of the payload: the README of that commit has it too."""
    digest = hashlib.sha256(ZIP.read_bytes()).hexdigest()[:12]
    asked = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--tags"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    return f"{asked.stdout.strip() or 'without git'}, payload {digest}"


if __name__ == "__main__":
    sys.exit(main())
