"""dlib on real images: who is found and who is recognized."""

import functools
from collections.abc import Callable
from pathlib import Path

import pytest
import skimage.data
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from local.photos import astronaut, encoded, hopper, lying
from local.rekognition.dlib_engine import DlibEngine
from local.rekognition.faces import Analyze, Face, ImageFile
from local.rekognition.similarity import compare


@pytest.fixture(scope="module")
def analyze() -> Analyze:
    return functools.cache(DlibEngine().analyze)


def only(analyze: Analyze, content: bytes) -> Face:
    (face,) = analyze(ImageFile(content))
    return face


VARIANTS: dict[str, Callable[[Image.Image], bytes]] = {
    "as it is": encoded,
    "flipped": lambda image: encoded(ImageOps.mirror(image)),
    "dark": lambda image: encoded(ImageEnhance.Brightness(image).enhance(0.45)),
    "bright": lambda image: encoded(ImageEnhance.Brightness(image).enhance(1.5)),
    "gray": lambda image: encoded(image.convert("L")),
    "turned by EXIF": lying,
    "tilted": lambda image: encoded(image.rotate(12)),
    "small": lambda image: encoded(image.resize((image.width // 2, image.height // 2))),
    "cropped": lambda image: encoded(
        image.crop((image.width // 8, 0, image.width * 7 // 8, image.height * 3 // 4))
    ),
    "poor JPEG": lambda image: encoded(image, "JPEG", quality=25),
}


@pytest.mark.parametrize("person", [astronaut, hopper])
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_user_is_recognized_in_a_worse_image(
    analyze: Analyze, person: Callable[[], Image.Image], variant: str
) -> None:
    reference = only(analyze, encoded(person()))
    other = only(analyze, VARIANTS[variant](person()))
    assert compare(reference.embedding, other.embedding) >= 95


@pytest.mark.parametrize("one", VARIANTS)
@pytest.mark.parametrize("other", ["as it is", "flipped", "dark", "tilted"])
def test_a_stranger_is_refused_in_bad_light_too(analyze: Analyze, one: str, other: str) -> None:
    first = only(analyze, VARIANTS[one](astronaut()))
    second = only(analyze, VARIANTS[other](hopper()))
    assert compare(first.embedding, second.embedding) <= 30


@pytest.mark.parametrize("name", ["chelsea", "coffee", "rocket", "brick", "moon"])
def test_an_image_of_a_cat_or_a_thing_has_no_face(analyze: Analyze, name: str) -> None:
    content = next(Path(skimage.data.__file__).parent.glob(f"{name}.*")).read_bytes()
    assert analyze(ImageFile(content)) == ()


def test_both_people_in_one_image_are_found_where_they_are(analyze: Analyze) -> None:
    left, right = astronaut(), hopper()
    both = Image.new("RGB", (left.width + right.width, 600), "white")
    both.paste(left, (0, 0))
    both.paste(right, (left.width, 0))
    faces = sorted(analyze(ImageFile(encoded(both))), key=lambda face: face.box.left)
    assert len(faces) == 2
    assert faces[0].box.left + faces[0].box.width < left.width / both.width < faces[1].box.left
    assert compare(faces[0].embedding, only(analyze, encoded(left)).embedding) >= 95
    assert compare(faces[1].embedding, only(analyze, encoded(right)).embedding) >= 95
    assert all(face.confidence > 99 for face in faces)


def blurred(image: Image.Image, radius: float) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(radius))


def dark(image: Image.Image, factor: float) -> Image.Image:
    return ImageEnhance.Brightness(image).enhance(factor)


PEOPLE = pytest.mark.parametrize("person", [astronaut, hopper])


@PEOPLE
def test_each_bad_image_is_measured_as_what_it_is(
    analyze: Analyze, person: Callable[[], Image.Image]
) -> None:
    """Otherwise the demo would explain a dark image by its blur."""
    image = person()
    good = only(analyze, encoded(image))
    by_dark = only(analyze, encoded(dark(image, 0.3)))
    by_blur = only(analyze, encoded(blurred(image, 2)))
    by_roll = only(analyze, encoded(image.rotate(25)))
    assert by_dark.quality.brightness < 0.4 * good.quality.brightness
    assert by_dark.quality.sharpness == pytest.approx(good.quality.sharpness, rel=0.1)
    assert by_blur.quality.sharpness < 0.5 * good.quality.sharpness
    assert by_blur.quality.brightness == pytest.approx(good.quality.brightness, rel=0.1)
    # Pillow turns to the left, so the left eye comes down.
    assert by_roll.pose.roll == pytest.approx(good.pose.roll - 25, abs=6)
    assert by_roll.quality.brightness == pytest.approx(good.quality.brightness, rel=0.1)
