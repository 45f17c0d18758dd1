"""Uploads, where one image replaces another."""

from __future__ import annotations

import pytest

from local import use
from local.photos import Album
from local.upload_site import result_key
from local.use import stored
from tests.integration.conftest import Everything
from tests.integration.example_uses import Outputs, have_seen, people


@pytest.fixture(scope="module")
def upload(everything: Everything) -> Outputs:
    return everything.applied("upload").outputs


def test_a_stranger_is_not_accepted_by_replacing_the_image_in_time(
    everything: Everything, upload: Outputs, album: Album
) -> None:
    stack, bucket = everything.stack, upload["bucket_name"]
    same, other = people(album)
    have_seen(stack, bucket, upload["function_name"], (*same, other))
    s3, key = stack.client("s3"), "challenge/replaced/door.jpg"
    use.upload(s3, bucket, "reference/replaced/front.jpg", same[0])
    # In turn and at once: most are replaced before they are compared.
    decisions = {
        use.upload(s3, bucket, key, photo): decision
        for photo, decision in 3 * [(other, "no_match"), (same[1], "match")]
    }
    assert len(decisions) == 6
    for version, decision in decisions.items():
        found = stored(stack, bucket, result_key(key, version))
        assert (found["image"]["version_id"], found["decision"]) == (version, decision)
