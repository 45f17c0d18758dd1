"""The variables of the function on the local stack are those that the module sets."""

from __future__ import annotations

import re

from face_compare.runtime.settings import Settings
from local.function_variables import function_variables
from tools.places import REPOSITORY

_OPTIONAL = "FACE_COMPARE_REVIEW_THRESHOLD"


def test_benchmarks_and_error_tests_run_the_function_that_is_deployed() -> None:
    variables = function_variables(
        bucket="photos", calls_per_second=2.5, workers=4, timeout_seconds=30
    )
    module = (REPOSITORY / "function.tf").read_text(encoding="utf-8")
    assert set(variables) == set(re.findall(r"\bFACE_COMPARE_[A-Z_]+", module)) - {_OPTIONAL}
    settings = Settings.from_environment(variables)
    assert (settings.bucket, settings.calls_per_second, settings.workers) == ("photos", 2.5, 4)
    assert settings.timeout_seconds == 30
