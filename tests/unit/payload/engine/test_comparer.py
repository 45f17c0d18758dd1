"""Several images in one request: each pair is compared, and the best source decides."""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from face_compare.model import errors
from face_compare.model.rule import Rule
from face_compare.runtime.clients import Clients
from face_compare.service import Service
from tests.unit.payload.canned_aws import compared
from tests.unit.payload.conftest import SETTINGS, Context, OverOnce

Compare = Callable[[str, str], dict[str, Any]]


def name_of(image: Any) -> str:
    return str(image["S3Object"]["Name"]) if "S3Object" in image else image["Bytes"].decode()


@pytest.fixture
def answer_with(clients: Clients, monkeypatch: pytest.MonkeyPatch) -> Callable[[Compare], None]:
    """Answer CompareFaces by a function of the two keys."""

    def install(compare: Compare) -> None:
        monkeypatch.setattr(
            clients.rekognition,
            "compare_faces",
            lambda **call: compare(name_of(call["SourceImage"]), name_of(call["TargetImage"])),
        )

    return install


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": ""}}, "CompareFaces")


def by_target(scores: dict[str, float | str]) -> Compare:
    def compare(_: str, target: str) -> dict[str, Any]:
        score = scores[target]
        if isinstance(score, str):
            raise refused(score)
        return compared(score).body

    return compare


def test_answers_are_in_the_order_of_the_request_whatever_finishes_first(
    service: Service, answer_with: Callable[[Compare], None]
) -> None:
    last = threading.Event()

    def compare(_: str, target: str) -> dict[str, Any]:
        if target == "t0":
            assert last.wait(10)
        if target == "t8":
            last.set()
        return compared(float(target[1:])).body

    answer_with(compare)
    targets = [f"t{number}" for number in (0, 9, 3, 7, 1, 8)]
    answer = service.serve({"source": "s", "targets": targets}, Context())
    assert [entry["target"]["key"] for entry in answer["results"]] == targets
    assert [entry["similarity"] for entry in answer["results"]] == [0, 9, 3, 7, 1, 8]


def test_one_failed_target_does_not_cost_the_others_their_decision(
    service: Service, answer_with: Callable[[Compare], None]
) -> None:
    answer_with(by_target({"good": 99.0, "busy": "ThrottlingException", "other": 2.0}))
    answer = service.serve({"source": "s", "targets": ["good", "busy", "other"]}, Context())
    good, busy, other = answer["results"]
    assert (good["decision"], other["decision"]) == ("match", "no_match")
    assert busy["error"]["type"] == "ThrottledError"
    assert busy["error"]["retryable"] is True
    assert busy["target"] == {"bucket": "photos", "key": "busy", "version_id": None}
    assert "decision" not in busy


def test_the_invocation_fails_if_every_pair_failed_and_a_transient_error_leads(
    service: Service, answer_with: Callable[[Compare], None]
) -> None:
    answer_with(by_target({"a": "AccessDeniedException", "b": "ThrottlingException"}))
    with pytest.raises(errors.ThrottledError):
        service.serve({"source": "s", "targets": ["a", "b"]}, Context())


def test_a_list_of_one_is_answered_with_a_list_of_one(
    service: Service, answer_with: Callable[[Compare], None]
) -> None:
    answer_with(by_target({"t": 99.0}))
    answer = service.serve({"source": "s", "targets": ["t"]}, Context())
    assert len(answer["results"]) == 1


def test_the_best_source_decides_and_the_answer_lists_every_score(
    service: Service, answer_with: Callable[[Compare], None]
) -> None:
    scores: dict[str, float | str] = {"old": 41.0, "new": 97.0, "gone": "ThrottlingException"}

    def compare(source: str, _: str) -> dict[str, Any]:
        return by_target(scores)("", source)

    answer_with(compare)
    answer = service.serve({"sources": ["old", "new", "gone"], "target": "t"}, Context())
    assert (answer["decision"], answer["similarity"]) == ("match", 97.0)
    assert answer["source"]["key"] == "new"
    assert [entry["key"] for entry in answer["sources"]] == ["old", "new", "gone"]
    assert [entry.get("similarity") for entry in answer["sources"]] == [41.0, 97.0, None]
    assert answer["sources"][2]["error"]["type"] == "ThrottledError"


def test_a_direct_caller_gets_the_decision_by_the_sources_that_could_be_compared(
    service: Service, answer_with: Callable[[Compare], None]
) -> None:
    """The error of the other source is beside it, so the caller can send the request again."""

    def compare(source: str, _: str) -> dict[str, Any]:
        return by_target({"old": 41.0, "gone": "ThrottlingException"})("", source)

    answer_with(compare)
    answer = service.serve({"sources": ["old", "gone"], "target": "t"}, Context())
    assert answer["decision"] == "no_match"
    assert answer["sources"][1]["error"]["retryable"] is True


