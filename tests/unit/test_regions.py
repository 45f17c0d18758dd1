"""The module's table of regions, and what botocore says of them."""

from __future__ import annotations

import re
from pathlib import Path

import botocore.session
import pytest

ROOT = Path(__file__).resolve().parents[2]

# The partitions the module is meant for: China does not have Rekognition, and the others are closed
# to nearly everybody (one of them has a region too long for the name of the bucket).
PARTITIONS = ("aws", "aws-us-gov")


def regions() -> list[str]:
    """The regions of the table, in the order in which regions.tf holds them."""
    text = (ROOT / "regions.tf").read_text(encoding="utf-8")
    line = r"^    ([a-z0-9-]+) += \{ function_url = (?:true|false), rekognition_tps = \d+ \}$"
    found = re.findall(line, text, re.MULTILINE)
    assert found, "regions.tf no longer holds one region per line"
    return found


def test_no_region_with_rekognition_is_refused_and_none_without_it_is_accepted() -> None:
    """A user would lose a region that AWS has added, or find its absence only at the first call."""
    session = botocore.session.get_session()
    supported = {
        region
        for partition in PARTITIONS
        for region in session.get_available_regions("rekognition", partition_name=partition)
    }

    assert set(regions()) == supported


@pytest.mark.parametrize("document", ["README.md", "docs/reference.md"])
def test_the_documents_name_the_regions_without_function_urls(document: str) -> None:
    """A reader would choose a region, and learn from the plan that it has none."""
    table = (ROOT / "regions.tf").read_text(encoding="utf-8")
    without = re.findall(r"^    ([a-z0-9-]+) += \{ function_url = false", table, re.MULTILINE)
    text = (ROOT / document).read_text(encoding="utf-8")

    sentence = f"{', '.join(without[:-1])} and {without[-1]}"
    assert f"Lambda has no function URLs in {sentence}" in text
    # The user guide of GovCloud says so of all its regions.
    assert all(region in without for region in regions() if region.startswith("us-gov-"))


def test_the_table_is_easy_to_review() -> None:
    """A reviewer would have to search for a region, or miss that it is there twice."""
    assert regions() == sorted(set(regions()))


@pytest.mark.parametrize("region", regions())
def test_the_longest_name_fits_a_bucket_in_every_region(region: str) -> None:
    """A user with a long name would get a plan that S3 refuses at apply."""
    text = (ROOT / "variables.tf").read_text(encoding="utf-8")
    middle = re.search(r'\^\[a-z\]\[a-z0-9-\]\{1,(\d+)\}\[a-z0-9\]\$", var\.name', text)
    assert middle is not None, "variables.tf no longer says how long a name may be"
    longest = "n" * (int(middle.group(1)) + 2)

    assert len(f"{longest}-{'1' * 12}-{region}") <= 63


@pytest.mark.parametrize("module", [".", "modules/batch"])
def test_every_resource_is_in_the_region_of_the_stack(module: str) -> None:
    """A resource without the argument would be in the provider's region: a split stack."""
    region = "var.region" if module == "." else "var.face_compare.region"
    blocks = [
        block
        for path in (ROOT / module).glob("*.tf")
        for block in re.findall(
            r'(?ms)^(?:resource|data) "aws_.*?^}$', path.read_text(encoding="utf-8")
        )
    ]
    # IAM is global.
    regional = [block for block in blocks if '"aws_iam_' not in block.partition("{")[0]]
    assert regional
    lacking = [
        block.partition(" {")[0]
        for block in regional
        if not re.search(rf"(?m)^  region += {re.escape(region)}$", block)
    ]
    # These say who and where the provider is.
    own = ["aws_caller_identity", "aws_partition", "aws_region"]
    assert [each for each in lacking if each.split('"')[1] not in own] == []
