"""The module is taken from a registry, as strangers take it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from local import provider_drift
from tests.integration.conftest import Everything
from tests.integration.registry import FIRST, NEXT, Consumed


@pytest.fixture(scope="module")
def registry(everything: Everything) -> Mapping[str, Consumed]:
    found: Mapping[str, Consumed] = everything.jobs["registry"].result()
    return found


@pytest.fixture(params=["terraform", "tofu"])
def consumed(registry: Mapping[str, Consumed], request: pytest.FixtureRequest) -> Consumed:
    return registry[request.param]


def test_a_registry_address_with_a_version_gives_both_modules(consumed: Consumed) -> None:
    assert consumed.first == {"face_compare": FIRST, "batch": FIRST}


def test_the_folder_of_the_configuration_changes_nothing(consumed: Consumed) -> None:
    assert set(consumed.moved_drift) == provider_drift.known(consumed.provider)


def test_the_next_version_comes_by_init_upgrade_and_git_on_windows_changes_nothing(
    consumed: Consumed,
) -> None:
    assert consumed.upgraded == {"face_compare": NEXT, "batch": NEXT}
    assert set(consumed.upgraded_drift) == provider_drift.known(consumed.provider)
