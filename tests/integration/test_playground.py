"""`make playground`: its page in a real browser, over the real function."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from face_compare.bulk.limits import paced_limits
from face_compare.runtime.settings import Settings
from local import processes, use
from local.loopback import listening
from local.pages.parts import score
from local.photos import Album
from local.playground.site import Site, served
from local.playground.ways import Deployment
from local.rekognition.service import PROCESSORS
from local.stack import KEYS, REGION, Stack, venv_python
from local.waiting import eventually
from tests.browser import resize, take_picture
from tests.integration.conftest import Everything, Playground
from tests.integration.example_uses import have_seen
from tools.places import REPOSITORY

_SECONDS = 150.0
_UNREADABLE = """
  const rgb = (text) => {
    const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number);
    return {a, light: [r, g, b].map(c => c / 255).map(
      c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
      .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0)};
  };
  const behind = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const found = rgb(getComputedStyle(each).backgroundColor);
      if (found.a) return found.light;
    }
    return rgb("rgb(255, 255, 255)").light;
  };
  return [...document.querySelectorAll("body *")].filter(each =>
    each.checkVisibility() && !each.closest("[aria-hidden]")
    && [...each.childNodes].some(node => node.nodeType === 3 && node.data.trim())
  ).filter(each => {
    const [back, ink] = [behind(each), rgb(getComputedStyle(each).color).light];
    return (Math.max(back, ink) + .05) / (Math.min(back, ink) + .05) < 4.5;
  }).map(each => each.outerHTML.slice(0, 200));
"""
"""Texts with a contrast below that of WCAG's level AA."""
_OUTLINED = """
  const shown = arguments[0].closest(".choice") || arguments[0];
  return shown.tagName === "H2" || getComputedStyle(shown).outlineStyle !== "none";
"""


@dataclass(frozen=True, slots=True)
class Page:
    """The playground in a browser, as a person uses it."""

    chrome: webdriver.Chrome
    address: str
    site: Site

    def open(self, width: int = 1280, scheme: str = "light") -> None:
        resize(self.chrome, width, scheme)
        self.chrome.get(self.address)

    def one(self, selector: str) -> WebElement:
        return self.chrome.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.chrome.find_elements(By.CSS_SELECTOR, selector)

    def texts(self, selector: str) -> list[str]:
        return [each.text for each in self.all(selector)]

    def choose(self, reference: str, *challenges: str) -> None:
        self.one(f'[name=reference][value="{reference}"]').click()
        for box in self.all("[name=challenge]"):
            if box.is_selected() is not (box.get_attribute("value") in challenges):
                box.click()

    def compare(self, **rule: str) -> None:
        for name, value in rule.items():
            self.one(f"[name={name}]").send_keys(value)
        self.one("form button").click()
        self.wait_for_answer()

    def wait_for_answer(self) -> None:
        def done() -> bool:
            return self.one("form").get_attribute("aria-busy") == "false"

        eventually(done, _SECONDS, "an answer", why=lambda: self.one("#problem").text)
        assert not self.one("#problem").is_displayed(), self.one("#problem").text

    def told(self, title: str, within: str = "#called") -> str:
        """One of the texts with a button to copy it."""
        found = f"{within} .told summary"
        (each,) = [each for each in self.all(found) if each.text == title]
        parent = each.find_element(By.XPATH, "..")
        return str(parent.find_element(By.TAG_NAME, "pre").get_property("textContent"))

    def answer(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.told("Answer"))
        return found


@pytest.fixture(scope="module")
def site(everything: Everything, upload: dict[str, Any], album: Album) -> Site:
    stack = everything.stack
    deployment = Deployment.of(upload, stack.endpoint)
    photos = [*album.references, *(each for each in album.challenges if each.people)]
    have_seen(stack, deployment.bucket, deployment.function, photos)
    return Site(stack, deployment, album)


@pytest.fixture(scope="module")
def upload(everything: Everything) -> dict[str, Any]:
    return everything.applied("upload").outputs


@pytest.fixture(scope="module")
def playground(everything: Everything) -> Iterator[Playground]:
    playground: Playground = everything.jobs["playground"].result()
    yield playground
    processes.end(playground.process)


@pytest.fixture(scope="module")
def address(site: Site) -> Iterator[str]:
    with served(site, listening(0)) as address:
        yield address


@pytest.fixture
def page(browser: webdriver.Chrome, address: str, site: Site) -> Iterator[Page]:
    page = Page(browser, address, site)
    page.open()
    yield page
    # Among them everything that the page's policy forbids.
    assert browser.get_log("browser") == []  # type: ignore[no-untyped-call]
    browser.get("about:blank")


