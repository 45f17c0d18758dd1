"""The figures of the benchmarks: a wrong ratio or an unreadable last line would go unnoticed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import cold_start
from benchmarks.figures import Estimate, estimate, paired_ratio, slope
from benchmarks.report import last_line
from tools.package import ZIP


def test_the_median_is_not_moved_by_one_disturbed_sample() -> None:
    assert estimate([10.0, 11.0, 9.0, 10.0, 500.0]).value == 10.0


def test_the_spread_holds_the_median_and_is_wider_for_noisier_samples() -> None:
    calm = estimate([10.0, 10.1, 9.9, 10.0, 10.2, 9.8, 10.0])
    noisy = estimate([10.0, 14.0, 6.0, 10.0, 17.0, 3.0, 10.0])
    for each in (calm, noisy):
        assert each.low <= each.value <= each.high
    assert noisy.high - noisy.low > calm.high - calm.low


def test_a_ratio_is_of_what_lies_above_the_floor() -> None:
    # 150 - 50 to 250 - 50; without the floor it would be 0.6.
    assert paired_ratio([150.0] * 3, [250.0] * 3, [50.0] * 3).value == 0.5
    assert paired_ratio([150.0] * 3, [250.0] * 3).value == 0.6


def test_a_round_in_which_the_whole_machine_was_slow_does_not_move_a_ratio() -> None:
    ours, theirs, floor = [60.0, 600.0, 60.0], [110.0, 1100.0, 110.0], [10.0, 100.0, 10.0]
    assert paired_ratio(ours, theirs, floor) == Estimate(0.5, 0.5, 0.5)


def test_noise_that_swallows_the_difference_is_no_ratio() -> None:
    with pytest.raises(ValueError, match="noise"):
        paired_ratio([2.0], [1.0], [1.0])


def test_growth_is_told_per_invocation() -> None:
    assert slope([1000.0, 1500.0, 2000.0], step=100.0) == pytest.approx(5.0)
    assert slope([1000.0, 1000.0, 1000.0], step=100.0) == 0.0


def test_the_last_line_is_one_line_of_json_with_each_spread() -> None:
    line = last_line("some", {"ratio": Estimate(0.61234, 0.6, 0.625), "rounds": 5, "on": "x"})
    assert "\n" not in line
    assert json.loads(line) == {
        "benchmark": "some",
        "ratio": 0.6123,
        "ratio_spread": [0.6, 0.625],
        "rounds": 5,
        "on": "x",
    }


def test_a_figure_that_is_no_number_does_not_pass_as_json() -> None:
    with pytest.raises(ValueError, match="JSON"):
        last_line("some", {"ratio": float("nan")})


def test_cold_start_reports_the_figures_that_versions_are_compared_by(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def samples(cpu: float, peak: float) -> list[cold_start.Sample]:
        return [cold_start.Sample(wall=cpu * 2, cpu=cpu, peak=peak * 2**20)] * 3

    line = json.loads(
        cold_start.report(
            {
                "empty": samples(0.05, 15.0),
                "payload": samples(0.20, 36.0),
                "plain_boto3": samples(0.30, 48.0),
                "with_powertools": samples(0.35, 50.0),
            }
        )
    )
    assert line["cpu_ratio_vs_boto3"] == 0.6
    assert line["cpu_ratio_vs_powertools"] == 0.5
    assert line["rss_ratio_vs_boto3"] == 0.75
    for name in ("cpu_ratio_vs_boto3", "cpu_ratio_vs_powertools", "rss_ratio_vs_boto3"):
        assert len(line[f"{name}_spread"]) == 2
    assert "(b) boto3, client at module level" in capsys.readouterr().out


def test_every_handler_is_laid_out_as_source_only(tmp_path: Path) -> None:
    """Byte code beside one of them would let it start faster than Lambda does."""
    found = cold_start.subjects(tmp_path, before=ZIP)
    assert found.keys() == cold_start.NAMES.keys()
    for subject in found.values():
        module = subject.handler.rpartition(".")[0].replace(".", "/")
        assert (subject.code / f"{module}.py").is_file()
    assert not list(tmp_path.rglob("*.pyc"))
    assert len({subject.code for subject in found.values()}) == len(found)


def test_packages_without_byte_code_are_noticed(tmp_path: Path) -> None:
    """They would make every start slower, and the ratio look better or worse than it is."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path], check=True)
    (packages,) = tmp_path.glob("lib/python*/site-packages")
    for name in ("awslambdaric", "botocore", "boto3", "aws_lambda_powertools"):
        (packages / name).mkdir()
        (packages / name / "__init__.py").touch()
    with pytest.raises(RuntimeError, match="awslambdaric"):
        cold_start.require_compiled(tmp_path / "bin" / "python")
