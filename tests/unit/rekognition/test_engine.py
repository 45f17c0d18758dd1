"""dlib on real photos: who is found and who is taken for whom."""

from collections.abc import Callable
from pathlib import Path

import pytest
import skimage.data
from PIL import Image, ImageEnhance, ImageOps

from local.rekognition.cache import CachedEngine
from local.rekognition.engine import DlibEngine
from local.rekognition.faces import Face, LandmarkType, Photo
from local.rekognition.images import decode
from local.rekognition.similarity import compare
from tests.unit.rekognition.people import astronaut, cat, encode, hopper


@pytest.fixture(scope="module")
def engine() -> CachedEngine:
    return CachedEngine(DlibEngine())


def only(engine: CachedEngine, content: bytes) -> Face:
    (face,) = engine.analyse(Photo(content))
    return face


def lying(image: Image.Image) -> bytes:
    """The photo as a phone stores it: turned, with an orientation that turns it back."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return encode(image.rotate(90, expand=True), "JPEG", exif=exif.tobytes(), quality=95)


VARIANTS: dict[str, Callable[[Image.Image], bytes]] = {
    "as it is": encode,
    "flipped": lambda image: encode(ImageOps.mirror(image)),
    "dark": lambda image: encode(ImageEnhance.Brightness(image).enhance(0.45)),
    "bright": lambda image: encode(ImageEnhance.Brightness(image).enhance(1.5)),
    "grey": lambda image: encode(image.convert("L")),
    "turned by EXIF": lying,
    "tilted": lambda image: encode(image.rotate(12)),
    "small": lambda image: encode(image.resize((image.width // 2, image.height // 2))),
    "cropped": lambda image: encode(
        image.crop((image.width // 8, 0, image.width * 7 // 8, image.height * 3 // 4))
    ),
    "poor JPEG": lambda image: encode(image, "JPEG", quality=25),
}


@pytest.mark.parametrize("person", [astronaut, hopper])
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_person_is_recognised(
    engine: CachedEngine, person: Callable[[], Image.Image], variant: str
) -> None:
    """Else the demo would refuse a user's darker, smaller or turned photo."""
    reference = only(engine, encode(person()))
    other = only(engine, VARIANTS[variant](person()))
    assert compare(reference.embedding, other.embedding) >= 95


@pytest.mark.parametrize("one", VARIANTS)
@pytest.mark.parametrize("other", ["as it is", "flipped", "dark", "tilted"])
def test_two_people_are_told_apart(engine: CachedEngine, one: str, other: str) -> None:
    """Else the demo would let somebody else in, under bad light for instance."""
    first = only(engine, VARIANTS[one](astronaut()))
    second = only(engine, VARIANTS[other](hopper()))
    assert compare(first.embedding, second.embedding) <= 30


def test_a_cat_has_no_face(engine: CachedEngine) -> None:
    """Else the failure that the demo shows would not happen."""
    assert engine.analyse(Photo(encode(cat()))) == ()


@pytest.mark.parametrize("name", ["coffee", "rocket", "brick", "moon", "motorcycle_left"])
def test_things_have_no_face(engine: CachedEngine, name: str) -> None:
    """Else a photo without a person would be compared instead of refused."""
    content = next(Path(skimage.data.__file__).parent.glob(f"{name}.*")).read_bytes()
    assert engine.analyse(Photo(content)) == ()


def test_both_faces_of_a_picture_are_found_where_they_are(engine: CachedEngine) -> None:
    """Else a group photo would be decided on a part of the people in it."""
    left, right = astronaut(), hopper()
    both = Image.new("RGB", (left.width + right.width, 600), "white")
    both.paste(left, (0, 0))
    both.paste(right, (left.width, 0))
    faces = sorted(engine.analyse(Photo(encode(both))), key=lambda face: face.box.left)
    assert len(faces) == 2
    assert faces[0].box.left + faces[0].box.width < left.width / both.width < faces[1].box.left
    assert compare(faces[0].embedding, only(engine, encode(left)).embedding) >= 95
    assert compare(faces[1].embedding, only(engine, encode(right)).embedding) >= 95


