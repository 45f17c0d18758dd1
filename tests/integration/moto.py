"""Some examples on moto's server, which remembers some things that MiniStack forgets."""

from __future__ import annotations

import sys
import urllib.request
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import boto3

from local import inventory, processes
from local.stack import REGION, AwsClient, free_ports
from local.terraform import Drift, Workspace
from tests.waiting import eventually

EXAMPLES: Mapping[str, Mapping[str, str]] = {
    "minimal": {},
    # It keeps alarms whole. It knows no saved queries, and not the dead-letter queue's policy.
    "monitored": {"name": "fc-monitored", "saved_queries": "false", "uploads": "false"},
    "private-network": {"name": "fc-private-network"},
}
"""Variables by example."""

_KINDS = tuple(kind for kind in inventory.KINDS if kind.name != "saved query")
"""It answers a question for saved queries with an error of its own."""


@dataclass(frozen=True, slots=True)
class Moto:
    """What came of apply, plan and destroy there."""

    drift: Mapping[str, list[Drift]]
    """By example."""
    created: frozenset[str]
    """What apply added to the account."""
    left: frozenset[str]
    """What was left of it after destroy."""

    @classmethod
    def run(cls, folder: Path) -> Moto:
        """Start a server, apply, plan, destroy, stop it."""
        (port,) = free_ports(1)
        endpoint = f"http://127.0.0.1:{port}"
        server = processes.start(
            "moto",
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
            # moto would run functions in Docker; nothing is invoked here.
            environment={"PATH": "/usr/bin:/bin", "HOME": str(folder), "LANG": "C.UTF-8"},
            log=folder / "moto.log",
            cwd=folder,
        )
        try:
            _wait(endpoint, server)
            client = _clients(endpoint)
            before = inventory.inventory(client, _KINDS)
            with ThreadPoolExecutor() as pool:
                applied = {name: pool.submit(_apply, name, folder, endpoint) for name in EXAMPLES}
                workspaces = {name: future.result() for name, future in applied.items()}
                created = inventory.inventory(client, _KINDS) - before
                drift = {
                    name: workspace.drift(EXAMPLES[name]) for name, workspace in workspaces.items()
                }
                list(pool.map(lambda name: workspaces[name].destroy(EXAMPLES[name]), EXAMPLES))
            return cls(drift, created, inventory.inventory(client, _KINDS) - before)
        finally:
            server.kill()


def _apply(example: str, folder: Path, endpoint: str) -> Workspace:
    root = folder / example
    root.mkdir()
    workspace = Workspace.create(example, root, endpoint)
    workspace.init()
    workspace.apply(EXAMPLES[example])
    return workspace


def _wait(endpoint: str, server: processes.Child) -> None:
    def answers() -> bool:
        try:
            with urllib.request.urlopen(f"{endpoint}/moto-api/", timeout=2):  # noqa: S310
                return True
        except OSError:
            return False

    def runs() -> None:
        assert server.exit_code() is None, f"moto did not start:\n{server.log_tail()}"

    eventually(answers, 60, "moto's server:", check=runs, why=lambda: f"\n{server.log_tail()}")


def _clients(endpoint: str) -> Callable[[str], AwsClient]:
    session = boto3.session.Session(
        aws_access_key_id="test",
        aws_secret_access_key="test",
        region_name=REGION,
    )
    kept: dict[str, AwsClient] = {}

    def client(service: str) -> AwsClient:
        if service not in kept:
            kept[service] = session.client(service, endpoint_url=endpoint)  # type: ignore[call-overload]
        return kept[service]

    return client
