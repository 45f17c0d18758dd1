"""Photos that arrive by themselves and lists of pairs: nothing lost, decided or paid for twice."""

from __future__ import annotations

import datetime
import json
import re
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from face_compare import faults
from face_compare.clients import Clients
from face_compare.comparer import Comparer
from face_compare.decision import Rule
from face_compare.intake import Intake
from face_compare.pairs import Pairs
from face_compare.results import Claim, ResultStore
from face_compare.service import Service
from tests.unit.payload.bulk_work import INVOCATION, Bulk, photo, raising, refusal
from tests.unit.payload.conftest import SETTINGS, Context
from tools.places import REPOSITORY


def plenty() -> float:
    return 29.0


def refuse_results(
    bulk: Bulk,
    monkeypatch: pytest.MonkeyPatch,
    times: int,
    code: str = "SlowDown",
    status: int = 503,
) -> list[str]:
    """Make S3 refuse so many results; their keys as they come."""
    original, refused = bulk.s3.put_object, list[str]()

    def put_object(**put: Any) -> Any:
        if put["Key"].endswith(".json") and len(refused) < times:
            refused.append(put["Key"])
            raise refusal(code, status, "PutObject")
        return original(**put)

    monkeypatch.setattr(bulk.s3, "put_object", put_object)
    monkeypatch.setattr("face_compare.intake._REST_SECONDS", 0.0)
    return refused