def test_a_face_of_40_px_is_found_in_full_hd(engine: CachedEngine) -> None:
    """Else a photo that the service accepts would be "without a face" locally."""
    scene = Image.new("RGB", (1920, 1080), "grey")
    # The face on this photo is 216 px of 512.
    small = hopper().resize((107, 125))
    scene.paste(small, (900, 500))
    face = only(engine, encode(scene))
    assert face.box.width * 1920 == pytest.approx(43, abs=12)
    assert 900 / 1920 < face.box.left < 1007 / 1920


def test_a_huge_photo_is_searched_at_a_bounded_size(engine: CachedEngine) -> None:
    """Else one photo from a good camera would block the stand-in for a minute."""
    huge = encode(astronaut().resize((4096, 4096)), "PNG", compress_level=1)
    assert decode(huge).shape == (1440, 1440, 3)
    face = only(engine, huge)
    assert compare(face.embedding, only(engine, encode(astronaut())).embedding) >= 95


def test_box_and_landmarks_lie_on_the_face(engine: CachedEngine) -> None:
    """Else the boxes in the demo's report would be drawn beside the faces."""
    face = only(engine, encode(astronaut()))
    places = {landmark.type: landmark for landmark in face.landmarks}
    assert set(places) == set(LandmarkType)
    for place in places.values():
        assert face.box.left < place.x < face.box.left + face.box.width
        assert face.box.top < place.y < face.box.top + face.box.height
    assert places[LandmarkType.EYE_LEFT].x < places[LandmarkType.EYE_RIGHT].x
    assert places[LandmarkType.NOSE].y < places[LandmarkType.MOUTH_LEFT].y
    assert face.confidence > 99


def test_the_pose_follows_a_tilted_head(engine: CachedEngine) -> None:
    """Else Roll would be a number without a meaning."""
    upright = only(engine, encode(hopper()))
    tilted = only(engine, encode(hopper().rotate(-15)))
    assert tilted.pose.roll - upright.pose.roll == pytest.approx(15, abs=5)


def test_quality_tells_dark_and_blurred_apart(engine: CachedEngine) -> None:
    """Else the quality filter would drop the wrong photos."""
    clear = only(engine, encode(hopper())).quality
    dark = only(engine, encode(ImageEnhance.Brightness(hopper()).enhance(0.4))).quality
    blurred = only(engine, encode(hopper().resize((128, 150)).resize((512, 600)))).quality
    assert dark.brightness < 0.6 * clear.brightness
    assert dark.sharpness > 0.7 * clear.sharpness
    assert blurred.sharpness < 0.5 * clear.sharpness


class Counting:
    """Wraps nothing: counts."""

    def __init__(self) -> None:
        self.calls = 0

    def analyse(self, photo: Photo) -> tuple[Face, ...]:
        self.calls += 1
        if photo.content == b"bad":
            raise ValueError("bad")
        return ()


def test_a_photo_is_analysed_once_and_the_memory_is_bounded() -> None:
    """Else a reference would cost its second every time, or a long run all the memory."""
    counting = Counting()
    cached = CachedEngine(counting, capacity=2)
    for content in (b"a", b"a", b"b", b"a", b"c", b"a"):
        cached.analyse(Photo(content))
    assert counting.calls == 3
    cached.analyse(Photo(b"b"))
    assert counting.calls == 4


def test_a_fault_is_not_remembered() -> None:
    """Else one failure would stick to a photo for as long as the stand-in runs."""
    counting = Counting()
    cached = CachedEngine(counting)
    for _ in range(2):
        with pytest.raises(ValueError, match="bad"):
            cached.analyse(Photo(b"bad"))
    assert counting.calls == 2
