"""Otherwise a mistyped event would decide by another rule or image than its sender meant."""

from __future__ import annotations

import base64
import math

import pytest

from face_compare.contract.request import parse_request
from face_compare.model.comparison import ComparisonRequest
from face_compare.model.errors import ImageTooLargeError, InvalidRequestError
from face_compare.model.image import InlineImage, StoredImage
from face_compare.model.rule import Rule

MODULE = Rule(80.0)


def event(**members: object) -> dict[str, object]:
    return {"source": "reference/a.jpg", "target": "challenge/b.jpg", **members}


def test_keys_alone_mean_the_current_versions_and_the_modules_rule() -> None:
    assert parse_request(event(), MODULE) == ComparisonRequest(
        (StoredImage("reference/a.jpg"),), (StoredImage("challenge/b.jpg"),), MODULE
    )


def test_a_version_id_reaches_the_request() -> None:
    request = parse_request(event(target={"key": "challenge/b.jpg", "version_id": "v1"}), MODULE)
    assert request.targets == (StoredImage("challenge/b.jpg", "v1"),)


def test_an_object_without_version_id_is_the_same_as_its_key() -> None:
    assert parse_request(event(source={"key": "reference/a.jpg"}), MODULE) == parse_request(
        event(), MODULE
    )


@pytest.mark.parametrize("threshold", [80, 80.0, 99.5, 100])
def test_an_event_may_raise_the_threshold(threshold: float) -> None:
    rule = parse_request(event(similarity_threshold=threshold), MODULE).rule
    assert rule.similarity_threshold == threshold


@pytest.mark.parametrize(
    ("threshold", "words"),
    [
        (79.99, "can only raise it"),
        (0, "can only raise it"),
        (0.9, "Send 90 if a fraction was meant"),
        (1, "Send 100 if a fraction was meant"),
        (100.01, "between 0 and 100"),
        (-1, "between 0 and 100"),
        (math.nan, "between 0 and 100"),
        (math.inf, "between 0 and 100"),
        (10**400, "between 0 and 100"),
        (True, "not a string or a boolean"),
        ("90", "not a string or a boolean"),
        ([90], "not a string or a boolean"),
    ],
)
def test_a_threshold_that_would_weaken_or_garble_the_rule_is_refused(
    threshold: object, words: str
) -> None:
    with pytest.raises(InvalidRequestError, match=words):
        parse_request(event(similarity_threshold=threshold), MODULE)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("", "key of an object"),
        (None, "must be an object key, "),
        (7, "must be an object key, "),
        (["a.jpg"], "must be an object key, "),
        ({"key": None}, "key of an object"),
        ({"key": {"key": "a.jpg"}}, "key of an object"),
        ({}, "key of an object"),
        ({"key": "a.jpg", "bucket": "another"}, "unknown member 'bucket'"),
        ({"key": "a.jpg", "version_id": 3}, "version id of S3"),
        ({"key": "a.jpg", "version_id": ""}, "version id of S3"),
        ({"key": "a.jpg", "version_id": "v" * 1025}, "version id of S3"),
        ({"key": "a.jpg", "version_id": "\ud800"}, "not valid Unicode"),
        (" reference/a.jpg", "begins with white space"),
        ("\treference/a.jpg", "begins with white space"),
        ("\nreference/a.jpg", "begins with white space"),
        ("\u00a0reference/a.jpg", "begins with white space"),
        ("\u3000reference/a.jpg", "begins with white space"),
        ("a" * 1025, "longer than 1024 bytes"),
        ("\u00e9" * 513, "longer than 1024 bytes"),
        ("reference/\ud800.jpg", "not valid Unicode"),
    ],
)
@pytest.mark.parametrize("member", ["source", "target"])
def test_an_image_that_cannot_be_meant_is_refused_and_its_member_is_named(
    member: str, key: object, words: str
) -> None:
    with pytest.raises(InvalidRequestError, match=words) as refused:
        parse_request(event(**{member: key}), MODULE)
    assert member in str(refused.value)


@pytest.mark.parametrize(
    "key", ["a" * 1024, "\u00e9" * 512, "reference/a b+c.jpg", "reference/../x", "reference/雪.png"]
)
def test_every_key_that_s3_and_rekognition_accept_is_accepted(key: str) -> None:
    assert parse_request(event(source=key), MODULE).sources == (StoredImage(key),)


@pytest.mark.parametrize("member", ["source", "target"])
def test_a_missing_image_is_named(member: str) -> None:
    incomplete = event()
    del incomplete[member]
    with pytest.raises(InvalidRequestError, match=f"no {member}"):
        parse_request(incomplete, MODULE)


@pytest.mark.parametrize("value", [None, [], "reference/a.jpg", 7, True])
def test_an_event_that_is_not_an_object_is_answered_with_an_example(value: object) -> None:
    with pytest.raises(InvalidRequestError, match=r"reference/alice\.jpg"):
        parse_request(value, MODULE)