def test_a_score_of_zero_is_better_than_no_score(
    service: Service, answer_with: Callable[[Compare], None]
) -> None:
    def compare(source: str, _: str) -> dict[str, Any]:
        return compared(unmatched=1).body if source == "unscored" else compared(0.0).body

    answer_with(compare)
    answer = service.serve({"sources": ["unscored", "zero"], "target": "t"}, Context())
    assert answer["source"]["key"] == "zero"


def test_the_review_band_is_decided_and_answered(
    service: Service, answer_with: Callable[[Compare], None]
) -> None:
    answer_with(by_target({"t": 70.0}))
    answer = service.serve({"source": "s", "target": "t", "review_threshold": 60}, Context())
    assert (answer["decision"], answer["match"]) == ("review", False)
    assert answer["review_threshold"] == 60.0


def test_no_more_comparisons_run_at_once_than_the_module_allows(
    service: Service, answer_with: Callable[[Compare], None]
) -> None:
    # Each call waits here until so many calls run at once.
    together = threading.Barrier(SETTINGS.concurrency)
    threads: set[int] = set()

    def compare(_: str, __: str) -> dict[str, Any]:
        threads.add(threading.get_ident())
        together.wait(10)
        return compared(1.0).body

    answer_with(compare)
    service.serve({"source": "s", "targets": [f"t{n}" for n in range(30)]}, Context())
    assert len(threads) == SETTINGS.concurrency


def test_a_target_that_the_timeout_leaves_no_time_for_fails_alone_and_is_retryable(
    clients: Clients, answer_with: Callable[[Compare], None]
) -> None:
    hold = threading.Event()
    context = OverOnce()

    def compare(_: str, target: str) -> dict[str, Any]:
        if target == "next":
            # One of the two workers is busy with "slow", so "quick" is done.
            context.happened.set()
        if target != "quick":
            hold.wait(10)
        return compared(99.0).body

    answer_with(compare)
    service = Service(SETTINGS._replace(concurrency=2), clients)
    try:
        answer = service.serve({"source": "s", "targets": ["quick", "slow", "next"]}, context)
    finally:
        hold.set()
    quick, slow, _ = answer["results"]
    assert quick["decision"] == "match"
    assert slow["error"]["type"] == "OutOfTimeError"
    assert slow["error"]["retryable"] is True


def test_comparisons_that_have_not_begun_when_time_is_over_never_begin(
    service: Service, answer_with: Callable[[Compare], None]
) -> None:
    """Otherwise they would run during the next invocation, and be paid for in vain."""
    hold = threading.Event()
    context = OverOnce()
    workers: list[threading.Thread] = []

    def compare(_: str, __: str) -> dict[str, Any]:
        workers.append(threading.current_thread())
        if len(workers) == SETTINGS.concurrency:
            context.happened.set()
        hold.wait(10)
        return compared(99.0).body

    answer_with(compare)
    try:
        with pytest.raises(errors.OutOfTimeError):
            service.serve({"source": "s", "targets": [f"t{n}" for n in range(20)]}, context)
    finally:
        hold.set()
    for worker in workers:
        worker.join(10)
    assert len(workers) == SETTINGS.concurrency


