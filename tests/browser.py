"""A headless Chromium, and the documents' pictures that it makes."""

from __future__ import annotations

import base64
import contextlib
import io
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

_SWITCHES = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-sync",
    "--hide-scrollbars",
)
_MOST_BYTES = 150_000


@contextlib.contextmanager
def chromium() -> Iterator[webdriver.Chrome]:
    """Start it; without it, skip the test, or fail it where that is asked for."""
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not program or not driver:
        lacking = "Install Chromium: apt-get install chromium chromium-driver"
        (pytest.fail if os.environ.get("FACE_COMPARE_REQUIRE_BROWSER") else pytest.skip)(lacking)
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for switch in _SWITCHES:
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    chrome = webdriver.Chrome(options, Service(driver))
    try:
        yield chrome
    finally:
        chrome.quit()


def resize(chrome: webdriver.Chrome, width: int, scheme: str = "light") -> None:
    """Make it a phone or a screen, light or dark."""
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def take_picture(chrome: webdriver.Chrome, path: Path, width: int, height: int) -> None:
    """Take a picture of the page's top for a document; `make pictures` keeps it."""
    clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 0.8}
    asked = {"clip": clip, "captureBeyondViewport": True}
    shot = chrome.execute_cdp_cmd("Page.captureScreenshot", asked)["data"]
    out = io.BytesIO()
    Image.open(io.BytesIO(base64.b64decode(shot))).convert("RGB").quantize(256).save(
        out, "PNG", optimize=True
    )
    assert len(out.getvalue()) < _MOST_BYTES
    if os.environ.get("FACE_COMPARE_PICTURES"):
        path.write_bytes(out.getvalue())
