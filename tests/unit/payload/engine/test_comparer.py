"""Several images in one request: each pair is compared, and the best source decides."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from face_compare.model import errors
from face_compare.model.rule import Rule
from tests.unit.payload.direct import DECIDED, FAILED, Direct, Records
from tests.unit.payload.invocation import SETTINGS, Context, OverOnce


@pytest.fixture
def hold() -> Iterator[threading.Event]:
    """An event for which calls wait. It happens at the end of the test at the latest."""
    held = threading.Event()
    yield held
    held.set()


def test_answers_are_in_the_order_of_the_request_whatever_finishes_first(direct: Direct) -> None:
    last = threading.Event()

    def in_turn(_: str, target: str) -> None:
        if target == "t0":
            assert last.wait(60)
        if target == "t8":
            last.set()

    direct.rekognition.before = in_turn
    scores = {f"t{number}": float(number) for number in (0, 9, 3, 7, 1, 8)}
    direct.rekognition.scores.update(scores)
    results = direct.results(source="s", targets=list(scores))
    assert {entry["target"]["key"]: entry["similarity"] for entry in results} == scores
    assert [entry["target"]["key"] for entry in results] == list(scores)


def test_one_failed_target_does_not_cost_the_others_their_decision_or_record(
    direct: Direct, records: Records
) -> None:
    direct.rekognition.scores.update({"busy": "ThrottlingException", "other": 2.0})
    good, busy, other = direct.results(source="s", targets=["good", "busy", "other"])
    assert (good["decision"], other["decision"]) == ("match", "no_match")
    assert busy["error"]["type"] == "ThrottledError"
    assert busy["error"]["retryable"] is True
    assert busy["target"] == {"bucket": "photos", "key": "busy", "version_id": None}
    assert "decision" not in busy
    written = records.all()
    assert [record["target_key"] for record in written] == ["good", "busy", "other"]
    assert [record.get("decision") for record in written] == ["match", None, "no_match"]
    assert written[1]["error_type"] == "ThrottledError"


def test_the_invocation_fails_if_every_pair_failed_and_a_transient_error_leads(
    direct: Direct,
) -> None:
    direct.rekognition.scores.update({"a": "AccessDeniedException", "b": "ThrottlingException"})
    with pytest.raises(errors.ThrottledError):
        direct.serve(source="s", targets=["a", "b"])


def test_a_list_of_one_is_answered_with_a_list_of_one(direct: Direct) -> None:
    assert len(direct.results(source="s", targets=["t"])) == 1


def test_the_best_source_decides_and_answer_and_records_have_every_score_and_error(
    direct: Direct, records: Records
) -> None:
    """Otherwise a reference that nobody can read would never be noticed."""
    direct.rekognition.scores.update({"old": 41.0, "new": 97.0, "bad": "AccessDeniedException"})
    answer = direct.serve(sources=["old", "new", "bad"], target="t")
    assert (answer["decision"], answer["similarity"]) == ("match", 97.0)
    assert answer["source"]["key"] == "new"
    assert [entry["key"] for entry in answer["sources"]] == ["old", "new", "bad"]
    assert [entry.get("similarity") for entry in answer["sources"]] == [41.0, 97.0, None]
    assert answer["sources"][2]["error"]["type"] == "CallForbiddenError"
    failed, decided = records.the(FAILED), records.the(DECIDED)
    assert (failed["source_key"], failed["levelno"]) == ("bad", logging.ERROR)
    assert (failed["target_key"], failed["error_type"]) == ("t", "CallForbiddenError")
    assert (decided["source_key"], decided["source_count"]) == ("new", 3)


def test_a_direct_caller_gets_the_decision_by_the_sources_that_could_be_compared(
    direct: Direct,
) -> None:
    """The error of the other source is beside it, so the caller can send the request again."""
    direct.rekognition.scores.update({"old": 41.0, "gone": "ThrottlingException"})
    answer = direct.serve(sources=["old", "gone"], target="t")
    assert answer["decision"] == "no_match"
    assert answer["sources"][1]["error"]["retryable"] is True


def test_a_score_of_zero_is_better_than_no_score(direct: Direct) -> None:
    direct.rekognition.scores.update({"unscored": None, "zero": 0.0})
    assert direct.serve(sources=["unscored", "zero"], target="t")["source"]["key"] == "zero"


def test_the_review_band_is_decided_answered_and_recorded(direct: Direct, records: Records) -> None:
    """Otherwise nobody could tell why a score was decided review on one day only."""
    direct.rekognition.scores["t"] = 70.0
    answer = direct.serve(source="s", target="t", review_threshold=60)
    assert (answer["decision"], answer["match"]) == ("review", False)
    assert answer["review_threshold"] == 60.0
    direct.serve(source="s", target="t")
    assert [record["review_threshold"] for record in records.of(DECIDED)] == [60.0, "none"]


def test_no_more_comparisons_run_at_once_than_the_module_allows(direct: Direct) -> None:
    # Each call waits here until so many calls run at once.
    together = threading.Barrier(SETTINGS.concurrency)
    threads: set[int] = set()

    def count(*_: str) -> None:
        threads.add(threading.get_ident())
        together.wait(60)

    direct.rekognition.before = count
    direct.serve(source="s", targets=[f"t{n}" for n in range(30)])
    assert len(threads) == SETTINGS.concurrency


def test_a_target_that_the_timeout_leaves_no_time_for_fails_alone_and_is_retryable(
    direct: Direct, hold: threading.Event
) -> None:
    context = OverOnce()

    def wait(_: str, target: str) -> None:
        if target == "next":
            # One of the two workers is busy with "slow", so "quick" is done.
            context.happened.set()
        if target != "quick":
            hold.wait(60)

    direct.rekognition.before = wait
    direct.settings = SETTINGS._replace(concurrency=2)
    quick, slow, _ = direct.results(context, source="s", targets=["quick", "slow", "next"])
    assert quick["decision"] == "match"
    assert slow["error"]["type"] == "OutOfTimeError"
    assert slow["error"]["retryable"] is True


def test_comparisons_that_have_not_begun_when_time_is_over_never_begin(
    direct: Direct, hold: threading.Event
) -> None:
    """Otherwise they would run during the next invocation, and be paid for in vain."""
    context = OverOnce()
    workers: list[threading.Thread] = []

    def wait(*_: str) -> None:
        workers.append(threading.current_thread())
        if len(workers) == SETTINGS.concurrency:
            context.happened.set()
        hold.wait(60)

    direct.rekognition.before = wait
    with pytest.raises(errors.OutOfTimeError):
        direct.serve(context, source="s", targets=[f"t{n}" for n in range(20)])
    hold.set()
    for worker in workers:
        worker.join(60)
    assert len(workers) == SETTINGS.concurrency


def test_a_second_is_kept_for_the_answer_however_long_a_comparison_takes(
    direct: Direct, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise Lambda would stop the function, and the other decisions would be lost."""
    waited: list[float] = []
    monkeypatch.setattr(
        "face_compare.engine.concurrency.wait", lambda _, timeout: waited.append(timeout)
    )
    # It depends on chance whether anything is done by then.
    with contextlib.suppress(errors.OutOfTimeError):
        direct.serve(Context(remaining_ms=9_000), source="s", targets=["a", "b"])
    assert waited == [8.0]


