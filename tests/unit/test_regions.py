"""The module's list of regions, and what botocore says of them."""

from __future__ import annotations

import re
from pathlib import Path

import botocore.session
import pytest

ROOT = Path(__file__).resolve().parents[2]

# The partitions the module is meant for: Rekognition is absent from China, and the others are
# closed to nearly everybody (one of them has a region too long for the bucket's name).
PARTITIONS = ("aws", "aws-us-gov")


def listed_regions(name: str = "rekognition_regions") -> list[str]:
    """The regions of that local, in the order in which main.tf holds them."""
    text = (ROOT / "main.tf").read_text(encoding="utf-8")
    block = re.search(rf"^  {name} = \[\n(.*?)^  \]$", text, re.MULTILINE | re.DOTALL)
    assert block is not None, f"main.tf no longer holds {name}, one region a line"
    return re.findall(r'^    "([a-z0-9-]+)",$', block.group(1), re.MULTILINE)


def test_no_region_with_rekognition_is_refused_and_none_without_it_is_accepted() -> None:
    """A user would lose a region that AWS has added, or find its absence only at the first call."""
    session = botocore.session.get_session()
    known = {
        region
        for partition in PARTITIONS
        for region in session.get_available_regions("rekognition", partition_name=partition)
    }

    assert set(listed_regions()) == known


def test_the_list_is_easy_to_review() -> None:
    """A reviewer would have to search for a region, or miss that it is there twice."""
    regions = listed_regions()

    assert regions == sorted(set(regions))


def test_the_regions_without_function_urls_are_some_of_these() -> None:
    """A misspelt one would let a plan pass that Lambda refuses at apply."""
    without = listed_regions("regions_without_function_url")

    assert without == sorted(set(without))
    assert set(without) < set(listed_regions())


@pytest.mark.parametrize("region", listed_regions())
def test_the_longest_name_fits_a_bucket_in_every_region(region: str) -> None:
    """A user with a long name would get a plan that S3 refuses at apply."""
    text = (ROOT / "variables.tf").read_text(encoding="utf-8")
    middle = re.search(r'\^\[a-z\]\[a-z0-9-\]\{1,(\d+)\}\[a-z0-9\]\$", var\.name', text)
    assert middle is not None, "variables.tf no longer says how long a name may be"
    longest = "n" * (int(middle.group(1)) + 2)

    assert len(f"{longest}-{'1' * 12}-{region}") <= 63
