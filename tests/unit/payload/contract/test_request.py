"""Otherwise a mistyped event would decide by another rule or image than its sender meant."""

from __future__ import annotations

import base64
import math

import pytest

from face_compare.contract.request import MEMBERS, parse_request
from face_compare.model.comparison import ComparisonRequest
from face_compare.model.errors import ImageTooLargeError, InvalidRequestError
from face_compare.model.image import InlineImage, StoredImage
from face_compare.model.rule import QualityFilter, Rule

MODULE = Rule(80.0)
WITH_REVIEW = Rule(80.0, 60.0)
STRICT = Rule(80.0, require_single_face=True)
MEDIUM = Rule(80.0, quality_filter="MEDIUM")
AUTO = Rule(80.0, quality_filter="AUTO")


def parse(module: Rule = MODULE, /, **members: object) -> ComparisonRequest:
    """Read an event of two keys and these members."""
    event = {"source": "reference/a.jpg", "target": "challenge/b.jpg", **members}
    return parse_request(event, module)


def inline(content: bytes) -> dict[str, str]:
    return {"bytes": base64.b64encode(content).decode()}


def test_keys_alone_mean_the_current_versions_and_the_modules_rule() -> None:
    images = (StoredImage("reference/a.jpg"),), (StoredImage("challenge/b.jpg"),)
    assert parse() == ComparisonRequest(*images, MODULE)
    assert parse(source={"key": "reference/a.jpg"}) == parse()


def test_a_version_id_reaches_the_request() -> None:
    request = parse(target={"key": "challenge/b.jpg", "version_id": "v1"})
    assert request.targets == (StoredImage("challenge/b.jpg", "v1"),)


def test_a_client_may_write_null_for_every_field_that_it_does_not_set() -> None:
    nothing = dict.fromkeys(MEMBERS)
    one = {"source": "reference/a.jpg", "target": "challenge/b.jpg"}
    lists = {"sources": ["reference/a.jpg"], "targets": ["challenge/b.jpg"]}
    for event in (one, lists):
        assert parse_request({**nothing, **event}, STRICT) == parse_request(event, STRICT)
    key = {"key": "challenge/b.jpg", "version_id": None, "bytes": None}
    assert parse(target=key) == parse()
    content = {"key": None, "version_id": None, **inline(b"image")}
    (image,) = parse(target=content).targets
    assert isinstance(image, InlineImage)
    assert image.content == b"image"


def test_a_misspelled_field_is_refused_even_if_it_is_null() -> None:
    for wrong in (
        {"similarity_treshold": None},
        {"target": {"key": "challenge/b.jpg", "size": None}},
    ):
        with pytest.raises(InvalidRequestError, match="unknown field"):
            parse(**wrong)


@pytest.mark.parametrize("threshold", [80, 80.0, 99.5, 100])
def test_an_event_may_raise_the_threshold(threshold: float) -> None:
    assert parse(similarity_threshold=threshold).rule.similarity_threshold == threshold


def test_an_event_may_open_a_review_band_or_ask_for_single_faces_where_the_module_does_not() -> (
    None
):
    assert parse(review_threshold=60).rule == WITH_REVIEW
    assert parse(require_single_face=True).rule == STRICT


@pytest.mark.parametrize(
    ("module", "quality_filter"),
    [(MODULE, "AUTO"), (MODULE, "LOW"), (MEDIUM, "MEDIUM"), (MEDIUM, "HIGH"), (AUTO, "AUTO")],
)
def test_an_event_may_ask_for_better_images(module: Rule, quality_filter: QualityFilter) -> None:
    rule = parse(module, quality_filter=quality_filter).rule
    assert rule == module._replace(quality_filter=quality_filter)


def test_an_event_chooses_whether_it_is_explained_and_the_module_chooses_for_the_others() -> None:
    event = {"source": "reference/a.jpg", "target": "challenge/b.jpg"}
    for module in (False, True):
        for wish, explained in ((None, module), (True, True), (False, False)):
            request = parse_request({**event, "explain": wish}, MODULE, module_explains=module)
            assert request.explain is explained
        assert parse_request(event, MODULE, module_explains=module).explain is module


