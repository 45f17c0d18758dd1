"""Photos that arrive by themselves, where one takes another's place."""

from __future__ import annotations

from local import use
from local.photos import default_album
from tests.integration.conftest import Everything
from tests.integration.example_uses import have_seen, people, result


def test_an_upload_is_compared_in_the_version_that_was_announced(everything: Everything) -> None:
    """Else whoever replaces a stranger's photo in time would have the stranger let in."""
    outputs = everything.applied["upload"].result().outputs
    stack, bucket = everything.stack, outputs["bucket_name"]
    same, other = people(default_album())
    have_seen(stack, bucket, outputs["function_name"], (*same, other))
    s3, key = stack.client("s3"), "challenge/replaced/door.jpg"
    use.upload(s3, bucket, "reference/replaced/front.jpg", same[0])
    # In turn and at once: most are replaced before they are compared.
    decisions = {
        use.upload(s3, bucket, key, photo): decision
        for photo, decision in 3 * [(other, "no_match"), (same[1], "match")]
    }
    assert len(decisions) == 6
    for version, decision in decisions.items():
        found = result(stack, bucket, key, version)
        assert (found["photo"]["version_id"], found["decision"]) == (version, decision)
