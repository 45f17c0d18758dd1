"""`make demo`: its exit code, its two reports, and the page in a real browser."""

from __future__ import annotations

import json
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

from local.photos import Album
from tests.browser import resize
from tests.integration.conftest import DemoRun, Everything


@pytest.fixture(scope="module")
def demo(everything: Everything) -> DemoRun:
    found: DemoRun = everything.jobs["demo"].result()
    return found


@pytest.fixture(scope="module")
def facts(demo: DemoRun) -> dict[str, Any]:
    assert demo.code == 0, demo.output
    found: dict[str, Any] = json.loads((demo.folder / "demo-report.json").read_text())
    return found


def test_the_first_thing_that_a_newcomer_sees_is_right(facts: dict[str, Any], album: Album) -> None:
    wanted = {
        (pair.source, pair.target): pair.expected for pair in album.pairs() if pair.challenge.people
    }
    decided = {(each["source"], each["target"]): each["decision"] for each in facts["comparisons"]}
    assert decided == wanted
    for each in facts["comparisons"]:
        same = each["decision"] == "match"
        assert (each["similarity"] >= 95) is same
        # A blurred face is further from being sure, but far from a match too.
        most = 50 if "blurred" in each["target"] else 30
        assert (each["similarity"] <= most) is not same
        assert each["threshold"] == 80.0
        assert each["request_id"]
        assert each["seconds"] > 0


def test_a_newcomer_is_prepared_for_an_image_without_a_face(facts: dict[str, Any]) -> None:
    no_face, low_quality = facts["failures"]
    assert no_face["error_type"] == "NoFaceInTargetError"
    assert "cat.jpg" in no_face["error_message"]
    assert low_quality["error_type"] == "LowQualityFaceInTargetError"
    assert low_quality["quality_filter"] in low_quality["error_message"]


@pytest.mark.parametrize(
    ("name", "reasons"),
    [
        ("eileen-dark.jpg", [["very dark: brightness 22 of 100"]]),
        ("grace-blurred.jpg", [["very blurred: sharpness 8 of 100"]] * 2),
        ("eileen-mirrored.jpg", [[]]),
    ],
)
def test_the_demo_explains_why_a_photo_does_not_match(
    facts: dict[str, Any], name: str, reasons: list[list[str]]
) -> None:
    """By what the stand-in measures in the real photo."""
    explained = [
        each["explanation"]["likely_reasons"]
        for each in facts["comparisons"]
        if each["target"].endswith(name) and each["decision"] == "no_match"
    ]
    assert explained == reasons


def test_the_demo_shows_the_audit_trail_that_it_claims(facts: dict[str, Any]) -> None:
    audit = facts["audit"]
    assert audit["request_id"] == facts["comparisons"][0]["request_id"]
    messages = [record.get("message") for record in audit["records"]]
    assert "face comparison decided" in messages


def test_a_newcomer_can_trust_the_demo_to_leave_nothing(
    demo: DemoRun, facts: dict[str, Any]
) -> None:
    assert facts["left_behind"] == facts["problems"] == []
    assert {"stack", "init", "apply", "compare", "destroy"} <= set(facts["seconds"])
    for step in ("terraform apply", "Compare through", "terraform destroy"):
        assert step in demo.output


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_report_can_be_read_on_a_phone_and_shows_faces_where_they_are(
    demo: DemoRun,
    facts: dict[str, Any],
    browser: webdriver.Chrome,
    width: int,
    scheme: str,
) -> None:
    resize(browser, width, scheme)
    browser.get((demo.folder / "demo-report.html").as_uri())

    photos = browser.find_elements(By.CSS_SELECTOR, ".photo")
    shown = [photo.find_element(By.TAG_NAME, "img") for photo in photos]
    references = {each["source"] for each in facts["comparisons"]}
    cards = facts["comparisons"] + facts["failures"]
    assert len(photos) == len(references) + len(cards)
    for image in shown:
        assert image.get_property("complete")
        assert int(str(image.get_property("naturalWidth"))) > 0
        assert image.get_attribute("alt")
        assert image.size["width"] >= 150
        # Undistorted, so that boxes lie where the faces are.
        natural = browser.execute_script(
            "return arguments[0].naturalWidth / arguments[0].naturalHeight", image
        )
        assert image.size["width"] / image.size["height"] == pytest.approx(natural, rel=0.02)

    total = sum(len(photo.find_elements(By.CSS_SELECTOR, ".box")) for photo in photos)
    faces = sum(each["target_face_count"] for each in facts["comparisons"])
    assert total == len(references) + faces
    outside = browser.execute_script(
        """return [...document.querySelectorAll('.box')].filter(box => {
             const inner = box.getBoundingClientRect();
             const outer = box.parentElement.querySelector('img').getBoundingClientRect();
             return inner.width < 8 || inner.height < 8
               || inner.left < outer.left - 1 || inner.top < outer.top - 1
               || inner.right > outer.right + 1 || inner.bottom > outer.bottom + 1;
           }).length"""
    )
    assert outside == 0

    page = browser.find_element(By.TAG_NAME, "body").text
    for each in cards:
        assert each["request_id"] in page
        assert each["target"].removeprefix("challenge/") in page
    assert page.count("Match") + page.count("No match") >= len(facts["comparisons"])
    wide = browser.execute_script("return document.documentElement.scrollWidth")
    assert wide <= width
    assert browser.get_log("browser") == []  # type: ignore[no-untyped-call]


def test_the_report_can_be_mailed_and_read_offline(demo: DemoRun, facts: dict[str, Any]) -> None:
    assert facts["comparisons"]
    page = (demo.folder / "demo-report.html").read_text(encoding="utf-8")
    for outside in ("http://", "https://", "<script", "@import", '<link rel="stylesheet"'):
        assert outside not in page