@pytest.mark.parametrize("module", [WITH_REVIEW, STRICT, MEDIUM, AUTO])
def test_the_modules_rule_holds_for_every_event(module: Rule) -> None:
    assert parse(module).rule == module


TOO_LOW, FRACTION = "can only raise it", "if a fraction was meant"
RANGE, KIND = "between 0 and 100", "not a string or a boolean"
EMPTY_BAND = "must be below the similarity_threshold"
WEAKER, UNCERTAIN = "is weaker than the module's", "cannot be compared with the module's"
NOT_A_FILTER = "must be one of NONE, AUTO, LOW, MEDIUM, HIGH"


@pytest.mark.parametrize(
    ("module", "member", "value", "words"),
    [
        (MODULE, "similarity_threshold", 79.99, TOO_LOW),
        (MODULE, "similarity_threshold", 0.9, f"Send 90 {FRACTION}"),
        (MODULE, "similarity_threshold", 1, f"Send 100 {FRACTION}"),
        (MODULE, "similarity_threshold", 100.01, RANGE),
        (MODULE, "similarity_threshold", math.nan, RANGE),
        (MODULE, "similarity_threshold", 10**400, RANGE),
        (MODULE, "similarity_threshold", True, KIND),
        (MODULE, "similarity_threshold", "90", KIND),
        (MODULE, "similarity_treshold", 99, "unknown field 'similarity_treshold'"),
        (MODULE, "review_threshold", 80, EMPTY_BAND),
        (WITH_REVIEW, "review_threshold", 59.9, TOO_LOW),
        (WITH_REVIEW, "review_threshold", 0.6, FRACTION),
        (WITH_REVIEW, "review_threshold", "70", KIND),
        (STRICT, "require_single_face", False, "cannot switch it off"),
        (MODULE, "require_single_face", "true", "true or false"),
        (MEDIUM, "quality_filter", "LOW", f"LOW {WEAKER} MEDIUM"),
        (AUTO, "quality_filter", "NONE", WEAKER),
        (MEDIUM, "quality_filter", "AUTO", f"AUTO {UNCERTAIN} MEDIUM"),
        (AUTO, "quality_filter", "HIGH", f"HIGH {UNCERTAIN} AUTO"),
        (MODULE, "quality_filter", "high", NOT_A_FILTER),
        (MODULE, "quality_filter", ["HIGH"], NOT_A_FILTER),
        (MODULE, "explain", 1, "true or false"),
    ],
)
def test_a_member_that_would_weaken_or_garble_the_rule_is_refused_by_name(
    module: Rule, member: str, value: object, words: str
) -> None:
    with pytest.raises(InvalidRequestError, match=words) as refused:
        parse(module, **{member: value})
    assert member in str(refused.value)


NOT_AN_IMAGE, NOT_A_KEY = "must be an object key, ", "key of an object"
NOT_A_VERSION, NOT_UNICODE = "version id of S3", "not valid Unicode"
ADDRESS = "like an address or a path"
WHITE_SPACE, TOO_LONG = "begins with white space", "longer than 1024 bytes"
NOT_BASE64 = r"(source|target)\.bytes"