def test_two_photos_of_a_person_match_and_everything_about_the_call_is_shown(page: Page) -> None:
    page.compare()
    assert page.texts("#called .pill") == ["Match"]
    assert page.texts("#called .card .box b") == page.texts("#called .score")
    assert len(page.all("#called .reference .box")) == 1
    event = json.loads(page.told("Event"))
    assert event == {
        "source": "reference/eileen-collins/eileen-collins.jpg",
        "target": "challenge/eileen-collins/eileen-mirrored.jpg",
    }
    answer = page.answer()
    assert answer["match"] is True
    records = [json.loads(each) for each in _contents(page.all("#called .records pre"))]
    (decided,) = [each for each in records if each.get("message") == "face comparison decided"]
    assert decided["requestId"] == answer["request_id"]
    assert decided["similarity"] == answer["similarity"]
    assert page.one("[role=status]").text == "eileen-mirrored.jpg: match, similarity 100.0."


def test_each_box_lies_on_a_face_of_its_photo(page: Page) -> None:
    page.choose("eileen-collins.jpg", "both.jpg")
    page.compare()
    assert len(page.all("#called .card .box")) == 2
    (face, other) = page.answer()["target"]["faces"]
    placed = page.chrome.execute_script(
        """return [...document.querySelectorAll('#called .card .box')].map(box => {
             const inner = box.getBoundingClientRect();
             const outer = box.parentElement.querySelector('img').getBoundingClientRect();
             const [left, top] = [inner.left - outer.left, inner.top - outer.top];
             return [left / outer.width, top / outer.height,
                     inner.width / outer.width, inner.height / outer.height];
           })"""
    )
    boxes = [list(each["bounding_box"].values()) for each in (face, other)]
    assert placed == [pytest.approx(box, abs=0.01) for box in boxes]


def test_a_photo_without_a_face_shows_its_error_and_others_are_still_decided(page: Page) -> None:
    page.choose("grace-hopper.jpg", "grace-small.jpg", "cat.jpg")
    page.compare()
    assert page.texts("#called .card .pill") == ["Match", "NoFaceInTargetError"]
    assert "cat.jpg" in page.texts("#called .card p")[0]
    page.choose("grace-hopper.jpg", "cat.jpg")
    page.compare()
    assert page.one("#called h2").text == "NoFaceInTargetError"
    assert page.answer()["errorType"] == "NoFaceInTargetError"


def test_a_raised_threshold_leaves_a_photo_to_a_human_and_a_lowered_one_is_refused(
    page: Page,
) -> None:
    page.choose("eileen-collins.jpg", "eileen-dark.jpg")
    page.compare()
    similarity = page.answer()["similarity"]
    assert 80 < similarity < 100
    page.compare(similarity_threshold="100", review_threshold="85")
    assert page.texts("#called .pill") == ["Review"]
    assert "100, review from 85" in page.texts("#called dd")
    assert json.loads(page.told("Event"))["review_threshold"] == 85
    page.one("[name=similarity_threshold]").clear()
    page.one("[name=review_threshold]").clear()
    page.compare(similarity_threshold="79")
    assert page.one("#called h2").text == "InvalidRequestError"
    assert "below the module's 80" in page.one("#called .banner").text


def test_a_decision_is_explained_when_that_is_asked_for(page: Page) -> None:
    page.choose("grace-hopper.jpg", "eileen-dark.jpg")
    page.compare()
    assert "Brightness" not in page.one("#called .card").text
    page.one("[name=explain]").click()
    page.compare()
    explanation = page.answer()["explanation"]
    shown = dict(zip(page.texts("#called .card dt"), page.texts("#called .card dd"), strict=True))
    assert shown["Brightness"] == score(explanation["brightness"])
    assert "yaw" in shown["Pose"]
    assert shown["Possible reasons"] == (", ".join(explanation["likely_reasons"]) or "none")


def test_a_photo_put_into_the_bucket_by_hand_appears_with_each_of_its_decisions(
    page: Page, stack: Stack, album: Album
) -> None:
    key = "challenge/eileen-collins/by hand & <b>.jpg"
    s3, bucket = stack.client("s3"), page.site.deployment.bucket
    version = use.upload(s3, bucket, key, album.challenges[0])

    def arrived() -> list[WebElement]:
        return [card for card in page.all("#arrived .card") if key in card.text]

    (card,) = eventually(arrived, 300, "the decision")
    assert card.find_element(By.CSS_SELECTOR, ".pill").text == "Match"
    assert len(card.find_elements(By.CSS_SELECTOR, ".box")) == 1
    result, record = map(json.loads, _contents(card.find_elements(By.TAG_NAME, "pre")))
    assert result["image"]["key"] == record["target_key"] == key
    assert "by hand" in str(page.one("#arrival").get_property("textContent"))
    # As when a reference comes after the result that said that there is none.
    place = f"results/{key.removeprefix('challenge/')}/{version}.json"
    later = json.dumps({**result, "match": False, "decision": "no_match"})
    s3.put_object(Bucket=bucket, Key=place, Body=later.encode())
    eventually(lambda: len(arrived()) == 2, _SECONDS, "the later decision")
    assert arrived()[0].find_element(By.CSS_SELECTOR, ".pill").text == "No match"


