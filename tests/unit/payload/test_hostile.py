"""Any JSON at all: no event may crash the function or weaken the rule.

A few thousand examples run by default. `make fuzz` runs 100,000 of each.
"""

from __future__ import annotations

import json
import logging
import math
import os
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from awslambdaric.lambda_runtime_log_utils import JsonFormatter
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from face_compare.bulk import handlers
from face_compare.bulk.list_item import is_empty_line
from face_compare.contract.request import MOST_SOURCES, MOST_TARGETS, parse_request
from face_compare.model import errors
from face_compare.model.comparison import ComparisonRequest
from face_compare.model.rule import QUALITY_FILTERS, Rule, is_at_least
from face_compare.runtime.clients import Clients
from face_compare.service import Service
from tests.unit.payload.bulk_work import announced
from tests.unit.payload.canned_aws import compared
from tests.unit.payload.contract.test_http import of_load_balancer, of_rest_api, posted
from tests.unit.payload.fake_rekognition import raising, refusal
from tests.unit.payload.invocation import SETTINGS, Context

EXAMPLES = int(os.environ.get("FACE_COMPARE_EXAMPLES", "400"))
hostile = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)

MODULE_RULES = st.sampled_from(
    [
        Rule(80.0),
        Rule(99.0, 60.0),
        Rule(0.0),
        Rule(80.0, require_single_face=True),
        Rule(80.0, quality_filter="MEDIUM"),
        Rule(80.0, quality_filter="AUTO"),
    ]
)
ODD_KEYS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            "reference/a b+c%20.jpg",
            "../../etc/passwd",
            "reference/../challenge/x",
            "\u202egpj.a",
            "雪" * 341,
            "雪" * 342,
            "a" * 1024,
            "a" * 1025,
            "\x00",
            "\ud800",
            " a",
            "a\nb",
            "s3://bucket/key",
            "${jndi:x}",
        ]
    ),
)
ODD_NUMBERS = st.one_of(
    st.floats(),
    st.integers(),
    st.sampled_from([10**400, -(10**400), 0.0, -0.0, 1, 100, 1e-300, True, False, "80", "NaN"]),
)
ODD_IMAGES = st.one_of(
    ODD_KEYS,
    st.fixed_dictionaries({}, optional={"key": ODD_KEYS, "version_id": ODD_KEYS}),
    st.fixed_dictionaries({"bytes": st.one_of(st.text(), st.just("QUJD"), st.none())}),
)
JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=20),
        # Half a character, and what Python makes of 1e999. Both can come from valid JSON.
        st.sampled_from(["\ud83d", math.inf, -math.inf]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=5), st.dictionaries(st.text(max_size=12), inner, max_size=5)
    ),
    max_leaves=20,
)
EVENTS = st.fixed_dictionaries(
    {},
    optional={
        "source": st.one_of(ODD_IMAGES, JSON),
        "sources": st.one_of(st.lists(ODD_IMAGES, max_size=12), JSON),
        "target": st.one_of(ODD_IMAGES, JSON),
        "targets": st.one_of(st.lists(ODD_IMAGES, max_size=8), JSON),
        "similarity_threshold": st.one_of(ODD_NUMBERS, JSON),
        "review_threshold": st.one_of(ODD_NUMBERS, JSON),
        "require_single_face": st.one_of(st.booleans(), JSON),
        "quality_filter": st.one_of(st.sampled_from(QUALITY_FILTERS), JSON),
        "explain": st.one_of(st.booleans(), JSON),
        "another": JSON,
    },
)


def check(request: ComparisonRequest, module: Rule) -> None:
    """Assert what must hold for every request that is accepted."""
    assert 1 <= len(request.sources) <= MOST_SOURCES
    assert 1 <= len(request.targets) <= MOST_TARGETS
    assert module.similarity_threshold <= request.rule.similarity_threshold <= 100
    assert not 0 < request.rule.similarity_threshold <= 1
    if module.review_threshold is not None:
        assert request.rule.review_threshold is not None
        assert request.rule.review_threshold >= module.review_threshold
    if request.rule.review_threshold is not None:
        assert request.rule.review_threshold < request.rule.similarity_threshold
    assert request.rule.require_single_face or not module.require_single_face
    assert is_at_least(request.rule.quality_filter, module.quality_filter)


