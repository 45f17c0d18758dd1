"""The playground's page without a stack: what it refuses, and the names that it makes."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any, cast

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from local.loopback import listening
from local.photos import Album, Photo
from local.playground import __main__ as entry
from local.playground import shelf as shelves
from local.playground.shelf import MOST_BYTES, file_name
from local.playground.site import Site, served
from local.playground.ways import Deployment
from local.stack import Stack

PHOTO = Photo("a.jpg", "", None, b"no photo")


class Nothing:
    """A stack on which any call is an error."""

    def client(self, _service: str) -> None:
        """Return a client that has no calls."""


@pytest.fixture
def site() -> Site:
    deployment = Deployment("http://127.0.0.1:1", "bucket", "function", "group", None)
    return Site(cast("Stack", Nothing()), deployment, Album((PHOTO,), (PHOTO,)))


@pytest.fixture
def client(site: Site) -> Iterator[httpx.Client]:
    with served(site, listening(0)) as address:
        own = {"Origin": address.removesuffix("/")}
        with httpx.Client(base_url=address, headers=own, trust_env=False) as client:
            yield client


@given(st.text(max_size=400))
@example("ü" * 400 + "." + "x" * 400)
def test_any_file_name_can_be_a_part_of_a_key(name: str) -> None:
    made = file_name(name)
    assert made
    assert not set(made) & set("/\\\0\n")
    assert len(made.encode()) <= 110
    assert file_name(made) == made


@pytest.mark.parametrize("name", ["me.jpg", "an der Tür 2.png", ".hidden"])
def test_an_ordinary_file_name_stays(name: str) -> None:
    assert file_name(name) == name


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://example.com"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:8081"},
        {"Host": "example.com", "Origin": "http://example.com"},
    ],
)
def test_another_site_can_neither_call_nor_read(
    client: httpx.Client, headers: dict[str, str]
) -> None:
    assert client.post("/calls", content=b"{}", headers=headers).status_code == 403
    if "Host" in headers:
        assert client.get("/", headers=headers).status_code == 403


def test_a_post_without_origin_is_not_from_the_page(client: httpx.Client) -> None:
    del client.headers["Origin"]
    assert client.post("/calls", content=b"{}").status_code == 403


def test_every_answer_forbids_scripts_from_elsewhere(client: httpx.Client) -> None:
    for answer in (client.get("/page.js"), client.get("/nothing"), client.post("/calls")):
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none';")
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"


def test_a_photo_over_the_limit_is_refused_before_it_fills_the_memory(
    client: httpx.Client, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = "/photos?kind=reference&name=a.jpg"
    assert client.post(take, content=bytes(MOST_BYTES + 1)).status_code == 413
    assert client.post(take, content=b"a" * 2048).status_code == 200
    monkeypatch.setattr(shelves, "_MOST_OWN_BYTES", 4000)
    answer = client.post(take, content=b"b" * 2048)
    assert (answer.status_code, len(site.shelf.own)) == (400, 1)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"\xff",
        b"[" * 70000,
        b'{"reference": "a.jpg"}',
        b'{"reference": "a.jpg", "challenges": ["b.jpg"], "rule": {}}',
        b'{"reference": "a.jpg", "challenges": 1, "rule": {}}',
    ],
)
def test_what_is_not_a_call_is_refused_with_a_sentence(client: httpx.Client, body: bytes) -> None:
    answer = client.post("/calls", content=body)
    assert answer.status_code in (400, 413)
    assert answer.json()["problem"].endswith(".")


@pytest.mark.parametrize("port", ["http", "70000"])
def test_a_port_that_is_none_ends_before_anything_is_started(
    port: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _play_on(port, monkeypatch)
    assert entry.main() == 2
    assert port in capsys.readouterr().err


def test_a_port_that_is_taken_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        _play_on(port, monkeypatch)
        assert entry.main() == 2
    assert port in capsys.readouterr().err


def test_only_this_machine_reaches_the_page() -> None:
    with listening(0) as bound:
        assert bound.getsockname()[0] == "127.0.0.1"


def _play_on(port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def play(*_: Any) -> None:
        pytest.fail("it was started")

    monkeypatch.setenv("PORT", port)
    monkeypatch.setattr(entry, "play", play)
