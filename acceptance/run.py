"""A run: apply, check, destroy, list; however it goes."""

from __future__ import annotations

import functools
import json
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from acceptance import cleanup
from acceptance.model import AT_THE_END, Check, Outcome, Result, Scene, StopError
from acceptance.names import NETWORK_EXAMPLE, name_of
from acceptance.report import Report
from acceptance.site import Site
from acceptance.trial import outcome, tried
from local import inventory, processes, provider_drift, use
from local.photos import default_album
from local.stack import StackError
from local.terraform import Workspace

_ALONE = "quota"
"""The group of checks that throttles everything else in the account."""
CLEAN = "make acceptance CLEAN=1"
_STYLES = {Result.PASSED: "green", Result.FAILED: "bold red", Result.SKIPPED: "yellow"}
_WITH_UPLOADS = {"monitored", "upload"}
_VARIABLES: Mapping[str, Mapping[str, str]] = {
    # Small batches: 25 of them are then 125 pairs, most of them without an image.
    "batch": {"rekognition_tps": "2"},
}


@dataclass(slots=True)
class Run:
    """One run on one site. ``checks`` says what is checked, and so what is applied."""

    site: Site
    name: str
    checks: Mapping[str, Check]
    console: Console
    patience: float = 1.0
    report: Report = field(init=False)
    _album: Any = field(init=False, default_factory=default_album)
    _workspaces: dict[str, Workspace] = field(init=False, default_factory=dict)
    _stop: threading.Event = field(init=False, default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.report = Report(
            self.name, self.site.region, self.site.stack is not None, self.site.number
        )

    def go(self) -> Report:
        """Run everything. The first Ctrl-C, SIGTERM or SIGHUP goes straight to the destroy."""
        began = time.monotonic()
        with processes.endings_unwind(), tempfile.TemporaryDirectory(prefix="fc-accept-") as folder:
            try:
                self._use(Path(folder))
            except (KeyboardInterrupt, SystemExit) as ending:
                self.report.signal = int(getattr(ending, "code", 130))
                self.say("Interrupted. What was applied is destroyed now; this takes some minutes.")
            finally:
                processes.ignore_endings()
                self._end()
        self.report.seconds = round(time.monotonic() - began, 1)
        return self.report

    def say(self, line: str | Text) -> None:
        """Print a line."""
        self.console.print(line, soft_wrap=True)

    def examples(self) -> list[str]:
        """The examples that the checks need."""
        return sorted({each.on for each in self.checks.values() if each.on} - {AT_THE_END})

    def _use(self, folder: Path) -> None:
        """Apply and check all examples at the same time: mostly, they wait for AWS."""
        if any(check.extra == _ALONE for check in self._on(None)):
            self._all_at_once([functools.partial(self._free, alone=True)])
        jobs: list[Callable[[], None]] = [functools.partial(self._free, alone=False)]
        jobs += [functools.partial(self._example, example, folder) for example in self.examples()]
        self._all_at_once(jobs)

    def _all_at_once(self, jobs: list[Callable[[], None]]) -> None:
        pool = ThreadPoolExecutor(len(jobs))
        try:
            started = [pool.submit(job) for job in jobs]
            # Not `result()`: a signal would not interrupt that while a lock is waited for.
            while not all(each.done() for each in started):
                time.sleep(0.1)
        except BaseException:
            self._stop.set()
            for workspace in tuple(self._workspaces.values()):
                workspace.interrupt()
            raise
        finally:
            pool.shutdown()
        for each in started:
            each.result()

    def _free(self, *, alone: bool) -> None:
        scene = self._scene(self.name)
        for check in self._on(None):
            if (check.extra == _ALONE) is alone:
                self._add(tried(check, scene))
        self.report.similarities.extend(scene.similarities)

    def _example(self, example: str, folder: Path) -> None:
        """Apply an example, and check it. Without it, its checks are skipped."""
        scene = self._scene(name_of(self.name, example))
        scene.apply = lambda: self._apply(example, folder, scene)
        scene.drift = lambda: self._drift(example)
        for check in self._on(example):
            if not scene.outputs and check.name != f"apply-{example}":
                why = f"examples/{example} could not be applied"
                self._add(outcome(check, Result.SKIPPED, why))
            else:
                self._add(tried(check, scene))

    def _apply(self, example: str, folder: Path, scene: Scene) -> None:
        variables = dict(_VARIABLES.get(example, {}))
        if example == NETWORK_EXAMPLE:
            variables["availability_zones"] = json.dumps(self._zones())
        workspace = self.site.workspace(example, folder, self.name, **variables)
        workspace.init()
        self._workspaces[example] = workspace
        scene.go_on()
        self.say(f"apply   examples/{example} …")
        workspace.apply()
        scene.go_on()
        outputs = workspace.outputs()
        furnish = use.furnish_quietly if example in _WITH_UPLOADS else use.furnish
        furnish(scene.client("s3"), outputs["bucket_name"], self._album)
        scene.outputs.update(outputs)
        self.report.versions["provider"] = ".".join(map(str, workspace.provider_version()))

    def _zones(self) -> list[str]:
        """Two zones of the region. Not every account has the zones a and b."""
        answer = self.site.client("ec2").describe_availability_zones(
            Filters=[{"Name": "zone-type", "Values": ["availability-zone"]}]
        )
        return [str(each["ZoneName"]) for each in answer["AvailabilityZones"][:2]]

    def _drift(self, example: str) -> list[str]:
        workspace = self._workspaces[example]
        known = provider_drift.known(workspace.provider_version())
        changes = [each for each in workspace.drift() if each not in known]
        return [f"{each.resource}: {each.attribute}" for each in changes]

    def _scene(self, name: str) -> Scene:
        return Scene(
            self.site,
            name,
            self._album,
            endpoint=self.site.endpoint,
            patience=self.patience,
            client_as=self.site.client_as,
            client_in=self.site.client_in,
            go_on=self._go_on,
        )

    def _go_on(self) -> None:
        if self._stop.is_set():
            raise StopError

    def _on(self, example: str | None) -> Iterator[Check]:
        return (check for check in self.checks.values() if check.on == example)

    def _add(self, found: Outcome) -> None:
        self.report.outcomes.append(found)
        if found.name == "sdk-of-the-runtime" and found.result is not Result.SKIPPED:
            self.report.versions["botocore of the runtimes"] = found.seen
        seen = self.report.public(found.seen)
        self.say(
            Text.assemble(
                (f"{found.result:<8}", _STYLES[found.result]),
                (f"{found.name}  ", "bold"),
                f"{seen[:300]}  ",
                (f"{found.seconds:.1f} s", "dim"),
            )
        )

    def _end(self) -> None:
        """Destroy, list, remove what is left, and list again. Nothing stops this."""
        self.say("Destroy, and list what is left …")
        scene = self._scene(self.name)
        scene.go_on = lambda: None
        scene.destroy = self._destroy
        scene.left = self._left
        why = "nothing was applied"
        if self._workspaces and self.report.signal:
            # An apply that is cut off may have made something that its state does not name, so
            # what is left then says nothing about a destroy.
            why = "; ".join(self._destroy()) or "interrupted; what was applied is destroyed"
        for check in self._on(AT_THE_END):
            if self._workspaces and not self.report.signal:
                self._add(tried(check, scene))
            else:
                self._add(outcome(check, Result.SKIPPED, why))
        try:
            for problem in cleanup.remove_all(self.site, self.name, self.say):
                self.say(f"could not be removed: {self.report.public(problem)}")
            self.report.left_behind = self._left()
        except Exception as error:  # noqa: BLE001 - the connection may be lost; it has to be said
            self.report.left_behind = [f"unknown, because AWS could not be asked: {error}"]

    def _left(self) -> list[str]:
        return sorted(map(str, cleanup.find(self.site, self.name)))

    def _destroy(self) -> list[str]:
        """Destroy every example; what went wrong."""
        with ThreadPoolExecutor(max(1, len(self._workspaces))) as pool:
            return [each for each in pool.map(self._destroyed, self._workspaces.items()) if each]

    def _destroyed(self, item: tuple[str, Workspace]) -> str | None:
        example, workspace = item
        try:
            self._emptied(example, workspace)
        except Exception as error:  # noqa: BLE001 - destroy says whether it matters
            self.say(f"examples/{example} could not be emptied: {self.report.public(str(error))}")
        try:
            workspace.destroy()
        except StackError as error:
            return f"examples/{example}: {str(error)[-600:]}"
        return None

    def _emptied(self, example: str, workspace: Workspace) -> None:
        outputs = workspace.outputs()
        if example == "minimal" and "function_name" in outputs:
            # Its record is on its way when the log group goes.
            event = {"source": use.EILEEN, "target": use.DARK}
            use.invoke(self.site.client("lambda"), outputs["function_name"], event)
        if "bucket_name" in outputs:
            inventory.empty_bucket(self.site.client("s3"), outputs["bucket_name"])
