"""A module registry on this machine, and a stranger who takes the module from it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local import inventory
from local.loopback import served
from local.stack import Stack
from local.terraform import OVERRIDE, OVERRIDE_TEXT, Drift, Workspace
from tests.integration.example_uses import USES
from tools.places import REPOSITORY

EXAMPLE = "batch"
"""It has both modules."""
FIRST, NEXT = "0.1.0", "0.1.1"
_MODULES = "/v1/modules/"
_FROM_HERE = re.compile(r'^ *source = "\.\./\.\..*\n', re.MULTILINE)
_ADDRESS = re.compile(r"^ *#( +(?:source|version) += .*)$", re.MULTILINE)


def elsewhere(text: str) -> str:
    """An example's file as a reader changes it: the address in the comment instead of the path."""
    return _ADDRESS.sub(r" \1", _FROM_HERE.sub("", text))


def archive(*settings: str) -> bytes:
    """What a release's archive holds, from a checkout with these settings of git."""
    # Changes that are not committed yet are part of it.
    changed = _git("stash", "create").decode().strip()
    words = [word for setting in settings for word in ("-c", setting)]
    return _git(*words, "archive", "--format=tar.gz", "--worktree-attributes", changed or "HEAD")


def _git(*words: str) -> bytes:
    return subprocess.run(["git", *words], cwd=REPOSITORY, capture_output=True, check=True).stdout


@dataclass(frozen=True, slots=True)
class Registry:
    """Serves the module registry protocol: discovery, versions, where the archive is."""

    host: str
    certificate: Path
    """Of an authority that only this run trusts."""
    archives: dict[str, bytes] = field(default_factory=dict)
    """By version."""

    def answer(self, path: str) -> tuple[Mapping[str, str], bytes]:
        """Headers and body for a path.

        Raises:
            KeyError: there is no such thing.
        """
        written = {"Content-Type": "application/json"}
        if path == "/.well-known/terraform.json":
            return written, json.dumps({"modules.v1": _MODULES}).encode()
        module, _, rest = path.removeprefix(_MODULES).partition("/aws/")
        if module == "archives":
            return {}, self.archives[rest.removesuffix(".tar.gz")]
        if module != "acme/face-compare":
            raise KeyError(path)
        if rest == "versions":
            versions = [{"version": version} for version in self.archives]
            return written, json.dumps({"modules": [{"versions": versions}]}).encode()
        version = rest.removesuffix("/download")
        return {"X-Terraform-Get": f"{_MODULES}archives/aws/{version}.tar.gz"}, b""


@contextmanager
def serve(folder: Path) -> Iterator[Registry]:
    """A registry that offers nothing yet, over TLS."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"),
            *("-subj", "/CN=registry", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", key, "-out", certificate),
        ],
        capture_output=True,
        check=True,
    )

    async def answer(request: Request) -> Response:
        try:
            headers, body = registry.answer(request.url.path)
        except KeyError:
            return Response(status_code=404)
        return Response(body, 200 if body else 204, headers)

    app = Starlette(routes=[Route("/{path:path}", answer)])
    with served(app, ssl_keyfile=key, ssl_certfile=certificate) as address:
        registry = Registry(address, certificate)
        yield registry


@dataclass(frozen=True, slots=True)
class Consumed:
    """What came of it under one engine."""

    first: Mapping[str, str]
    """Version by module, after the first `init`."""
    upgraded: Mapping[str, str]
    """The same after the upgrade."""
    moved_drift: list[Drift]
    """What a plan in another folder would change."""
    upgraded_drift: list[Drift]
    """What the upgrade would change; its archive is the same, made by git on Windows."""
    provider: tuple[int, ...]


def run(stack: Stack, folder: Path) -> dict[str, Consumed]:
    """What comes of it under each engine, at the same time."""
    engines = ("terraform", "tofu")
    with ThreadPoolExecutor() as pool:
        each = pool.map(lambda engine: consume(engine, stack, folder / engine), engines)
        return dict(zip(engines, each, strict=True))


def consume(engine: str, stack: Stack, folder: Path) -> Consumed:
    """Apply and use both modules, plan from another folder, upgrade, destroy."""
    folder.mkdir(parents=True)
    with serve(folder) as registry:
        registry.archives[FIRST] = archive()
        workspace = _workspace(engine, stack, folder / "here", registry)
        workspace.init()
        first = _versions(workspace)
        workspace.apply()
        outputs = workspace.outputs()
        USES[EXAMPLE](stack, outputs)

        moved = _workspace(engine, stack, folder / "there" / "deeper", registry)
        for name in ("terraform.tfstate", ".terraform.lock.hcl"):
            shutil.copy(workspace.folder / name, moved.folder)
        moved.init()
        moved_drift = moved.drift()

        registry.archives[NEXT] = archive("core.autocrlf=true", "core.eol=crlf")
        workspace.init("-upgrade")
        upgraded, upgraded_drift = _versions(workspace), workspace.drift()

        inventory.empty_bucket(stack.client("s3"), outputs["bucket_name"])
        workspace.destroy()
    provider = workspace.provider_version()
    return Consumed(first, upgraded, moved_drift, upgraded_drift, provider)


def _workspace(engine: str, stack: Stack, folder: Path, registry: Registry) -> Workspace:
    folder.mkdir(parents=True)
    for path in (REPOSITORY / "examples" / EXAMPLE).glob("*.tf"):
        text = elsewhere(path.read_text(encoding="utf-8"))
        address = text.replace('"OWNER/', f'"{registry.host}/acme/')
        (folder / path.name).write_text(address, encoding="utf-8")
    (folder / OVERRIDE).write_text(OVERRIDE_TEXT, encoding="utf-8")
    return Workspace(
        EXAMPLE,
        folder,
        stack.endpoint,
        {"name": f"fc-registry-{engine}"},
        engine=engine,
        environment={"SSL_CERT_FILE": str(registry.certificate)},
    )


def _versions(workspace: Workspace) -> dict[str, str]:
    installed = json.loads((workspace.folder / ".terraform/modules/modules.json").read_text())
    return {each["Key"]: each["Version"] for each in installed["Modules"] if each["Key"]}