def test_a_person_uses_photos_of_their_own_whatever_their_names(
    page: Page, album: Album, tmp_path: Path
) -> None:
    reference = tmp_path / "it's <img src=x onerror=alert(1)>.jpg"
    challenge = tmp_path / "$(date) `id` %s ü.png"
    reference.write_bytes(album.references[1].data)
    (grey,) = (each for each in album.challenges if each.name == "grace-grey.png")
    challenge.write_bytes(grey.data)
    page.one("[data-kind=reference] [type=file]").send_keys(str(reference))
    page.one("[data-kind=challenge] [type=file]").send_keys(str(challenge))
    eventually(lambda: page.all("[data-own] :checked")[1:], _SECONDS, "both photos")
    page.compare()
    assert page.texts("#called .pill") == ["Match"]
    assert page.texts("#called h3.name") == [reference.name, challenge.name]
    _check_ways(page, tmp_path)


def test_a_photo_can_be_dropped_and_one_that_is_none_shows_the_functions_error(page: Page) -> None:
    drop = """
      const files = new DataTransfer();
      for (const name of ["notes.jpg", "more.jpg"]) files.items.add(new File(["no photo"], name));
      document.querySelector(`[data-kind=${arguments[0]}]`).dispatchEvent(
        new DragEvent("drop", {dataTransfer: files, bubbles: true, cancelable: true}));"""
    page.chrome.execute_script(drop, "reference")
    eventually(lambda: page.all("[data-own] :checked"), _SECONDS, "the photo")
    # The other photo is not lost silently.
    assert "only notes.jpg is taken" in page.one("[role=alert]").text
    page.chrome.execute_script(drop, "challenge")
    eventually(lambda: page.all("[data-own] :checked")[2:], _SECONDS, "all photos")
    page.compare()
    assert page.one("#called h2").text == "ImageFormatError"
    assert page.one("#called .unread").is_displayed()


def test_the_page_says_what_it_cannot_do(page: Page, tmp_path: Path) -> None:
    large = tmp_path / "large.jpg"
    large.write_bytes(b"\xff\xd8\xff" + bytes(17 * 1024 * 1024))
    page.one("[data-kind=challenge] [type=file]").send_keys(str(large))
    problem = page.one("[role=alert]")
    eventually(problem.is_displayed, _SECONDS, "the complaint")
    assert problem.text == "large.jpg: over 16 MB."
    page.choose("eileen-collins.jpg")
    page.one("form button").click()
    eventually(lambda: "at least one challenge" in problem.text, _SECONDS, "the complaint")
    # The browser itself reports the answer to the second.
    entries = page.chrome.get_log("browser")  # type: ignore[no-untyped-call]
    assert ["400" in each["message"] for each in entries] == [True]


def test_the_readmes_picture_can_be_made_again(page: Page) -> None:
    page.open(width=1100)
    page.choose("eileen-collins.jpg", "eileen-dark.jpg", "both.jpg", "cat.jpg")
    page.compare(similarity_threshold="99", review_threshold="90")
    page.chrome.execute_script("document.activeElement.blur()")
    take_picture(page.chrome, REPOSITORY / "docs" / "playground.png", 1100, 1340)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_on_a_narrow_phone_and_by_a_screen_reader(page: Page, scheme: str) -> None:
    page.open(width=320, scheme=scheme)
    page.choose("eileen-collins.jpg", "both.jpg", "cat.jpg")
    page.compare(similarity_threshold="99", review_threshold="90")
    for each in page.all("details:not([open]) > summary"):
        each.click()
    assert page.chrome.execute_script("return document.documentElement.scrollWidth") <= 320
    assert page.chrome.execute_script(_UNREADABLE) == []
    assert [name for name, role in _controls(page.chrome) if not name] == []
    levels = [int(each.tag_name[1]) for each in page.all("h1, h2, h3")]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_the_keyboard_is_enough(page: Page) -> None:
    def press(*keys: str) -> None:
        ActionChains(page.chrome).send_keys(*keys).perform()

    def tab_to(selector: str) -> None:
        for _ in range(40):
            press(Keys.TAB)
            focused = page.chrome.switch_to.active_element
            assert page.chrome.execute_script(_OUTLINED, focused), focused.get_attribute(
                "outerHTML"
            )
            if focused in page.all(selector):
                return
        pytest.fail(f"{selector} cannot be reached")

    tab_to("[name=reference]")
    press(Keys.ARROW_DOWN)
    tab_to("[name=challenge]")
    press(Keys.SPACE)
    tab_to("[value='grace-grey.png']")
    press(Keys.SPACE)
    tab_to("[name=similarity_threshold]")
    press("99", Keys.ENTER)
    page.wait_for_answer()
    assert page.chrome.switch_to.active_element == page.one("#called h2")
    event = json.loads(page.told("Event"))
    assert event == {
        "source": "reference/grace-hopper/grace-hopper.jpg",
        "target": "challenge/grace-hopper/grace-grey.png",
        "similarity_threshold": 99,
    }
    tab_to("#called .copy")
    allowed = ["clipboardReadWrite", "clipboardSanitizedWrite"]
    page.chrome.execute_cdp_cmd("Browser.grantPermissions", {"permissions": allowed})
    press(Keys.ENTER)
    eventually(lambda: page.texts("#called .copy")[0].startswith("Copied"), _SECONDS, "the copy")
    copied = page.chrome.execute_async_script("navigator.clipboard.readText().then(arguments[0])")
    assert json.loads(copied) == event


