"""`make acceptance` that is interrupted or killed: what it has made goes."""

from __future__ import annotations

import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from rich.console import Console

from acceptance import __main__ as program
from acceptance import checks, cleanup
from acceptance.model import CHECKS, Result
from acceptance.run import Run
from acceptance.site import ROOT, Site
from local import processes
from local.stack import Stack, StackError
from local.waiting import eventually

assert checks


@pytest.fixture
def site(stack: Stack) -> Site:
    return Site.of_stack(stack, ROOT, "terraform")


def _once_there(site: Site, name: str, then: Callable[[], object]) -> None:
    """Do something as soon as the bucket of a run is there."""

    def made() -> bool:
        return any(each.run == name for each in cleanup.find(site, name))

    eventually(made, 200, f"something of {name}", every=0.2)
    then()


def test_a_run_that_is_interrupted_removes_what_it_has_made(site: Site) -> None:
    name = "fc-accept-20261126-0101"
    chosen = {each: CHECKS[each] for each in ("apply-minimal", "match", "destroy-leaves-nothing")}
    with ThreadPoolExecutor() as pool:
        ending = partial(signal.raise_signal, signal.SIGINT)
        done = pool.submit(_once_there, site, name, ending)
        report = Run(site, name, chosen, Console(quiet=True)).go()
        done.result()
    assert report.signal == 130
    assert report.left_behind == []
    assert {each.name: each.result for each in report.outcomes} == {
        "apply-minimal": Result.FAILED,
        "match": Result.SKIPPED,
        "destroy-leaves-nothing": Result.SKIPPED,
    }
    assert list(cleanup.find(site, name)) == []


def test_a_killed_run_is_cleaned_up_later(site: Site, tmp_path: Path) -> None:
    name = "fc-accept-20261126-0102"
    workspace = site.workspace("minimal", tmp_path, name)
    workspace.init()

    def kill() -> None:
        for process in tuple(workspace.running):
            processes.end(process)

    with ThreadPoolExecutor() as pool:
        done = pool.submit(_once_there, site, name, kill)
        with pytest.raises((StackError, ValueError)):
            workspace.apply()
        done.result()
    assert list(cleanup.find(site, name))
    options = program.Options.read({"CLEAN": "1", "CONFIRM": "yes"})
    assert program.clean(site, options, Console(quiet=True)) == 0
    assert list(cleanup.find(site, name)) == []