@pytest.mark.parametrize(
    ("image", "words"),
    [
        ("", NOT_A_KEY),
        (7, NOT_AN_IMAGE),
        ({"key": {"key": "a.jpg"}}, NOT_A_KEY),
        ({}, NOT_A_KEY),
        ({"key": "a.jpg", "bucket": "another"}, "unknown field 'bucket'"),
        ({"key": "a.jpg", "version_id": 3}, NOT_A_VERSION),
        ({"key": "a.jpg", "version_id": "v" * 1025}, NOT_A_VERSION),
        ({"key": "a.jpg", "version_id": "\ud800"}, NOT_UNICODE),
        (" reference/a.jpg", WHITE_SPACE),
        ("\u3000reference/a.jpg", WHITE_SPACE),
        ("a" * 1025, TOO_LONG),
        ("\u00e9" * 513, TOO_LONG),
        ("reference/\ud800.jpg", NOT_UNICODE),
        ({"bytes": ""}, NOT_BASE64),
        ({"bytes": 7}, NOT_BASE64),
        ("s3://photos/reference/a.jpg", ADDRESS),
        ("https://photos.s3.amazonaws.com/reference/a.jpg", ADDRESS),
        ("arn:aws:s3:::photos/reference/a.jpg", ADDRESS),
        ("/reference/a.jpg", ADDRESS),
        ({"key": "./reference/a.jpg"}, ADDRESS),
        ("data:image/jpeg;base64,QQ==", ADDRESS),
        ({"bytes": "QQ==", "key": "k"}, "unknown field 'key'"),
    ],
)
@pytest.mark.parametrize("member", ["source", "target"])
def test_an_image_that_cannot_be_meant_is_refused_and_its_member_is_named(
    member: str, image: object, words: str
) -> None:
    with pytest.raises(InvalidRequestError, match=words) as refused:
        parse(MODULE, **{member: image})
    assert member in str(refused.value)


@pytest.mark.parametrize(
    "key", ["a" * 1024, "\u00e9" * 512, "reference/a b+c.jpg", "reference/../x", "reference/雪.png"]
)
def test_every_key_that_s3_and_rekognition_accept_is_accepted(key: str) -> None:
    assert parse(source=key).sources == (StoredImage(key),)


def test_the_bytes_of_an_image_reach_the_request_and_never_show_in_its_text() -> None:
    (image,) = parse(source=inline(b"image bytes")).sources
    assert isinstance(image, InlineImage)
    assert image.content == b"image bytes"
    assert "image bytes" not in repr(image)


def test_five_megabytes_are_accepted_and_one_byte_more_is_not() -> None:
    limit = 5 * 1024 * 1024
    parse(source=inline(bytes(limit)))
    with pytest.raises(ImageTooLargeError, match="5 MB"):
        parse(source=inline(bytes(limit + 1)))


def test_the_order_of_the_lists_is_kept() -> None:
    request = parse_request({"sources": ["b", "a"], "targets": ["d", {"key": "c"}]}, MODULE)
    assert request.sources == (StoredImage("b"), StoredImage("a"))
    assert request.targets == (StoredImage("d"), StoredImage("c"))
    assert (request.listed_sources, request.listed_targets) == (True, True)


@pytest.mark.parametrize(
    ("several", "most", "other"),
    [("sources", 10, {"target": "t"}), ("targets", 100, {"source": "s"})],
)
def test_the_longest_list_is_accepted_and_one_more_is_not(
    several: str, most: int, other: dict[str, str]
) -> None:
    parse_request({several: ["k"] * most, **other}, MODULE)
    for value in (["k"] * (most + 1), [], "k", {"key": "k"}):
        with pytest.raises(InvalidRequestError, match=f"{several} must be a list of 1 to"):
            parse_request({several: value, **other}, MODULE)


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"target": "t"}, "no source"),
        ({"source": "s"}, "no target"),
        ({"source": None, "sources": None, "target": "t"}, "no source"),
        ({"source": "s", "target": {"key": None, "bytes": None}}, r"target\.key"),
        ({"source": "s", "sources": ["s"], "target": "t"}, "both source and sources"),
        ({"source": "s", "target": "t", "targets": ["t"]}, "both target and targets"),
        ({"source": "s", "targets": ["t", ""]}, r"targets\[1\]"),
        (None, r"reference/alice\.jpg"),
        ("reference/a.jpg", r"reference/alice\.jpg"),
        ('{"source": "s", "target": "t"}', "encode it once"),
        ({"source": "s", "target": ["t"]}, "Send targets"),
    ],
)
def test_an_event_of_another_form_is_refused_and_the_message_says_what_is_wrong(
    event: object, words: str
) -> None:
    with pytest.raises(InvalidRequestError, match=words):
        parse_request(event, MODULE)
