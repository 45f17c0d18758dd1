"""The page's server: it takes photos, calls the deployed function, and tells what arrived."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    Response,
)
from starlette.routing import Route

from local import loopback, use
from local.pages import parts
from local.photos import Album
from local.playground import view
from local.playground.arrivals import Arrivals
from local.playground.guard import Guard
from local.playground.shelf import MOST_BYTES, Shelf, ShelfError
from local.playground.ways import Deployment, Event
from local.stack import Stack

_MOST_CALL_BYTES = 64 * 1024
_RULE = (
    "similarity_threshold",
    "review_threshold",
    "require_single_face",
    "quality_filter",
    "explain",
)


@dataclass(slots=True)
class Site:
    """The page over one applied example."""

    stack: Stack
    deployment: Deployment
    album: Album
    shelf: Shelf = field(init=False)
    arrivals: Arrivals = field(init=False)

    def __post_init__(self) -> None:
        self.shelf = Shelf(self.album, self.stack.client("s3"), self.deployment.bucket)
        self.arrivals = Arrivals(self.stack, self.deployment)

    @property
    def subject(self) -> str:
        """A subject that has a reference from the beginning."""
        return self.album.references[0].name.partition(".")[0]

    def sample_event(self) -> Event:
        """Store every built-in reference; an event with the first two."""
        keys = [self.shelf.store(photo.name, [])[0] for photo in self.album.references]
        return {"source": keys[0], "target": keys[1]}

    def call(self, reference: str, challenges: list[str], rule: Mapping[str, Any]) -> view.Called:
        """Put the photos into the bucket, and invoke the function with their keys.

        Raises:
            ShelfError: nothing is chosen, or a photo is gone.
        """
        if not reference or not challenges:
            raise ShelfError("Choose a reference and at least one challenge.")
        photos = [self.shelf.photo(each) for each in (reference, *challenges)]
        source, targets = self.shelf.store(reference, challenges)
        to = {"target": targets[0]} if len(targets) == 1 else {"targets": targets}
        event = {"source": source, **to, **{name: rule[name] for name in _RULE if name in rule}}
        lambda_client = self.stack.client("lambda")
        outcome = use.invoke(lambda_client, self.deployment.function, event)
        return view.Called(
            photos[0],
            photos[1:],
            event,
            outcome,
            use.log_records(self.stack, self.deployment.log_group, outcome.request_id),
        )

    def app(self, hosts: tuple[str, ...]) -> Starlette:
        """Return the application, for browsers that reach it by one of these names."""
        return Starlette(
            routes=[
                Route("/", self._page),
                Route("/page.js", self._script),
                Route("/style.css", self._style),
                Route("/photos", self._take, methods=["POST"]),
                Route("/calls", self._call, methods=["POST"]),
                Route("/arrivals", self._arrivals),
            ],
            middleware=[Middleware(Guard, hosts=hosts)],
            exception_handlers={
                HTTPException: _told,
                ShelfError: _told,
                ClientError: _told,
                BotoCoreError: _told,
            },
        )

    def _page(self, _request: Request) -> Response:
        page = view.page(self.album, self.deployment, self.subject, self.sample_event())
        return HTMLResponse(page)

    def _script(self, _request: Request) -> Response:
        return FileResponse(view.FOLDER / "page.js")

    def _style(self, _request: Request) -> Response:
        files = (parts.STYLE, view.FOLDER / "page.css")
        text = "".join(path.read_text(encoding="utf-8") for path in files)
        return PlainTextResponse(text, media_type="text/css")

    async def _take(self, request: Request) -> Response:
        kind, name = request.query_params.get("kind"), request.query_params.get("name", "")
        if kind not in ("reference", "challenge"):
            raise HTTPException(400, "A photo is a reference or a challenge.")
        data = await _body(request, MOST_BYTES)
        identity = self.shelf.take(name, data)
        photo = self.shelf.photo(identity)
        html = await run_in_threadpool(view.choice, kind, identity, photo, chosen=True)
        return JSONResponse({"html": html})

    async def _call(self, request: Request) -> Response:
        asked = _asked(await _body(request, _MOST_CALL_BYTES))
        return JSONResponse(await run_in_threadpool(self._called, *asked))

    def _called(self, *asked: Any) -> dict[str, str]:
        called = self.call(*asked)
        return {"html": view.called(called, self.deployment), "summary": called.summary()}

    def _arrivals(self, request: Request) -> Response:
        seen = request.query_params.get("after", "0")
        if not seen.isdecimal():
            raise HTTPException(400, "after is a number.")
        found = self.arrivals.after(int(seen))
        told = [
            {"html": view.arrived(each), "summary": f"{each.photo.name}: {view.said(each.result)}"}
            for each in found
        ]
        return JSONResponse({"next": int(seen) + len(found), "arrivals": told})


def _asked(body: bytes) -> tuple[str, list[str], dict[str, Any]]:
    try:
        told = json.loads(body)
        reference, challenges, rule = told["reference"], told["challenges"], told["rule"]
        return str(reference or ""), [str(each) for each in challenges], dict(rule)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise HTTPException(400, "This is not a call.") from error


async def _body(request: Request, most: int) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > most:
            raise HTTPException(413, f"It is over {most / 2**20:g} MB.")
    return bytes(body)


def _told(_request: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException):
        return JSONResponse({"problem": error.detail}, error.status_code)
    # What is not ours to know better: the photos are gone, or the stack does not answer.
    return JSONResponse({"problem": str(error)}, 400 if isinstance(error, ShelfError) else 502)


@contextlib.contextmanager
def served(site: Site, bound: socket.socket) -> Iterator[str]:
    """Serve the page while the block runs; yields its address."""
    port = bound.getsockname()[1]
    app = site.app((f"127.0.0.1:{port}", f"localhost:{port}"))
    with loopback.served(app, bound) as address:
        yield f"http://{address}/"
