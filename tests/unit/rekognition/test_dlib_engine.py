"""dlib on real images: who is found and who is recognized."""

import functools
from collections.abc import Callable
from pathlib import Path

import pytest
import skimage.data
from PIL import Image, ImageEnhance, ImageFilter

from local.photos import astronaut, encoded, hopper
from local.rekognition.dlib_engine import DlibEngine
from local.rekognition.faces import Analyze, Face, ImageFile


@pytest.fixture(scope="module")
def analyze() -> Analyze:
    return functools.cache(DlibEngine().analyze)


def only(analyze: Analyze, content: bytes) -> Face:
    (face,) = analyze(ImageFile(content))
    return face


@pytest.mark.parametrize("name", ["chelsea", "coffee", "rocket", "brick", "moon"])
def test_an_image_of_a_cat_or_a_thing_has_no_face(analyze: Analyze, name: str) -> None:
    content = next(Path(skimage.data.__file__).parent.glob(f"{name}.*")).read_bytes()
    assert analyze(ImageFile(content)) == ()


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