class TestUploads:
    """Each uploaded photo ends with one result, or its message comes again."""

    @pytest.fixture(autouse=True)
    def references(self, bulk: Bulk) -> None:
        bulk.put("reference/alice/1.jpg")
        bulk.put("reference/alice/2.jpg")
        bulk.put("reference/alicia/1.jpg")

    def test_a_photo_is_compared_with_its_subjects_references_and_no_others(
        self, bulk: Bulk
    ) -> None:
        record = photo(bulk)
        assert bulk.deliver([record]) == []
        version = record["s3"]["object"]["versionId"]
        (key,) = bulk.result_keys()
        assert key == f"results/alice/a.jpg/{version}.json"
        result = bulk.result(key)
        assert result["decision"] == "match"
        assert result["photo"]["version_id"] == version
        assert [source["key"] for source in result["sources"]] == [
            "reference/alice/1.jpg",
            "reference/alice/2.jpg",
        ]
        assert result["request_id"] == "request-1"
        datetime.datetime.fromisoformat(result["decided_at"])

    def test_five_deliveries_are_paid_for_once_and_leave_one_result(self, bulk: Bulk) -> None:
        record = photo(bulk)
        assert bulk.deliver([record], [record], [record, record]) == []
        assert bulk.deliver([record]) == []
        assert len(bulk.result_keys()) == 1
        assert len(bulk.rekognition.calls) == 2

    def test_a_new_version_is_a_new_comparison(self, bulk: Bulk) -> None:
        bulk.deliver([photo(bulk)])
        bulk.deliver([photo(bulk)])
        assert len(bulk.result_keys()) == 2

    def test_a_poison_photo_has_its_error_as_its_result_and_harms_no_other(
        self, bulk: Bulk
    ) -> None:
        bulk.rekognition.scores["challenge/alice/bad.jpg"] = "InvalidParameterException"
        good, bad = photo(bulk), photo(bulk, "challenge/alice/bad.jpg")
        assert bulk.deliver([bad], [good]) == []
        results = [bulk.result(key) for key in bulk.result_keys()]
        assert [result.get("decision") for result in results] == ["match", None]
        assert results[1]["error"]["type"] == "NoFaceInTargetError"
        assert results[1]["error"]["retryable"] is False
        bad_calls = [target for _, target in bulk.rekognition.calls if "bad" in target]
        assert len(bad_calls) == 1, "one reference is enough to learn that the photo has no face"

    @pytest.mark.parametrize("code", ["AccessDeniedException", "SomethingNewException"])
    def test_a_fault_of_the_set_up_is_no_result_so_that_mending_it_helps(
        self, bulk: Bulk, code: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Else every photo of an hour with a wrong policy would be refused for ever."""
        record = photo(bulk)
        bulk.rekognition.scores["challenge/alice/a.jpg"] = code
        assert bulk.deliver([record]) == ["m0"]
        assert bulk.result_keys() == []
        bulk.rekognition.scores.clear()
        monkeypatch.setattr(bulk.intake._results, "_lease_seconds", -1.0)
        assert bulk.deliver([record]) == []
        assert bulk.result(bulk.result_keys()[0])["decision"] == "match"

    def test_photos_with_many_references_are_decided_one_after_another_and_not_all_in_part(
        self, bulk: Bulk, clients: Clients
    ) -> None:
        """Else a batch would be paid for at every try and never be done."""
        for number in range(3, 13):
            bulk.put(f"reference/alice/{number}.jpg")
        settings = SETTINGS._replace(calls_per_second=10.0)
        comparer = Comparer(settings, clients, bulk.rekognition)  # type: ignore[arg-type]
        bulk.intake = Intake(settings, comparer, bulk.s3)
        photos = [[photo(bulk, f"challenge/alice/{n}.jpg")] for n in range(8)]
        again = bulk.deliver(*photos, left=settings.seconds_after_turn + 2.5)
        decided = len(photos) - len(again)
        assert 1 <= decided <= 3
        assert len(bulk.rekognition.calls) == 12 * decided

    def test_more_references_than_anybody_means_to_pay_for_are_refused(self, bulk: Bulk) -> None:
        for number in range(3, 102):
            bulk.put(f"reference/alice/{number}.jpg")
        assert bulk.deliver([photo(bulk)]) == []
        assert bulk.result(bulk.result_keys()[0])["error"]["type"] == "InvalidRequestError"
        assert bulk.rekognition.calls == []

    def test_a_defect_at_one_photo_sends_only_its_message_back(
        self, bulk: Bulk, caplog: pytest.LogCaptureFixture
    ) -> None:
        def fail(target: str) -> None:
            if "bad" in target:
                raise RuntimeError("a defect")

        bulk.rekognition.before = fail
        good, bad = photo(bulk), photo(bulk, "challenge/alice/bad.jpg")
        assert bulk.deliver([bad], [good]) == ["m0"]
        assert len(bulk.result_keys()) == 1
        failures = [vars(r) for r in caplog.records if r.getMessage().endswith("failed")]
        assert [failure["error_type"] for failure in failures] == ["RuntimeError"]

    def test_a_conflict_in_s3_is_not_taken_for_a_result_that_is_there(
        self, bulk: Bulk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        original, conflicts = bulk.s3.put_object, ["first try"]

        def put(**call: Any) -> Any:
            if call["Key"].endswith(".json") and conflicts:
                conflicts.pop()
                raise ClientError(
                    {
                        "Error": {"Code": "ConditionalRequestConflict"},
                        "ResponseMetadata": {"HTTPStatusCode": 409},  # type: ignore[typeddict-item]
                    },
                    "PutObject",
                )
            return original(**call)

        monkeypatch.setattr(bulk.s3, "put_object", put)
        assert bulk.deliver([photo(bulk)]) == []
        assert len(bulk.result_keys()) == 1

    def test_the_same_photo_put_again_is_decided_again_where_there_are_no_versions(
        self, bulk: Bulk
    ) -> None:
        """So that "put a reference there, then upload the photo again" is true everywhere."""
        record = photo(bulk)
        for sequencer in ("0A", "0B"):
            stored = {**record["s3"]["object"], "sequencer": sequencer}
            del stored["versionId"]
            bulk.deliver([{**record, "s3": {**record["s3"], "object": stored}}])
        assert len(bulk.result_keys()) == 2

    @pytest.mark.parametrize(
        ("key", "error"),
        [
            ("challenge/nobody/a.jpg", "ReferenceNotFoundError"),
            ("challenge/stray.jpg", "InvalidRequestError"),
        ],
    )
    def test_a_photo_without_a_reference_is_told_so_and_not_tried_again(
        self, bulk: Bulk, key: str, error: str
    ) -> None:
        assert bulk.deliver([photo(bulk, key)]) == []
        assert bulk.result(bulk.result_keys()[0])["error"]["type"] == error
        assert bulk.rekognition.calls == []

    def test_throttling_sends_only_its_own_message_back_and_the_next_try_decides(
        self, bulk: Bulk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bulk.rekognition.scores["challenge/alice/b.jpg"] = "ThrottlingException"
        good, busy = photo(bulk), photo(bulk, "challenge/alice/b.jpg")
        assert bulk.deliver([good], [busy]) == ["m1"]
        assert len(bulk.result_keys()) == 1
        bulk.rekognition.scores.clear()
        assert bulk.deliver([busy]) == ["m0"], "the claim of the first try still holds"
        monkeypatch.setattr(bulk.intake._results, "_lease_seconds", -1.0)
        assert bulk.deliver([busy]) == []
        assert len(bulk.result_keys()) == 2

    def test_what_another_instance_is_deciding_is_left_to_it(self, bulk: Bulk) -> None:
        record = photo(bulk)
        version = record["s3"]["object"]["versionId"]
        bulk.put(f"results/alice/a.jpg/{version}.json.claim")
        assert bulk.deliver([record]) == ["m0"]
        assert bulk.rekognition.calls == []

    def test_a_result_that_appears_meanwhile_stays_as_it_is(self, bulk: Bulk) -> None:
        record = photo(bulk)
        key = f"results/alice/a.jpg/{record['s3']['object']['versionId']}.json"
        bulk.rekognition.before = lambda _: bulk.s3.put_object(
            Bucket="photos", Key=key, Body=b'{"decision": "first"}'
        )
        assert bulk.deliver([record]) == []
        assert bulk.result(key) == {"decision": "first"}

    def test_a_bucket_that_refuses_is_found_out_before_a_call_is_paid_for(
        self, bulk: Bulk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        record = photo(bulk)

        def refuse(**_: object) -> None:
            raise ClientError(
                {"Error": {"Code": "AccessDenied"}, "ResponseMetadata": {"HTTPStatusCode": 403}},  # type: ignore[typeddict-item]
                "PutObject",
            )

        monkeypatch.setattr(bulk.s3, "put_object", refuse)
        assert bulk.deliver([record]) == ["m0"]
        assert bulk.rekognition.calls == []

    def test_a_result_that_s3_refuses_for_a_moment_is_written_and_not_paid_for_again(
        self, bulk: Bulk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        record = photo(bulk)
        refused = refuse_results(bulk, monkeypatch, times=3)
        assert bulk.deliver([record]) == []
        assert len(refused) == 3
        assert len(bulk.result_keys()) == 1
        assert len(bulk.rekognition.calls) == 2

    def test_a_result_that_s3_refuses_for_long_comes_again_before_time_is_over(
        self, bulk: Bulk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        record = photo(bulk)
        refused = refuse_results(bulk, monkeypatch, times=1000)
        left = iter([29.0] * 9)
        event = {"Records": [{"messageId": "m", "body": json.dumps({"Records": [record]})}]}
        answer = bulk.intake.serve(event, INVOCATION, lambda: next(left, 5.0))
        assert answer == {"batchItemFailures": [{"itemIdentifier": "m"}]}
        assert 1 < len(refused) < 9

    def test_no_photo_is_begun_that_cannot_be_finished_in_time(self, bulk: Bulk) -> None:
        assert bulk.deliver([photo(bulk)], left=5.0) == ["m0"]
        assert bulk.rekognition.calls == []
        assert bulk.result_keys("") == []

    def test_a_message_that_nobody_can_read_goes_to_the_dead_letter_queue(self, bulk: Bulk) -> None:
        good = photo(bulk)
        assert bulk.deliver([{"s3": "nonsense"}], [good]) == ["m0"]
        assert len(bulk.result_keys()) == 1

    def refuse_the_first_reference(self, bulk: Bulk, code: str) -> None:
        def refuse(source: str) -> None:
            if source.endswith("1.jpg"):
                raise ClientError({"Error": {"Code": code}}, "CompareFaces")

        bulk.rekognition.before_source = refuse

    @pytest.mark.parametrize("code", ["AccessDeniedException", "InvalidS3ObjectException"])
    def test_a_reference_that_cannot_be_read_leaves_the_others_to_decide(
        self, bulk: Bulk, code: str
    ) -> None:
        record = photo(bulk)
        self.refuse_the_first_reference(bulk, code)
        bulk.deliver([record])
        result = bulk.result(bulk.result_keys()[0])
        assert result["decision"] == "match"
        assert "error" in result["sources"][0]

    def test_nobody_is_a_stranger_because_a_reference_could_not_be_read(self, bulk: Bulk) -> None:
        """Else mending the policy would not help: the refusal would be the photo's last result."""
        bulk.rekognition.scores["challenge/alice/a.jpg"] = 1.0
        self.refuse_the_first_reference(bulk, "AccessDeniedException")
        assert bulk.deliver([photo(bulk)]) == ["m0"]
        assert bulk.result_keys() == []

    def test_a_photo_that_is_no_good_is_compared_with_one_reference_only(
        self, bulk: Bulk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bulk.rekognition.scores["challenge/alice/a.jpg"] = "InvalidImageFormatException"

        def refuse(**_: object) -> None:
            raise ClientError({"Error": {"Code": "InvalidImageFormatException"}}, "DetectFaces")

        monkeypatch.setattr(bulk.rekognition, "detect_faces", refuse)
        assert bulk.deliver([photo(bulk)]) == []
        assert len(bulk.rekognition.calls) == 1

    def test_a_decision_that_came_too_late_is_noted_as_void(
        self, bulk: Bulk, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Else the record would contradict the result, and no one could tell why."""
        caplog.set_level("INFO")
        record = photo(bulk)
        key = f"results/alice/a.jpg/{record['s3']['object']['versionId']}.json"
        bulk.rekognition.before = lambda _: bulk.s3.put_object(Bucket="photos", Key=key)
        bulk.deliver([record])
        assert "photo decided elsewhere" in [each.getMessage() for each in caplog.records]

    @pytest.mark.parametrize("folder", ["reference/alice/", "reference/alice/old/"])
    def test_a_folder_among_too_many_references_hides_none_of_them(
        self, bulk: Bulk, folder: str
    ) -> None:
        """Else a person would be decided on the first hundred, the right one left out."""
        bulk.put(folder)
        for number in range(3, 152):
            bulk.put(f"reference/alice/{number}.jpg")
        bulk.deliver([photo(bulk)])
        assert bulk.result(bulk.result_keys()[0])["error"]["type"] == "InvalidRequestError"

    def test_every_failure_names_the_photo(
        self, bulk: Bulk, caplog: pytest.LogCaptureFixture
    ) -> None:
        bulk.deliver([photo(bulk)], left=5.0)
        bulk.rekognition.scores["challenge/alice/a.jpg"] = "ThrottlingException"
        bulk.deliver([photo(bulk)])
        failures = [vars(each) for each in caplog.records if each.getMessage().endswith("failed")]
        assert [each["error_type"] for each in failures] == ["OutOfTimeError", "ThrottledError"]
        assert {each["target_key"] for each in failures} == {"challenge/alice/a.jpg"}

    def test_the_announced_version_is_compared_and_not_the_newest(self, bulk: Bulk) -> None:
        """Else the result of one photo would tell who is on the one that replaced it."""
        record = photo(bulk)
        bulk.put("challenge/alice/a.jpg")
        bulk.deliver([record])
        assert set(bulk.rekognition.target_versions) == {record["s3"]["object"]["versionId"]}

    def test_a_result_that_s3_refuses_for_good_is_not_asked_for_till_time_is_over(
        self, bulk: Bulk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Else one wrong policy would keep every instance busy for its whole timeout."""
        refused = refuse_results(bulk, monkeypatch, 3, "AccessDenied", 403)
        assert bulk.deliver([photo(bulk)]) == ["m0"]
        assert len(refused) == 1

    def test_an_invocation_ends_no_sooner_than_its_calls_share_of_time(
        self, bulk: Bulk, clients: Clients
    ) -> None:
        """Else invocations with few photos, one after another, would overrun the quota."""
        settings = SETTINGS._replace(calls_per_second=5.0)
        comparer = Comparer(settings, clients, bulk.rekognition)  # type: ignore[arg-type]
        bulk.intake = Intake(settings, comparer, bulk.s3)
        record = photo(bulk)
        began = time.monotonic()
        bulk.deliver([record])
        assert time.monotonic() - began >= 2 / 5

    def test_as_many_references_as_are_allowed_are_compared_and_no_folder(self, bulk: Bulk) -> None:
        """Else the hundredth photo of a person would cost the other ninety-nine."""
        bulk.put("reference/alice/")
        for number in range(3, 101):
            bulk.put(f"reference/alice/{number}.jpg")
        bulk.rekognition.scores["challenge/alice/a.jpg"] = 1.0
        bulk.deliver([photo(bulk)])
        result = bulk.result(bulk.result_keys()[0])
        compared = [source["key"] for source in result["sources"]]
        assert sorted(compared) == sorted(f"reference/alice/{n}.jpg" for n in range(1, 101))
        assert result["decision"] == "no_match"

    def test_every_reference_has_its_score_in_the_result_even_a_single_one(
        self, bulk: Bulk
    ) -> None:
        """Else whoever reads results would have to know two forms of them."""
        bulk.deliver([photo(bulk, "challenge/alicia/a.jpg")])
        (source,) = bulk.result(bulk.result_keys()[0])["sources"]
        assert (source["key"], source["similarity"]) == ("reference/alicia/1.jpg", 99.0)

    def test_a_result_is_json_to_whoever_fetches_it(self, bulk: Bulk) -> None:
        """Else a browser would save it in place of showing it."""
        bulk.deliver([photo(bulk)])
        head = bulk.s3.head_object(Bucket="photos", Key=bulk.result_keys()[0])
        assert head["ContentType"] == "application/json"


class TestClaims:
    """Who may decide a photo."""

    def test_a_claim_is_given_once_and_again_only_when_it_is_stale(self, bulk: Bulk) -> None:
        fresh, stale = (ResultStore(bulk.s3, "photos", lease) for lease in (60.0, -1.0))
        assert fresh.claim("results/k.json", "a") is Claim.MINE
        assert fresh.claim("results/k.json", "b") is Claim.BUSY
        assert stale.claim("results/k.json", "c") is Claim.MINE

    @pytest.mark.parametrize("timeout", [15.0, 30.0, 900.0])
    def test_a_lease_outlives_every_holder_and_ends_before_the_message_comes_again(
        self, bulk: Bulk, clients: Clients, timeout: float
    ) -> None:
        """Else two would pay for a photo, or its message would come again in vain."""
        rate = (REPOSITORY / "rate.tf").read_text(encoding="utf-8")
        found = re.search(r"visibility_timeout = (\d+) \* var\.function\.timeout", rate)
        assert found, "the visibility timeout has moved"
        settings = SETTINGS._replace(timeout_seconds=timeout)
        comparer = Comparer(settings, clients, bulk.rekognition)  # type: ignore[arg-type]
        lease = Intake(settings, comparer, bulk.s3)._results._lease_seconds
        # A message comes again counted from its receipt, a claim is made up to a timeout later.
        assert timeout + 1 <= lease <= (int(found[1]) - 1) * timeout

    @pytest.mark.parametrize("status", [409, 412])
    def test_a_claim_that_is_refused_and_then_gone_is_left_to_the_next_try(
        self, bulk: Bulk, monkeypatch: pytest.MonkeyPatch, status: int
    ) -> None:
        """Else what passes by itself within a moment would be recorded as a failure."""
        monkeypatch.setattr(bulk.s3, "put_object", raising(refusal("x", status, "PutObject")))
        store = ResultStore(bulk.s3, "photos", -1.0)
        assert store.claim("results/k.json", "a") is Claim.BUSY

    def test_of_two_that_take_over_one_claim_at_once_one_gets_it(
        self, bulk: Bulk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store = ResultStore(bulk.s3, "photos", -1.0)
        store.claim("results/k.json", "dead")
        original = bulk.s3.head_object

        def head(**call: Any) -> Any:
            seen = original(**call)
            if call["Key"].endswith(".claim"):
                bulk.s3.put_object(Bucket="photos", Key=call["Key"], Body=b"the other one")
            return seen

        monkeypatch.setattr(bulk.s3, "head_object", head)
        assert store.claim("results/k.json", "late") is Claim.BUSY

    def test_a_decided_photo_is_never_claimed_again_however_old_the_claim(self, bulk: Bulk) -> None:
        store = ResultStore(bulk.s3, "photos", -1.0)
        store.claim("results/k.json", "a")
        assert store.write("results/k.json", {"n": 1}) is True
        assert store.write("results/k.json", {"n": 2}) is False
        assert store.claim("results/k.json", "b") is Claim.DECIDED
        assert bulk.result("results/k.json") == {"n": 1}

    def test_the_functions_own_clock_does_not_count(
        self, bulk: Bulk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store = ResultStore(bulk.s3, "photos", 60.0)
        store.claim("results/k.json", "a")

        class Tomorrow(datetime.datetime):
            @classmethod
            def now(cls, tz: datetime.tzinfo | None = None) -> Tomorrow:
                return cls(2100, 1, 1, tzinfo=tz)

        monkeypatch.setattr("face_compare.results.datetime", Tomorrow)
        assert store.claim("results/k.json", "b") is Claim.BUSY


class TestPairs:
    """A batch from Step Functions."""

    def serve(
        self, bulk: Bulk, pairs: object, left: Callable[[], float] = plenty
    ) -> dict[str, Any]:
        answer = bulk.pairs.serve({"pairs": pairs}, INVOCATION, left)
        if isinstance(answer, Exception):
            raise answer
        return answer

    @pytest.mark.parametrize(
        "wrap",
        [lambda item: item, lambda item: [item], lambda item: {"Items": [item], "BatchInput": {}}],
    )
    def test_a_single_item_and_a_batch_are_both_accepted(
        self, bulk: Bulk, wrap: Callable[[object], object]
    ) -> None:
        (entry,) = self.serve(bulk, wrap({"source": "s", "target": "t"}))["results"]
        assert entry["decision"] == "match"
        assert (entry["source"]["key"], entry["target"]["key"]) == ("s", "t")
        assert "faces" not in entry["target"]
        assert "face" not in entry["source"]

    def test_entries_are_in_the_items_order_with_errors_in_their_place(self, bulk: Bulk) -> None:
        bulk.rekognition.scores.update({"b": "AccessDeniedException", "c": 1.0})
        items: list[object] = [{"source": "s", "target": t} for t in "abc"]
        results = self.serve(bulk, [*items, "nonsense"])["results"]
        assert [entry.get("decision") for entry in results] == ["match", None, "no_match", None]
        assert results[1]["error"]["type"] == "RekognitionForbiddenError"
        assert results[1]["target"]["key"] == "b"
        assert results[3]["item"] == '"nonsense"'
        assert results[3]["error"]["type"] == "InvalidRequestError"
        assert {entry["request_id"] for entry in results} == {"request-1"}

    def test_a_batch_that_has_to_come_again_pays_for_no_pair_twice(self, bulk: Bulk) -> None:
        bulk.rekognition.scores["b"] = "ThrottlingException"
        batch = {
            "Items": [{"source": "s", "target": t} for t in "abc"],
            "BatchInput": {"execution": "arn:1"},
        }
        with pytest.raises(faults.ThrottledError):
            self.serve(bulk, batch)
        bulk.rekognition.scores.clear()
        results = self.serve(bulk, batch)["results"]
        assert [entry["decision"] for entry in results] == ["match"] * 3
        assert sorted(target for _, target in bulk.rekognition.calls) == ["a", "b", "b", "c"]

    def test_a_person_is_not_decided_while_one_of_the_photos_could_not_be_compared(
        self, bulk: Bulk
    ) -> None:
        def busy(source: str) -> None:
            if source == "good":
                raise ClientError({"Error": {"Code": "ThrottlingException"}}, "CompareFaces")

        bulk.rekognition.before_source = busy
        bulk.rekognition.scores["t"] = 1.0
        with pytest.raises(faults.ThrottledError):
            self.serve(bulk, {"sources": ["bad", "good"], "target": "t"})

    def test_a_batch_keeps_its_pace_to_the_end(self, bulk: Bulk, clients: Clients) -> None:
        settings = SETTINGS._replace(calls_per_second=20.0)
        comparer = Comparer(settings, clients, bulk.rekognition)  # type: ignore[arg-type]
        pairs = Pairs(settings, comparer, bulk.s3)
        began = time.monotonic()
        items = [{"source": "s", "target": f"t{n}"} for n in range(10)]
        pairs.serve({"pairs": items}, INVOCATION, plenty)
        assert time.monotonic() - began >= 10 / 20

    def test_another_execution_of_the_same_list_compares_afresh(self, bulk: Bulk) -> None:
        bulk.rekognition.scores["b"] = "ThrottlingException"
        items = [{"source": "s", "target": t} for t in "ab"]
        with pytest.raises(faults.ThrottledError):
            self.serve(bulk, {"Items": items, "BatchInput": {"execution": "arn:1"}})
        bulk.rekognition.scores.clear()
        self.serve(bulk, {"Items": items, "BatchInput": {"execution": "arn:2"}})
        assert len(bulk.rekognition.calls) == 4

    def test_a_batch_of_which_every_pair_failed_fails_by_name(self, bulk: Bulk) -> None:
        with pytest.raises(faults.InvalidRequestError):
            self.serve(bulk, {"source": "", "target": "t"})

    @pytest.mark.parametrize("pairs", [[], {"Items": []}, {"Items": [{}] * 1001}])
    def test_an_empty_or_endless_batch_is_refused(self, bulk: Bulk, pairs: object) -> None:
        with pytest.raises(faults.InvalidRequestError, match="1 to 1000"):
            self.serve(bulk, pairs)

    def test_time_running_out_fails_the_batch_by_a_passing_fault(self, bulk: Bulk) -> None:
        with pytest.raises(faults.OutOfTimeError):
            self.serve(bulk, [{"source": "s", "target": "t"}], lambda: 3.0)
        assert bulk.rekognition.calls == []

    def test_no_call_starts_that_slow_ones_before_it_left_no_time_for(self, bulk: Bulk) -> None:
        """Else Lambda would end the function, and all that is paid for would be lost."""
        left = [29.0]

        def slow(_: str) -> None:
            left[0] -= 8.0

        bulk.rekognition.before = slow
        bulk.rekognition.scores["t"] = 1.0
        sources = [f"s{n}" for n in range(4)]
        with pytest.raises(faults.OutOfTimeError):
            self.serve(bulk, {"sources": sources, "target": "t"}, lambda: left[0])
        assert left[0] >= 0

    def test_a_match_stands_although_a_later_source_could_not_be_compared(self, bulk: Bulk) -> None:
        """Else what cannot change any more would be paid for again."""

        def busy(source: str) -> None:
            if source == "busy":
                raise ClientError({"Error": {"Code": "ThrottlingException"}}, "CompareFaces")

        bulk.rekognition.before_source = busy
        (entry,) = self.serve(bulk, {"sources": ["good", "busy"], "target": "t"})["results"]
        assert entry["decision"] == "match"

    def test_an_item_is_shown_without_photos_and_as_text_that_every_log_takes(
        self, bulk: Bulk
    ) -> None:
        """Step Functions keeps answers: no photo may be in one, and nothing that breaks it."""
        photo_in_base64 = "QUJD" * 50
        items = [
            {"source": {"bytes": photo_in_base64}, "target": "\ud800"},
            {"source": {"bytes": photo_in_base64}, "target": "t"},
            {"source": "s", "target": "t"},
            ["x" * 10_000],
        ]
        results = self.serve(bulk, items)["results"]
        assert "QUJD" not in json.dumps(results)
        assert [each["error"]["type"] for each in results if "error" in each] == [
            "InvalidRequestError"
        ] * 3
        for entry in results:
            json.dumps(entry, ensure_ascii=False).encode()
            assert len(json.dumps(entry)) < 1500

    def test_a_batch_of_no_execution_is_compared_afresh_since_its_photos_may_be_others(
        self, bulk: Bulk
    ) -> None:
        bulk.rekognition.scores["b"] = "ThrottlingException"
        items = [{"source": "s", "target": t} for t in "ab"]
        with pytest.raises(faults.ThrottledError):
            self.serve(bulk, items)
        bulk.rekognition.scores.update({"a": 1.0, "b": 1.0})
        results = self.serve(bulk, items)["results"]
        assert [entry["decision"] for entry in results] == ["no_match"] * 2

    def test_what_was_decided_by_a_weaker_rule_does_not_count(
        self, bulk: Bulk, clients: Clients
    ) -> None:
        """Else a threshold that was raised would not hold for a run that is taken up again."""
        bulk.rekognition.scores.update({"a": 90.0, "b": "ThrottlingException"})
        batch = {
            "Items": [{"source": "s", "target": t} for t in "ab"],
            "BatchInput": {"execution": "arn:1"},
        }
        with pytest.raises(faults.ThrottledError):
            self.serve(bulk, batch)
        bulk.rekognition.scores["b"] = 90.0
        stricter = SETTINGS._replace(rule=Rule(99.0))
        comparer = Comparer(stricter, clients, bulk.rekognition)  # type: ignore[arg-type]
        bulk.pairs = Pairs(stricter, comparer, bulk.s3)
        results = self.serve(bulk, batch)["results"]
        assert [entry["decision"] for entry in results] == ["no_match"] * 2

    def test_a_defect_at_one_pair_does_not_cost_the_others(self, bulk: Bulk) -> None:
        def fail(target: str) -> None:
            if target == "b":
                raise LookupError("a defect")

        bulk.rekognition.before = fail
        batch = {
            "Items": [{"source": "s", "target": t} for t in "abc"],
            "BatchInput": {"execution": "arn:1"},
        }
        with pytest.raises(LookupError):
            self.serve(bulk, batch)
        bulk.rekognition.before = lambda _: None
        self.serve(bulk, batch)
        assert sorted(target for _, target in bulk.rekognition.calls) == ["a", "b", "b", "c"]

    @pytest.mark.parametrize(
        ("code", "count"), [("ThrottlingException", 1), ("AccessDeniedException", 1)]
    )
    def test_each_fault_is_recorded_once_under_its_photos(
        self, clients: Clients, bulk: Bulk, caplog: pytest.LogCaptureFixture, code: str, count: int
    ) -> None:
        """Else every alarm on a batch would count one too many."""
        bulk.rekognition.scores["b"] = code
        service = Service(SETTINGS, clients)
        service._bulk = SimpleNamespace(pairs=bulk.pairs)  # type: ignore[assignment]
        with pytest.raises(faults.FaceCompareError):
            service.serve({"pairs": {"source": "s", "target": "b"}}, Context())
        failures = [vars(each) for each in caplog.records if each.getMessage().endswith("failed")]
        assert [each["target_key"] for each in failures] == ["b"] * count

    def test_a_batch_nested_without_end_is_refused_by_name(self, bulk: Bulk) -> None:
        nested: object = "x"
        for _ in range(200_000):
            nested = [nested]
        with pytest.raises(faults.InvalidRequestError, match="nested"):
            self.serve(bulk, nested)

    def test_two_batches_of_one_execution_never_exchange_their_results(self, bulk: Bulk) -> None:
        """Else a person would get what was decided about another."""
        bulk.rekognition.scores.update({"b": "ThrottlingException", "c": 1.0, "d": 1.0})
        of_first, of_second = (
            {
                "Items": [{"source": "s", "target": target} for target in targets],
                "BatchInput": {"execution": "arn:1"},
            }
            for targets in ("ab", "cd")
        )
        with pytest.raises(faults.ThrottledError):
            self.serve(bulk, of_first)
        results = self.serve(bulk, of_second)["results"]
        assert [entry["target"]["key"] for entry in results] == ["c", "d"]
        assert [entry["decision"] for entry in results] == ["no_match"] * 2

    @pytest.mark.parametrize(
        ("error", "fault"),
        [
            (refusal("AccessDenied", 403, "GetObject"), faults.RekognitionForbiddenError),
            (refusal("SlowDown", 503, "GetObject"), faults.ThrottledError),
            (ReadTimeoutError(endpoint_url="x"), faults.ServiceUnavailableError),
        ],
    )
    def test_while_what_was_kept_cannot_be_read_nothing_is_paid_for(
        self,
        bulk: Bulk,
        monkeypatch: pytest.MonkeyPatch,
        error: Exception,
        fault: type[faults.FaceCompareError],
    ) -> None:
        """Else each try of a batch would pay for all of its pairs."""
        monkeypatch.setattr(bulk.s3, "get_object", raising(error))
        items = [{"source": "s", "target": "t"}]
        with pytest.raises(fault):
            self.serve(bulk, {"Items": items, "BatchInput": {"execution": "arn:1"}})
        assert bulk.rekognition.calls == []

    @pytest.mark.parametrize("first", ["nonsense", {"source": "s", "target": "defect"}])
    def test_a_passing_fault_decides_that_the_batch_comes_again(
        self, bulk: Bulk, first: object
    ) -> None:
        """Else Step Functions would give up a batch that the next try would have finished."""

        def fail(target: str) -> None:
            if target == "defect":
                raise LookupError("a defect")

        bulk.rekognition.before = fail
        bulk.rekognition.scores["b"] = "ThrottlingException"
        with pytest.raises(faults.ThrottledError):
            self.serve(bulk, [first, {"source": "s", "target": "b"}])

    def test_a_batch_that_cannot_be_kept_comes_again_all_the_same(
        self, bulk: Bulk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Else a bucket's trouble would turn a throttled batch into one that is given up."""
        bulk.rekognition.scores["b"] = "ThrottlingException"
        forbidden = refusal("AccessDenied", 403, "PutObject")
        monkeypatch.setattr(bulk.s3, "put_object", raising(forbidden))
        items = [{"source": "s", "target": t} for t in "ab"]
        with pytest.raises(faults.ThrottledError):
            self.serve(bulk, {"Items": items, "BatchInput": {"execution": "arn:1"}})
        (note,) = [vars(r) for r in caplog.records if r.getMessage() == "batch not kept"]
        assert "AccessDenied" in note["why"]

    def test_a_batch_taken_up_again_is_answered_although_all_that_was_left_failed(
        self, bulk: Bulk
    ) -> None:
        """Else what the first try decided would be lost."""
        items = [{"source": "s", "target": t} for t in "ab"]
        batch = {"Items": items, "BatchInput": {"execution": "arn:1"}}
        bulk.rekognition.scores["b"] = "ThrottlingException"
        with pytest.raises(faults.ThrottledError):
            self.serve(bulk, batch)
        bulk.rekognition.scores["b"] = "AccessDeniedException"
        results = self.serve(bulk, batch)["results"]
        assert [entry.get("decision") for entry in results] == ["match", None]

    @pytest.mark.parametrize("targets", [["t"], ["t", "u"]])
    def test_an_item_has_one_target_and_is_told_so(self, bulk: Bulk, targets: list[str]) -> None:
        """Else a line of the results would stand for nobody knows which photo."""
        items = [{"source": "s", "targets": targets}, {"source": "s", "target": "t"}]
        refused, decided = self.serve(bulk, items)["results"]
        assert refused["error"]["type"] == "InvalidRequestError"
        assert "one target" in refused["error"]["message"]
        assert decided["decision"] == "match"

    def test_the_largest_batch_is_accepted(self, bulk: Bulk) -> None:
        """Else a list that the README allows would be refused whole."""
        results = self.serve(bulk, [*[{}] * 999, {"source": "s", "target": "t"}])["results"]
        assert len(results) == 1000
        assert results[-1]["decision"] == "match"
