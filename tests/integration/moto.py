"""Some examples on moto's server, which remembers some things that MiniStack forgets."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import boto3

from local import inventory
from local.stack import REGION, AwsClient, Server, free_ports
from local.terraform import Drift, Workspace

EXAMPLES: Mapping[str, Mapping[str, str]] = {
    "minimal": {},
    # It keeps alarms whole. It lacks saved queries, and loses the dead-letter queue's policy.
    "monitored": {"name": "fc-monitored", "saved_queries": "false", "uploads": "false"},
    "private-network": {"name": "fc-private-network"},
}
"""Variables by example."""

_KINDS = tuple(kind for kind in inventory.KINDS if kind.name != "saved query")


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
        server = Server(
            "moto's server",
            f"{endpoint}/moto-api/",
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
            {"PATH": "/usr/bin:/bin", "HOME": str(folder), "LANG": "C.UTF-8"},
            folder / "moto.log",
        )

        @cache
        def client(service: str) -> AwsClient:
            return boto3.session.Session().client(
                service,  # type: ignore[call-overload]
                aws_access_key_id="test",
                aws_secret_access_key="test",
                endpoint_url=endpoint,
                region_name=REGION,
            )

        def apply(example: str) -> Workspace:
            root = folder / example
            workspace = Workspace.create(example, root, endpoint, **EXAMPLES[example])
            workspace.init()
            workspace.apply()
            return workspace

        with server, ThreadPoolExecutor() as pool:
            server.wait_until_it_answers()
            before = inventory.inventory(client, _KINDS)
            workspaces = dict(zip(EXAMPLES, pool.map(apply, EXAMPLES), strict=True))
            created = inventory.inventory(client, _KINDS) - before
            drift = {name: workspace.drift() for name, workspace in workspaces.items()}
            list(pool.map(Workspace.destroy, workspaces.values()))
            return cls(drift, created, inventory.inventory(client, _KINDS) - before)