def test_a_misspelled_threshold_is_refused_and_not_ignored() -> None:
    with pytest.raises(InvalidRequestError, match="unknown member 'similarity_treshold'"):
        parse_request(event(similarity_treshold=99), MODULE)


class TestRule:
    """An event may make the module's rule stricter, and never weaker."""

    def test_an_event_may_open_a_review_band_where_the_module_has_none(self) -> None:
        assert parse_request(event(review_threshold=60), MODULE).rule.review_threshold == 60.0

    def test_the_modules_band_holds_for_every_event(self) -> None:
        assert parse_request(event(), Rule(80.0, 60.0)).rule == Rule(80.0, 60.0)

    @pytest.mark.parametrize("review", [80, 95, 100])
    def test_a_band_at_or_above_the_threshold_would_be_empty(self, review: float) -> None:
        with pytest.raises(InvalidRequestError, match="must be below the similarity_threshold"):
            parse_request(event(review_threshold=review), MODULE)

    @pytest.mark.parametrize("review", [59.9, 0, 0.6, "70", True, math.nan])
    def test_the_modules_band_cannot_be_weakened_or_garbled(self, review: object) -> None:
        with pytest.raises(InvalidRequestError, match="review_threshold"):
            parse_request(event(review_threshold=review), Rule(80.0, 60.0))

    def test_an_event_may_ask_for_single_faces(self) -> None:
        assert parse_request(event(require_single_face=True), MODULE).rule.require_single_face

    def test_an_event_cannot_switch_the_modules_single_face_rule_off(self) -> None:
        module = Rule(80.0, require_single_face=True)
        assert parse_request(event(), module).rule.require_single_face
        with pytest.raises(InvalidRequestError, match="cannot switch it off"):
            parse_request(event(require_single_face=False), module)

    @pytest.mark.parametrize("value", [1, "true", []])
    def test_the_single_face_rule_is_a_boolean(self, value: object) -> None:
        with pytest.raises(InvalidRequestError, match="true or false"):
            parse_request(event(require_single_face=value), MODULE)


class TestLists:
    """Several images in one request."""

    def test_the_order_of_the_lists_is_kept(self) -> None:
        request = parse_request({"sources": ["b", "a"], "targets": ["d", {"key": "c"}]}, MODULE)
        assert request.sources == (StoredImage("b"), StoredImage("a"))
        assert request.targets == (StoredImage("d"), StoredImage("c"))
        assert (request.listed_sources, request.listed_targets) == (True, True)

    @pytest.mark.parametrize(("member", "most"), [("sources", 10), ("targets", 100)])
    def test_the_longest_list_is_accepted_and_one_more_is_not(self, member: str, most: int) -> None:
        others = {"sources": {"target": "t"}, "targets": {"source": "s"}}[member]
        parse_request({member: ["k"] * most, **others}, MODULE)
        for value in (["k"] * (most + 1), [], "k", {"key": "k"}, None):
            with pytest.raises(InvalidRequestError, match=f"{member} must be a list of 1 to"):
                parse_request({member: value, **others}, MODULE)

    def test_a_bad_image_in_a_list_is_named_with_its_position(self) -> None:
        with pytest.raises(InvalidRequestError, match=r"targets\[1\]"):
            parse_request({"source": "s", "targets": ["t", ""]}, MODULE)

    @pytest.mark.parametrize(("single", "several"), [("source", "sources"), ("target", "targets")])
    def test_one_and_several_at_once_is_refused(self, single: str, several: str) -> None:
        with pytest.raises(InvalidRequestError, match=f"both {single} and {several}"):
            parse_request(event(**{single: "k", several: ["k"]}), MODULE)


class TestInline:
    """Images that are sent in the event."""

    def test_the_bytes_reach_the_request_and_never_show_in_its_text(self) -> None:
        sent = {"bytes": base64.b64encode(b"image bytes").decode()}
        (image,) = parse_request(event(source=sent), MODULE).sources
        assert isinstance(image, InlineImage)
        assert image.content == b"image bytes"
        assert "image bytes" not in repr(image)

    def test_five_megabytes_are_accepted_and_one_byte_more_is_not(self) -> None:
        limit = 5 * 1024 * 1024
        parse_request(event(source={"bytes": base64.b64encode(bytes(limit)).decode()}), MODULE)
        with pytest.raises(ImageTooLargeError, match="5 MB"):
            parse_request(
                event(source={"bytes": base64.b64encode(bytes(limit + 1)).decode()}), MODULE
            )

    @pytest.mark.parametrize("value", ["", None, 7, "not base64!", "QQ", "\u00e9", ["QQ=="]])
    def test_what_is_not_base64_is_refused(self, value: object) -> None:
        with pytest.raises(InvalidRequestError, match=r"source\.bytes"):
            parse_request(event(source={"bytes": value}), MODULE)

    def test_bytes_and_a_key_together_are_refused(self) -> None:
        with pytest.raises(InvalidRequestError, match="unknown member 'key'"):
            parse_request(event(source={"bytes": "QQ==", "key": "k"}), MODULE)