def test_photos_wait_for_the_local_engine_instead_of_failing(playground: Playground) -> None:
    """It takes up to a second for a photo; with twenty at once most calls would time out."""
    (endpoint,) = set(re.findall(r"--endpoint-url (\S+)", playground.output))
    user, secret = KEYS
    function = boto3.client(
        "lambda",
        REGION,
        endpoint_url=endpoint,
        aws_access_key_id=user,
        aws_secret_access_key=secret,
    ).get_function_configuration(FunctionName="face-compare")
    settings = Settings.from_environment(function["Environment"]["Variables"])
    # A call's photos, and those of two instances that compare uploads.
    at_once = settings.concurrency + 2 * settings.workers
    assert at_once / PROCESSORS < paced_limits(settings).read_timeout / 2
    assert settings.timeout_seconds > 100 / PROCESSORS


def test_what_the_terminal_shows_works_and_ctrl_c_leaves_nothing(
    playground: Playground, album: Album
) -> None:
    commands = _printed(playground.output)
    assert list(commands) == [
        "Use the local stack in this shell",
        "Upload a photo, which is then compared",
        "Invoke the function",
        "POST to the function's URL",
    ]
    (playground.folder / "photo.jpg").write_bytes(album.challenges[0].data)
    settings, *others = commands.values()
    for command in others:
        done = _run(("sh", "-c", f"{settings}\n{command}"), playground.folder)
        assert done.returncode == 0, done.stderr
        assert '"decision": "no_match"' in done.stdout or "upload:" in done.stdout
    address = playground.output.rpartition("Open ")[2].split()[0]
    key = "challenge/eileen-collins/photo.jpg"
    eventually(lambda: key in httpx.get(f"{address}arrivals").text, 300, "the photo's decision")

    playground.process.send_signal(signal.SIGINT)
    rest = playground.process.communicate(timeout=120)[0]
    assert playground.process.returncode == 0, rest
    assert "Traceback" not in rest
    assert list(playground.scratch.iterdir()) == []
    with pytest.raises(httpx.ConnectError):
        httpx.get(address)


def _printed(output: str) -> dict[str, str]:
    """The commands by their titles: the paragraphs of two lines."""
    paragraphs = [paragraph.splitlines() for paragraph in output.split("\n\n")]
    return {lines[0]: lines[1] for lines in paragraphs[1:] if len(lines) == 2}


def _run(command: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(venv_python("cli").parent), os.environ["PATH"]])
    environment = {"HOME": str(folder), "PATH": path}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def _check_ways(page: Page, folder: Path) -> None:
    """Run the texts that the page shows for the last call."""
    wanted = {**page.answer(), "request_id": ""}
    by_cli = _run(("sh", "-c", page.told("AWS CLI")), folder)
    assert by_cli.returncode == 0, by_cli.stderr
    by_boto3 = _run((sys.executable, "-c", page.told("boto3")), folder)
    assert by_boto3.returncode == 0, by_boto3.stderr
    written = (folder / "answer.json").read_text(encoding="utf-8")
    for answer in (written, by_boto3.stdout):
        assert {**json.loads(answer), "request_id": ""} == wanted


def _contents(elements: Sequence[WebElement]) -> list[str]:
    return [str(each.get_property("textContent")) for each in elements]


def _controls(chrome: webdriver.Chrome) -> list[tuple[str, str]]:
    """Name and role of what can be operated or seen, as a screen reader gets it."""
    chrome.execute_cdp_cmd("Accessibility.enable", {})
    nodes = chrome.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    chrome.execute_cdp_cmd("Accessibility.disable", {})
    roles = ("button", "checkbox", "radio", "spinbutton", "link", "image", "DisclosureTriangle")
    return [
        (node.get("name", {}).get("value", ""), node["role"]["value"])
        for node in nodes
        if not node.get("ignored") and node["role"]["value"] in roles
    ]
