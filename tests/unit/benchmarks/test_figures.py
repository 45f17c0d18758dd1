"""The figures of the benchmarks: a wrong ratio or an unreadable last line would go unnoticed."""

from __future__ import annotations

import json

import pytest

from benchmarks import cold_start
from benchmarks.figures import Estimate, paired_ratio


def test_a_ratio_is_of_what_lies_above_the_floor() -> None:
    # 150 - 50 to 250 - 50; without the floor it would be 0.6.
    assert paired_ratio([150.0] * 3, [250.0] * 3, [50.0] * 3).value == 0.5
    assert paired_ratio([150.0] * 3, [250.0] * 3).value == 0.6


def test_a_round_in_which_the_whole_machine_was_slow_does_not_move_a_ratio() -> None:
    ours, theirs, floor = [60.0, 600.0, 60.0], [110.0, 1100.0, 110.0], [10.0, 100.0, 10.0]
    assert paired_ratio(ours, theirs, floor) == Estimate(0.5, 0.5, 0.5)


def test_a_round_that_other_work_made_meaningless_does_not_end_a_benchmark() -> None:
    """Otherwise minutes of measuring would end without a figure on a busy machine."""
    ours, theirs, floor = [150.0] * 3, [250.0, 250.0, 190.0], [50.0, 50.0, 420.0]
    assert paired_ratio(ours, theirs, floor) == Estimate(0.5, 0.5, 0.5)
    with pytest.raises(ValueError, match="noise"):
        paired_ratio(ours, theirs, [50.0, 420.0, 420.0])


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
