"""The playground's steps: deploy, tell how to reach it, serve until Ctrl-C."""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import replace

from rich.console import Console
from rich.text import Text

from local import use
from local.demo.console import Steps, telling
from local.photos import default_album
from local.playground.site import Site, served
from local.playground.ways import Deployment, Event
from local.stack import Stack, StackError, venv_python
from local.terraform import Workspace

EXAMPLE = "upload"
_MORE = {
    # What the example does not need: Terraform merges an override into the module's block.
    "playground_override.tf": """\
module "face_compare" {
  # The local engine takes up to a second for a photo, two at a time: others wait, and not too long.
  comparison      = { concurrency = 2 }
  function        = { timeout = 60 }
  function_url    = {}
  rekognition_tps = 2
}
""",
    "playground.tf": """\
output "function_url" {
  value = module.face_compare.function_url
}
""",
}


def play(console: Console, bound: socket.socket) -> None:
    """Serve until a signal ends it. Then, and after any failure, everything is removed.

    Args:
        console: where progress is shown, and how to reach the stack.
        bound: where the page is served.

    Raises:
        StackError: the stack or Terraform failed.
        KeyboardInterrupt: after Ctrl-C, before the page is there.
    """
    # Before the live display: what is installed now shows its own progress.
    venv_python("emulator")
    steps = Steps(console, 4)
    with contextlib.ExitStack() as held:
        with steps.step("stack", "Start the emulated AWS and the Rekognition stand-in") as note:
            stack = held.enter_context(Stack(progress=note))
        deployment = _apply(stack, steps)
        site = Site(stack, deployment, default_album())
        with steps.step("compare", "Compare the first two photos through the deployed function"):
            event = site.sample_event()
            outcome = use.invoke(stack.client("lambda"), deployment.function, event)
            if outcome.answer is None:
                raise StackError(f"The first comparison failed: {outcome.error_message}")
        page = held.enter_context(served(site, bound))
        _tell(console, deployment, site.subject, event)
        console.print(f"\n[bold]Open {page}[/bold] and press Ctrl-C to end and remove everything.")
        # A signal raises here, and Ctrl-C is the way to end it.
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


def _apply(stack: Stack, steps: Steps) -> Deployment:
    workspace = Workspace.create(EXAMPLE, stack.folder / "terraform", stack.endpoint)
    for name, text in _MORE.items():
        (workspace.folder / name).write_text(text, encoding="utf-8")
    with steps.step("init", f"terraform init in examples/{EXAMPLE}") as note:
        replace(workspace, progress=telling(note)).init()
    title = "terraform apply (the provider itself waits 56 s for S3's lifecycle rules)"
    with steps.step("apply", title) as note:
        replace(workspace, progress=telling(note)).apply()
        return Deployment.of(workspace.outputs(), stack.endpoint)


def _tell(console: Console, deployment: Deployment, subject: str, event: Event) -> None:
    for title, text in deployment.ways(subject, event):
        console.print(f"\n[bold]{title}[/bold]")
        console.print(Text(text), soft_wrap=True)