def test_a_target_without_any_comparison_names_the_first_source(direct: Direct) -> None:
    """Otherwise the entry would name a source at random."""
    direct.rekognition.scores["busy"] = "ThrottlingException"
    _, busy = direct.results(sources=["a", "b", "c"], targets=["good", "busy"])
    assert busy["source"]["key"] == "a"


class TestSingleFace:
    """If the rule requires a single face."""

    @pytest.fixture
    def strict(self, direct: Direct) -> Direct:
        direct.settings = SETTINGS._replace(rule=Rule(80.0, require_single_face=True))
        direct.rekognition.faces.update({"one": 1, "two": 2, "none": 0})
        return direct

    @pytest.mark.parametrize(
        ("source", "error", "words"),
        [
            (
                "two",
                errors.SeveralFacesInSourceError,
                "source image 'two' shows 2.*require_single_face",
            ),
            ("none", errors.NoFaceInSourceError, "source image 'none'"),
        ],
    )
    def test_a_source_with_several_faces_or_none_is_refused_for_this_reason(
        self, strict: Direct, source: str, error: type[errors.FaceCompareError], words: str
    ) -> None:
        with pytest.raises(error, match=words):
            strict.serve(source=source, target="t")

    def test_the_answer_says_how_many_faces_the_source_has_if_they_were_counted(
        self, strict: Direct
    ) -> None:
        """Otherwise a caller could not tell a person from the largest face of a group."""
        assert strict.serve(source="one", target="t")["source"]["face_count"] == 1
        strict.settings = SETTINGS
        assert strict.serve(source="two", target="t")["source"]["face_count"] is None

    def test_a_target_with_several_faces_is_refused_even_if_one_matches(
        self, strict: Direct
    ) -> None:
        strict.rekognition.unmatched_faces = 1
        with pytest.raises(errors.SeveralFacesInTargetError, match="target image 't' shows 2"):
            strict.serve(source="one", target="t")

    def test_counting_faces_and_comparing_end_before_the_timeout(
        self, strict: Direct, hold: threading.Event
    ) -> None:
        strict.rekognition.before = lambda *_: hold.wait(5)
        with pytest.raises(errors.OutOfTimeError):
            strict.serve(Context(remaining_ms=1_200), source="one", target="t")

    def test_several_sources_are_counted_at_once(
        self, strict: Direct, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Otherwise an event with many sources would take many times as long."""
        # Each call waits here until so many calls run at once.
        together = threading.Barrier(SETTINGS.concurrency)

        def count(**_: object) -> dict[str, Any]:
            together.wait(20)
            return {"FaceDetails": [{}]}

        monkeypatch.setattr(strict.clients.rekognition, "detect_faces", count)
        sources = [f"s{n}" for n in range(SETTINGS.concurrency)]
        assert strict.serve(sources=sources, target="t")["decision"] == "match"

    def test_counting_several_sources_ends_before_the_timeout(
        self, strict: Direct, hold: threading.Event, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Otherwise Lambda would end the function, and the caller would get no typed error."""
        counted = []

        def count(**call: object) -> dict[str, Any]:
            hold.wait(10)
            counted.append(call)
            return {"FaceDetails": [{}]}

        monkeypatch.setattr(strict.clients.rekognition, "detect_faces", count)
        with pytest.raises(errors.OutOfTimeError):
            strict.serve(Context(remaining_ms=1_000), sources=["one", "other"], target="t")
        assert counted == []

    @pytest.mark.parametrize(
        ("faces", "error"),
        [(2, "SeveralFacesInSourceError"), ("ThrottlingException", "ThrottledError")],
    )
    def test_the_other_sources_decide_when_one_is_refused_or_cannot_be_counted(
        self, strict: Direct, faces: int | str, error: str
    ) -> None:
        """Otherwise a throttled call would fail a request that the other source can decide."""
        strict.rekognition.faces["bad"] = faces
        answer = strict.serve(sources=["bad", "one"], target="t")
        assert (answer["decision"], answer["source"]["key"]) == ("match", "one")
        assert answer["sources"][0]["error"]["type"] == error

    @pytest.mark.parametrize(
        ("faces", "error"),
        [
            (2, errors.SeveralFacesInTargetError),
            ("ThrottlingException", errors.ThrottledError),
        ],
    )
    def test_a_face_that_the_quality_filter_left_out_still_counts(
        self, strict: Direct, faces: int | str, error: type[errors.FaceCompareError]
    ) -> None:
        """Otherwise an event could weaken the rule by asking for better images."""
        strict.rekognition.faces["t"] = faces
        with pytest.raises(error):
            strict.serve(source="one", target="t", quality_filter="LOW")
        strict.rekognition.faces["t"] = 1
        assert strict.serve(source="one", target="t", quality_filter="LOW")["match"] is True

    def test_without_the_rule_no_call_is_spent_on_counting(
        self, direct: Direct, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(direct.clients.rekognition, "detect_faces", None)
        direct.rekognition.unmatched_faces = 1
        assert direct.serve(source="two", target="t")["match"] is True


def test_a_poor_source_does_not_cost_the_others_their_decision(
    direct: Direct, records: Records
) -> None:
    """Otherwise one blurred reference would refuse everybody."""
    direct.rekognition.poor.add("reference/poor")
    direct.rekognition.faces["reference/poor"] = 1
    answer = direct.serve(sources=["reference/poor", "good"], target="t", quality_filter="MEDIUM")
    assert (answer["decision"], answer["quality_filter"]) == ("match", "MEDIUM")
    assert answer["sources"][0]["error"]["type"] == "LowQualityFaceInSourceError"
    assert records.the(FAILED)["error_type"] == "LowQualityFaceInSourceError"
    assert records.the(DECIDED)["quality_filter"] == "MEDIUM"


def test_the_bytes_of_an_inline_image_are_in_no_answer_and_no_record(
    direct: Direct, records: Records
) -> None:
    answer = direct.serve(source="s", target={"bytes": "dGhlIGltYWdl"})
    assert answer["target"]["sha256"] == hashlib.sha256(b"the image").hexdigest()
    record = records.the(DECIDED)
    assert record["target_sha256"] == answer["target"]["sha256"]
    assert "the image" not in str(record)
    assert "dGhlIGltYWdl" not in str(record) + str(answer)