@hostile
@given(st.one_of(JSON, EVENTS), MODULE_RULES)
@example({"source": "a", "target": "b", "similarity_threshold": float("nan")}, Rule(80.0))
@example({"source": {"key": {}}, "target": {"bytes": []}}, Rule(80.0))
def test_any_event_is_a_request_within_the_rule_or_a_clear_refusal(
    event: Any, module: Rule
) -> None:
    try:
        request = parse_request(event, module)
    except (errors.InvalidRequestError, errors.ImageTooLargeError) as refusal:
        sentence = str(refusal)
    else:
        check(request, module)
        return
    assert 10 < len(sentence.encode()) < 1200


class RuntimeLog(logging.Handler):
    """Writes a record as Lambda's runtime does, and fails where the runtime would."""

    def emit(self, record: logging.LogRecord) -> None:
        """Encode the record, and drop it."""
        line = JsonFormatter().format(record).encode()
        assert len(line) < 8000, "the text of an event fills the log"


class EmptyBucket:
    """S3 for bulk work: it takes every object, and has nothing but one reference."""

    def put_object(self, **call: Any) -> dict[str, Any]:
        """Take an object, if S3 would take it."""
        assert len(call["Key"].encode()) <= 1024
        return {}

    get_object = raising(refusal("NoSuchKey", 404, "GetObject"))

    def head_object(self, **_: Any) -> dict[str, Any]:
        """Have every image that is asked for, in the version that most messages name."""
        return {"VersionId": "v1"}

    def get_paginator(self, _: str) -> Any:
        """List nothing."""
        return SimpleNamespace(paginate=lambda **_: [{}])

    def list_objects_v2(self, **call: Any) -> dict[str, Any]:
        """List one reference of any subject."""
        return {"Contents": [{"Key": f"{call['Prefix'].encode().decode()}1.jpg"}]}


@pytest.fixture(scope="module")
def canned_service() -> Iterator[Service]:
    """A service whose Rekognition answers every call with one score."""
    clients = Clients(SETTINGS)
    log, handler = logging.getLogger("face_compare"), RuntimeLog()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clients.rekognition, "compare_faces", lambda **_: compared(50.0).body)
        patch.setattr(clients.rekognition, "detect_faces", lambda **_: {"FaceDetails": [{}]})
        patch.setattr(handlers, "paced_rekognition", lambda *_: clients.rekognition)
        patch.setattr(handlers, "paced_s3", lambda *_: EmptyBucket())
        log.addHandler(handler)
        yield Service(SETTINGS, clients)
        log.removeHandler(handler)


def serve(service: Service, event: Any) -> Any:
    """Serve an event. It must give an error, or an answer that the runtime can send."""
    try:
        answer = service.serve(event, Context())
    except errors.FaceCompareError as error:
        str(error).encode()
        return None
    json.dumps(answer, allow_nan=False, ensure_ascii=False).encode()
    return answer


@hostile
@given(st.one_of(JSON, EVENTS))
def test_any_event_is_answered_with_json_or_a_typed_error(
    canned_service: Service, event: Any
) -> None:
    assume("requestContext" not in event if isinstance(event, dict) else True)
    serve(canned_service, event)


@hostile
@given(st.one_of(st.text(), EVENTS.map(json.dumps), st.none(), JSON))
def test_any_http_body_is_answered_with_a_status(canned_service: Service, body: Any) -> None:
    for http_event in (posted(""), of_rest_api(""), of_load_balancer("")):
        response = canned_service.serve({**http_event, "body": body}, Context())
        assert response["statusCode"] in {200, 400, 413}
        json.loads(response["body"])


@hostile
@given(
    st.fixed_dictionaries(
        {"requestContext": st.dictionaries(st.sampled_from(["http", "elb", "stage"]), JSON)},
        optional=dict.fromkeys(
            ["body", "headers", "httpMethod", "isBase64Encoded", "multiValueHeaders"], JSON
        ),
    )
)
def test_any_http_event_gets_a_response_that_its_sender_can_read(
    canned_service: Service, http_event: Any
) -> None:
    """Otherwise the caller would get 502."""
    response = canned_service.serve(http_event, Context())
    assert {"statusCode", "body", "isBase64Encoded"} < response.keys()


