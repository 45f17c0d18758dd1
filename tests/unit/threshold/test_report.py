"""What the report says and recommends, and that it can be read anywhere."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy import stats  # type: ignore[import-untyped]

from local.photos import Expected, default_album
from tests.browser import chromium, resize, take_picture
from tests.unit.threshold.a_run import HEADER, ARun
from threshold.__main__ import main
from threshold.charts import draw_det, draw_rates
from tools.places import REPOSITORY

GENUINE, IMPOSTOR = stats.norm(90, 3), stats.norm(70, 5)
SAMPLE = REPOSITORY / "threshold" / "sample"


def a_run(folder: Path, genuine: list[float], impostor: list[float]) -> ARun:
    run = ARun(folder)
    for label, scores in (("genuine", genuine), ("impostor", impostor)):
        for score in scores:
            run.add(label, score)
    return run.write()


@pytest.fixture(scope="module")
def normal(tmp_path_factory: pytest.TempPathFactory) -> ARun:
    random = np.random.default_rng(2)
    genuine = np.minimum(GENUINE.rvs(4_000, random_state=random), 100)
    impostor = IMPOSTOR.rvs(20_000, random_state=random)
    run = a_run(tmp_path_factory.mktemp("normal"), genuine.tolist(), impostor.tolist())
    assert run.report() == 0
    return run


def test_the_report_of_normal_scores_is_that_of_the_closed_form(normal: ARun) -> None:
    """Otherwise a wrong label or column on the way from the files would not show."""
    for row in normal.facts["table"]:
        at = row["threshold"]
        for name, true in (("fmr", IMPOSTOR.sf(at)), ("fnmr", GENUINE.cdf(at))):
            assert row[name]["lower"] <= true <= row[name]["upper"], (at, name)
    # Both deviates are equal where (t - 70) / 5 = (90 - t) / 3, at 82.5.
    equal = normal.facts["equal_error"]
    assert equal["lower"] <= stats.norm.sf(2.5) <= equal["upper"]
    assert equal["threshold"] == pytest.approx(82.5, abs=0.5)


def test_the_recommended_thresholds_keep_what_they_claim(normal: ARun) -> None:
    """Otherwise people would paste a threshold that lets more strangers in."""
    found = normal.facts["recommendation"]
    similarity, review = found["similarity_threshold"], found["review_threshold"]
    assert (found["supported"], found["fmr_wanted"]) == (True, 0.001)
    assert IMPOSTOR.sf(similarity) <= found["fmr"]["upper"] <= 0.001
    assert GENUINE.cdf(review) <= found["fnmr_after_review"]["upper"] <= 0.01
    costs, reviewed = found["costs"], IMPOSTOR.sf(review) - IMPOSTOR.sf(similarity)
    assert costs["impostor_reviewed"] == pytest.approx(reviewed, abs=0.002)
    reviewed = GENUINE.cdf(similarity) - GENUINE.cdf(review)
    assert costs["genuine_reviewed"] == pytest.approx(reviewed, abs=0.01)
    lines = f"  similarity_threshold = {similarity:g}\n  review_threshold     = {review:g}\n"
    assert found["terraform"] == f"comparison = {{\n{lines}}}"
    assert f"Match from {similarity:g}: " in found["sentence"]
    assert [row["shown"] for row in normal.facts["wanted"]] == [True, True, False]


def test_a_few_wrong_labels_are_at_the_top_of_the_list(normal: ARun, tmp_path: Path) -> None:
    """Otherwise a slip in the list would decide the threshold, and nobody would find it."""
    rows = normal.labels.splitlines()
    rows[1:9] = [row.replace("genuine", "impostor") for row in rows[1:9]]
    wrong = ARun(tmp_path, "\n".join(rows), normal.lines).write()
    assert wrong.report() == 0
    right, found = normal.facts["table"][0]["fmr"], wrong.facts["table"][0]["fmr"]
    assert found["errors"] == right["errors"] + 8
    first = {each["pair"].split()[0] for each in wrong.facts["suspects"]["impostor"]}
    assert len(first & {row.split(",")[0] for row in rows[1:9]}) >= 6


def test_easy_impostors_do_not_lower_the_threshold_below_the_default(tmp_path: Path) -> None:
    """Otherwise strangers in a list would decide what a look-alike gets."""
    run = a_run(tmp_path, [95.0] * 400, [20.004] * 400)
    assert run.report() == 0
    found = run.facts["recommendation"]
    assert (found["similarity_threshold"], found["review_threshold"]) == (80, None)
    assert found["threshold_by_fmr"] == 20.01
    assert "nothing below the module's default" in found["sentence"]
    # Rounded to 20.00 or 20.01, these pairs would seem to be on the wrong side of a threshold.
    assert "<td>20.004</td>" in (tmp_path / "report.html").read_text()


def test_the_quality_filter_of_the_run_is_recommended_with_its_thresholds(tmp_path: Path) -> None:
    """Otherwise the pasted lines would compare faces that the test had left out."""
    run = a_run(tmp_path, [95.0] * 400, [20.0] * 400)
    for line in run.lines:
        line["quality_filter"] = "HIGH"
    assert run.write().report() == 0
    assert '  quality_filter       = "HIGH"\n' in run.facts["recommendation"]["terraform"]
    run.lines[0]["quality_filter"] = "NONE"
    assert run.write().report() == 0
    assert "filters HIGH and NONE are mixed" in run.facts["cautions"][0]
    assert "quality_filter" not in run.facts["recommendation"]["terraform"]


def test_swapped_labels_are_suspected(tmp_path: Path) -> None:
    """Otherwise a threshold of 100, at which nobody matches, would pass for good advice."""
    run = a_run(tmp_path, [20.0] * 400, [95.0] * 400)
    assert run.report() == 0
    assert "Check that the labels are not swapped" in run.facts["cautions"][0]


def test_photos_that_no_review_can_find_do_not_send_every_stranger_there(tmp_path: Path) -> None:
    """Otherwise three bad photos would cost a review of nearly every impostor."""
    run = a_run(tmp_path, [99.0] * 390 + [60.0] * 7 + [0.5] * 3, [30.0] * 400)
    assert run.report() == 0
    found = run.facts["recommendation"]
    assert (found["review_threshold"], found["costs"]["impostor_reviewed"]) == (60, 0)
    assert "at most 1.93 % of the genuine pairs are rejected without" in found["sentence"]


@pytest.mark.parametrize(
    ("impostor", "more", "said"),
    [
        ([5.0] * 40, (), "40 impostor pairs cannot show an FMR below 7.22 %, and 1 % needs 299"),
        ([5.0] * 400, ("--fmr", "0.1"), "0.1 % needs 2,995 independent ones"),
        ([100.0] * 400, (), "No threshold keeps the FMR at 1 %, because impostor pairs score 100"),
    ],
)
def test_no_threshold_is_made_up(
    tmp_path: Path, impostor: list[float], more: tuple[str, ...], said: str
) -> None:
    """Otherwise a handful of pairs would pass for proof."""
    run = a_run(tmp_path, [99.5], impostor)
    assert run.report(*more) == 0
    found = run.facts["recommendation"]
    assert not found["supported"]
    assert said in found["sentence"]
    assert (found["similarity_threshold"], found["review_threshold"]) == (99, 80)


def test_groups_are_apart_and_small_ones_are_marked(tmp_path: Path) -> None:
    """Otherwise a threshold could fail one group of people, or five photos could accuse it."""
    run = ARun(tmp_path, f"{HEADER},group\n")
    for number in range(400):
        run.add("genuine", 99 if number % 4 else 50, "north").add("impostor", 10, "north")
    run.add("genuine", 60, "south").add("impostor", 10, "south")
    assert run.write().report() == 0
    north, south = run.facts["groups"]
    assert (north["group"], north["fnmr"]["rate"], north["too_few"]) == ("north", 0.25, [])
    assert (south["fnmr"]["errors"], south["too_few"]) == (1, ["impostor", "genuine"])


def test_the_axes_are_what_they_say(normal: ARun) -> None:
    """Otherwise FMR would be read for FNMR."""
    det, rates = Figure().add_subplot(), Figure().add_subplot()
    draw_det(det, normal.facts)
    assert (det.get_xlabel(), det.get_ylabel()) == ("FMR", "FNMR")
    # At a threshold of 80 and at one of 90, to half a deviate.
    points = np.array(det.lines[0].get_xydata())
    for point in ((-2, -10 / 3), (-4, 0)):
        assert np.abs(points - point).sum(axis=1).min() < 0.5
    draw_rates(rates, normal.facts)
    first = {each.get_label(): np.array(each.get_ydata())[0] for each in rates.lines[:2]}
    assert first["FMR"] == 1
    assert np.isnan(first["FNMR"])


def test_the_page_is_whole_in_itself_and_named_throughout(normal: ARun) -> None:
    """Otherwise it would be blank on another machine, or say nothing to a screen reader."""
    page = (normal.folder / "report.html").read_text()
    loaded = re.findall(r'(?:src|href)="([^"]*)"|url\(([^)]*)\)|@import', page)
    assert all((a or b).startswith(("#", "data:")) for a, b in loaded)
    assert page.count("<svg ") == page.count('<svg role="img" aria-label="') == 3
    assert page.count("<table") == page.count("<caption>") == 4
    assert (page.count("<h1"), page.count("<h2")) == (1, 5)
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("width", [320, 1280])
def test_the_page_fits_a_phone_and_a_screen(normal: ARun, width: int) -> None:
    """Otherwise figures would be off the screen."""
    with chromium() as chrome:
        resize(chrome, width)
        chrome.get((normal.folder / "report.html").as_uri())
        assert chrome.execute_script("return document.documentElement.scrollWidth") <= width
        assert chrome.get_log("browser") == []  # type: ignore[no-untyped-call]


def test_the_readmes_picture_can_be_made_again(
    normal: ARun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    header, *rows = normal.labels.splitlines()
    labels = [f"{header},subject,target_subject"]
    for number, row in enumerate(rows):
        other = 0 if row.endswith("genuine") else 1 + number // 500
        labels.append(f"{row},{number % 500},{(number + other) % 500}")
    run = ARun(tmp_path, "\n".join(labels), normal.lines).write()
    monkeypatch.chdir(run.folder)
    assert main(["results", "labels.csv", "--out", "report"]) == 0
    with chromium() as chrome:
        resize(chrome, 1100)
        chrome.get((tmp_path / "report.html").as_uri())
        take_picture(chrome, REPOSITORY / "threshold" / "report.png", 1100, 1000)


def test_the_sample_is_of_the_demos_photos_and_concludes_nothing(tmp_path: Path) -> None:
    """Otherwise the sample would show photos that are not there, or promise what it cannot hold."""
    same = {
        (f"reference/{pair.reference.name}", f"challenge/{pair.challenge.name}"): pair.expected
        is Expected.MATCH
        for pair in default_album().pairs()
    }
    with (SAMPLE / "pairs.csv").open() as file:
        for row in csv.DictReader(file):
            assert (row["label"] == "genuine") is same[row["source"], row["target"]]
    out = tmp_path / "sample"
    assert main(["--out", str(out)]) == 0
    facts = json.loads(out.with_suffix(".json").read_text())
    assert not facts["recommendation"]["supported"]
    assert len(facts["cautions"]) == 2
    for said, kinds in zip(facts["cautions"], ("5 impostor pairs", "7 genuine pairs"), strict=True):
        assert f"Too few to conclude anything: {kinds} cannot show an F" in said
