"""Otherwise a slow API would let Lambda stop the function, and the caller learn nothing."""

from __future__ import annotations

import pytest

from face_compare.bulk.limits import paced_limits, seconds_for_paced_call, storage_limits
from face_compare.model.rule import Rule
from face_compare.runtime.settings import CallLimits, Settings
from local.function_variables import function_variables
from tests.unit.payload.invocation import SETTINGS

ENVIRONMENT = function_variables(
    bucket="photos", calls_per_second=1000, workers=4, timeout_seconds=30
)


def test_the_environment_variables_of_the_module_give_the_settings() -> None:
    assert Settings.from_environment(ENVIRONMENT) == SETTINGS
    stricter = {
        "FACE_COMPARE_REVIEW_THRESHOLD": "60",
        "FACE_COMPARE_REQUIRE_SINGLE_FACE": "true",
        "FACE_COMPARE_QUALITY_FILTER": "HIGH",
        "FACE_COMPARE_EXPLAIN": "true",
    }
    settings = Settings.from_environment(ENVIRONMENT | stricter)
    assert settings.rule == Rule(80.0, 60.0, require_single_face=True, quality_filter="HIGH")
    assert settings.explain


def test_a_quality_filter_that_rekognition_does_not_have_stops_the_start() -> None:
    """Otherwise every comparison would fail, with a message about the images."""
    with pytest.raises(ValueError, match="index"):
        Settings.from_environment(ENVIRONMENT | {"FACE_COMPARE_QUALITY_FILTER": "BEST"})


@pytest.mark.parametrize("missing", sorted(ENVIRONMENT))
def test_a_missing_setting_stops_the_start_instead_of_deciding_by_a_default(missing: str) -> None:
    incomplete = {name: value for name, value in ENVIRONMENT.items() if name != missing}
    with pytest.raises(KeyError, match=missing):
        Settings.from_environment(incomplete)


@pytest.mark.parametrize("timeout", [15.0, 16.0, 29.0, 30.0, 60.0, 900.0])
class TestLimits:
    """The limits of calls, for every timeout of the function."""

    @pytest.fixture
    def settings(self, timeout: float) -> Settings:
        return SETTINGS._replace(timeout_seconds=timeout)

    def test_every_attempt_of_a_comparison_ends_before_the_timeout(
        self, settings: Settings
    ) -> None:
        limits = settings.comparison_limits
        assert limits.worst_case <= settings.timeout_seconds - 1
        assert limits.read_timeout >= 1
        assert limits.connect_timeout > 0

    def test_both_images_can_be_diagnosed_before_the_timeout(self, settings: Settings) -> None:
        limits = settings.diagnosis_limits
        assert 2 * limits.worst_case <= settings.timeout_seconds - 1
        assert limits.read_timeout > 0.5

    def test_a_call_of_bulk_work_that_starts_ends_in_time_with_storing_its_result(
        self, settings: Settings
    ) -> None:
        """Otherwise Lambda would stop the function between the two, and a retry would pay again."""
        both = paced_limits(settings).worst_case + storage_limits(settings).worst_case
        assert both + 1 <= seconds_for_paced_call(settings) < settings.timeout_seconds

    def test_an_attempt_ends_in_time_even_if_the_network_leads_nowhere(
        self, settings: Settings
    ) -> None:
        """A name of AWS has up to eight addresses. Each is tried for the whole connect timeout."""
        for limits in (
            settings.comparison_limits,
            paced_limits(settings),
            settings.diagnosis_limits,
        ):
            assert 8 * limits.connect_timeout <= limits.connect_timeout + limits.read_timeout


def test_the_worst_case_counts_attempts_and_the_waits_between_them() -> None:
    assert CallLimits(3, connect_timeout=1.0, read_timeout=4.0).worst_case == 3 * 5 + 1 + 2