FORMATS = st.sampled_from(["CSV", "JSONL"])
BATCHES = st.one_of(
    JSON,
    st.lists(st.one_of(EVENTS, JSON), max_size=6),
    st.fixed_dictionaries(
        {"Items": st.one_of(st.lists(st.one_of(EVENTS, JSON), max_size=6), JSON)},
        optional={
            "BatchInput": st.one_of(
                st.fixed_dictionaries({"execution": st.text()}, optional={"format": FORMATS}), JSON
            ),
        },
    ),
)


@hostile
@given(BATCHES)
@example([{"source": "reference/\ud83d", "target": {"\ud83d": 1}}, {"source": "a", "target": "b"}])
@example({"Items": [{"source": " "}, {}], "BatchInput": {"format": "CSV"}})
@example([{"source": "a", "target": "b", "\ud83d": math.inf}, {"source": "a", "target": "b"}])
def test_any_batch_is_answered_item_by_item_or_refused(canned_service: Service, pairs: Any) -> None:
    answer = serve(canned_service, {"pairs": pairs})
    if answer is not None:
        items = pairs["Items"] if isinstance(pairs, dict) and "Items" in pairs else pairs
        listed = items if isinstance(items, list) else [items]
        # Only a line of CSV may be an empty one, which has no result.
        shared = pairs.get("BatchInput") if isinstance(pairs, dict) and "Items" in pairs else None
        is_csv = isinstance(shared, dict) and shared.get("format") == "CSV"
        lines = [each for each in listed if not (is_csv and is_empty_line(each))]
        assert len(answer["results"]) == len(lines)


ANNOUNCEMENTS = st.fixed_dictionaries(
    {},
    optional={
        "eventName": st.one_of(st.just("ObjectCreated:Put"), ODD_KEYS, JSON),
        "s3": st.one_of(
            st.fixed_dictionaries(
                {},
                optional={
                    "bucket": st.one_of(
                        st.just({"name": "photos"}), st.fixed_dictionaries({"name": ODD_KEYS}), JSON
                    ),
                    "object": st.fixed_dictionaries(
                        {},
                        optional={
                            "key": st.one_of(ODD_KEYS.map("challenge/a/{}".format), ODD_KEYS, JSON),
                            "versionId": st.one_of(st.just("v1"), ODD_KEYS, JSON),
                            "sequencer": st.one_of(st.just("0A"), ODD_KEYS, JSON),
                            "size": JSON,
                        },
                    ),
                },
            ),
            JSON,
        ),
    },
)
DETAILS = st.fixed_dictionaries(
    {},
    optional={
        "bucket": st.one_of(st.just({"name": "photos"}), JSON),
        "object": st.one_of(
            st.fixed_dictionaries(
                {"key": st.one_of(ODD_KEYS.map("challenge/a/{}".format), JSON)},
                optional=dict.fromkeys(["sequencer", "size", "version-id"], st.one_of(JSON)),
            ),
            JSON,
        ),
    },
)
BODIES = st.one_of(
    st.text(),
    JSON.map(json.dumps),
    st.fixed_dictionaries({"detail-type": JSON, "detail": st.one_of(DETAILS, JSON)}).map(
        json.dumps
    ),
    st.fixed_dictionaries(
        {"TopicArn": JSON, "Type": st.one_of(st.just("Notification"), JSON)},
        optional={"Message": st.one_of(st.text(), JSON.map(json.dumps), JSON)},
    ).map(json.dumps),
    st.fixed_dictionaries({"Records": st.one_of(st.lists(ANNOUNCEMENTS, max_size=4), JSON)}).map(
        json.dumps
    ),
)


@hostile
@given(st.lists(BODIES, min_size=1, max_size=4))
def test_a_good_image_is_decided_whatever_else_is_in_the_queue(
    canned_service: Service, bodies: list[str]
) -> None:
    good = json.dumps({"Records": [announced("challenge/alice/a.jpg")]})
    event = {
        "Records": [
            {"messageId": f"m{place}", "eventSource": "aws:sqs", "body": body}
            for place, body in enumerate([*bodies, good])
        ]
    }
    answer = serve(canned_service, event)
    again = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
    assert f"m{len(bodies)}" not in again
