"""Photos: what follows from who is in them, and the user's own."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from local.photos import Expected, PhotoError, default_album, own_album

JPEG = b"\xff\xd8\xff\xe0rest"
PNG = b"\x89PNG\r\n\x1a\nrest"


def test_the_demo_shows_each_case_that_it_promises() -> None:
    album = default_album()
    expected = [pair.expected for pair in album.pairs()]
    assert {*expected} == {Expected.MATCH, Expected.NO_MATCH, Expected.NO_FACE_IN_TARGET}
    failures = [(pair.expected, pair.challenge.name) for pair in album.failures()]
    assert failures == [
        (Expected.NO_FACE_IN_TARGET, "cat.jpg"),
        (Expected.LOW_QUALITY_IN_TARGET, "grace-blurred.jpg"),
    ]
    kinds = {photo.content_type for photo in album.challenges}
    assert kinds == {"image/jpeg", "image/png"}
    names = [photo.name for photo in album.challenges]
    assert len(set(names)) == len(names)
    for photo in album.references + album.challenges:
        with Image.open(io.BytesIO(photo.data)) as image:
            assert min(image.size) >= 80


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("a.jpg", "b.jpg", "my photo.jpg"):
        (tmp_path / name).write_bytes(JPEG)
    (tmp_path / "c.png").write_bytes(PNG)
    return tmp_path


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("b.jpg", ["b.jpg"]),
        ("b.jpg c.png", ["b.jpg", "c.png"]),
        ("my photo.jpg", ["my photo.jpg"]),
        ("'my photo.jpg' b.jpg", ["my photo.jpg", "b.jpg"]),
        (r"my\ photo.jpg", ["my photo.jpg"]),
        ("b.jpg b.jpg", ["b.jpg", "b-2.jpg"]),
    ],
)
def test_a_photo_with_a_space_in_its_name_can_be_compared(words: str, names: list[str]) -> None:
    album = own_album("a.jpg", words)
    assert [photo.name for photo in album.references] == ["a.jpg"]
    assert [photo.name for photo in album.challenges] == names
    assert all(pair.expected is None for pair in album.pairs())


@pytest.mark.parametrize(
    ("reference", "challenge", "sentence"),
    [
        ("a.jpg", "", "Give both REFERENCE and CHALLENGE"),
        ("a.jpg b.jpg", "c.png", "REFERENCE must name one photo"),
        ("none.jpg", "b.jpg", r"Cannot read the photo none\.jpg: No such file"),
        ("a.jpg", "text.jpg", "not a JPEG or PNG"),
        ("a.jpg", "large.jpg", "larger than 15 MB"),
        ("a.jpg", "folder", "is not a file. Name each photo"),
        ("a.jpg", "'b.jpg", "No closing quotation"),
    ],
)
def test_an_unusable_photo_is_refused_at_once_in_one_sentence(
    here: Path, reference: str, challenge: str, sentence: str
) -> None:
    (here / "text.jpg").write_text("hello")
    (here / "folder").mkdir()
    (here / "large.jpg").write_bytes(JPEG + bytes(16 * 1024 * 1024))
    with pytest.raises(PhotoError, match=sentence):
        own_album(reference, challenge)