def test_a_second_is_kept_for_the_answer_however_long_a_comparison_takes(
    service: Service, answer_with: Callable[[Compare], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise Lambda would stop the function, and the other decisions would be lost."""
    waited: list[float] = []
    monkeypatch.setattr(
        "face_compare.engine.concurrency.wait", lambda _, timeout: waited.append(timeout)
    )
    answer_with(by_target({"a": 99.0, "b": 99.0}))
    # It depends on chance whether anything is done by then.
    with contextlib.suppress(errors.OutOfTimeError):
        service.serve({"source": "s", "targets": ["a", "b"]}, Context(remaining_ms=9_000))
    assert waited == [8.0]


def test_a_target_without_any_comparison_names_the_first_source(
    service: Service, answer_with: Callable[[Compare], None]
) -> None:
    """Otherwise the entry would name a source at random."""
    answer_with(by_target({"good": 99.0, "busy": "ThrottlingException"}))
    event = {"sources": ["a", "b", "c"], "targets": ["good", "busy"]}
    _, busy = service.serve(event, Context())["results"]
    assert busy["source"]["key"] == "a"


def test_every_pair_is_recorded_once(
    service: Service,
    answer_with: Callable[[Compare], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    answer_with(by_target({"a": 99.0, "b": "ThrottlingException", "c": 3.0}))
    service.serve({"source": "s", "targets": ["a", "b", "c"]}, Context())
    written = [vars(record) for record in caplog.records if record.name == "face_compare"]
    assert [record["target_key"] for record in written] == ["a", "b", "c"]
    assert [record.get("decision") for record in written] == ["match", None, "no_match"]
    assert written[1]["error_type"] == "ThrottledError"


class TestSingleFace:
    """If the rule requires a single face."""

    @pytest.fixture
    def strict(self, clients: Clients) -> Service:
        return Service(SETTINGS._replace(rule=Rule(80.0, require_single_face=True)), clients)

    @pytest.fixture(autouse=True)
    def faces(self, clients: Clients, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
        counts = {"one": 1, "two": 2, "none": 0}
        monkeypatch.setattr(
            clients.rekognition,
            "detect_faces",
            lambda **call: {"FaceDetails": [{}] * counts[name_of(call["Image"])]},
        )
        return counts

    def test_a_source_with_several_faces_is_refused(
        self, strict: Service, answer_with: Callable[[Compare], None]
    ) -> None:
        answer_with(by_target({"t": 99.0}))
        with pytest.raises(errors.SeveralFacesInSourceError, match="source image two shows 2"):
            strict.serve({"source": "two", "target": "t"}, Context())

    def test_a_source_without_a_face_is_refused_for_this_reason(self, strict: Service) -> None:
        with pytest.raises(errors.NoFaceInSourceError):
            strict.serve({"source": "none", "target": "t"}, Context())

    def test_a_target_with_several_faces_is_refused_even_if_one_matches(
        self, strict: Service, answer_with: Callable[[Compare], None]
    ) -> None:
        answer_with(lambda *_: compared(99.0, unmatched=1).body)
        with pytest.raises(errors.SeveralFacesInTargetError, match="target image t shows 2"):
            strict.serve({"source": "one", "target": "t"}, Context())

    def test_counting_faces_and_comparing_end_before_the_timeout(
        self,
        strict: Service,
        answer_with: Callable[[Compare], None],
    ) -> None:
        hold = threading.Event()

        def slow(*_: str) -> dict[str, Any]:
            hold.wait(5)
            return compared(99.0).body

        answer_with(slow)
        try:
            with pytest.raises(errors.OutOfTimeError):
                strict.serve({"source": "one", "target": "t"}, Context(remaining_ms=1_200))
        finally:
            hold.set()

    def test_single_faces_are_compared(
        self, strict: Service, answer_with: Callable[[Compare], None]
    ) -> None:
        answer_with(by_target({"t": 99.0}))
        assert strict.serve({"source": "one", "target": "t"}, Context())["match"] is True

    def test_the_other_sources_decide_when_one_is_refused(
        self, strict: Service, answer_with: Callable[[Compare], None]
    ) -> None:
        answer_with(by_target({"t": 99.0}))
        answer = strict.serve({"sources": ["two", "one"], "target": "t"}, Context())
        assert answer["source"]["key"] == "one"
        assert answer["sources"][0]["error"]["type"] == "SeveralFacesInSourceError"

    def test_the_other_sources_decide_when_the_faces_of_one_cannot_be_counted(
        self,
        strict: Service,
        clients: Clients,
        answer_with: Callable[[Compare], None],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Otherwise a throttled call would fail a request that the other source can decide."""

        def detect(**call: Any) -> dict[str, Any]:
            if name_of(call["Image"]) == "busy":
                raise refused("ThrottlingException")
            return {"FaceDetails": [{}]}

        monkeypatch.setattr(clients.rekognition, "detect_faces", detect)
        answer_with(by_target({"t": 99.0}))
        answer = strict.serve({"sources": ["busy", "one"], "target": "t"}, Context())
        assert (answer["decision"], answer["source"]["key"]) == ("match", "one")
        assert answer["sources"][0]["error"]["type"] == "ThrottledError"

    def test_without_the_rule_no_call_is_spent_on_counting(
        self,
        service: Service,
        clients: Clients,
        answer_with: Callable[[Compare], None],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(clients.rekognition, "detect_faces", None)
        answer_with(by_target({"t": 99.0}))
        assert service.serve({"source": "two", "target": "t"}, Context())["match"] is True


def test_the_bytes_of_an_inline_image_are_in_no_answer_and_no_record(
    service: Service,
    answer_with: Callable[[Compare], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    answer_with(by_target({"the image": 99.0}))
    event = {"source": "s", "target": {"bytes": "dGhlIGltYWdl"}}
    answer = service.serve(event, Context())
    assert answer["target"]["sha256"] == hashlib.sha256(b"the image").hexdigest()
    (record,) = [vars(record) for record in caplog.records if record.name == "face_compare"]
    assert record["target_sha256"] == answer["target"]["sha256"]
    assert "the image" not in str(record)
    assert "dGhlIGltYWdl" not in str(record) + str(answer)
