"""Photos that arrive by themselves and lists of pairs: nothing lost, decided or paid for twice."""

from __future__ import annotations

import datetime
import email.utils
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from face_compare import faults
from face_compare.audit import Invocation
from face_compare.clients import Clients
from face_compare.comparer import Comparer
from face_compare.decision import Rule
from face_compare.intake import Intake
from face_compare.pairs import Pairs
from face_compare.results import Claim, ResultStore
from face_compare.service import Service
from tests.unit.payload.canned_aws import compared
from tests.unit.payload.conftest import SETTINGS, Context
from tests.unit.payload.test_uploads import announced

INVOCATION = Invocation("request-1", "7", cold_start=False)


def plenty() -> float:
    return 29.0


@dataclass
class FakeRekognition:
    """Scores by target key; a string is an error code. Every call is counted."""

    scores: dict[str, float | str] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    before: Callable[[str], None] = lambda _: None
    before_source: Callable[[str], None] = lambda _: None

    def compare_faces(self, **call: Any) -> dict[str, Any]:
        source = call["SourceImage"]["S3Object"]["Name"]
        target = call["TargetImage"]["S3Object"]["Name"]
        self.calls.append((source, target))
        self.before(target)
        self.before_source(source)
        score = self.scores.get(target, 99.0)
        if isinstance(score, str):
            raise ClientError({"Error": {"Code": score, "Message": ""}}, "CompareFaces")
        return compared(score).body

    def detect_faces(self, **call: Any) -> dict[str, Any]:
        """Tell for the diagnosis that every challenge photo it asks about has no face."""
        is_reference = call["Image"]["S3Object"]["Name"].startswith("reference/")
        return {"FaceDetails": [{}] if is_reference else []}


@dataclass
class Bulk:
    """What bulk work needs, with moto's S3 and a counted Rekognition."""

    s3: Any
    rekognition: FakeRekognition
    intake: Intake
    pairs: Pairs

    def put(self, key: str) -> str:
        return str(self.s3.put_object(Bucket="photos", Key=key, Body=b"x")["VersionId"])

    def result_keys(self, suffix: str = ".json") -> list[str]:
        listed = self.s3.list_objects_v2(Bucket="photos", Prefix="results/")
        return [o["Key"] for o in listed.get("Contents", []) if o["Key"].endswith(suffix)]

    def result(self, key: str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(
            self.s3.get_object(Bucket="photos", Key=key)["Body"].read()
        )
        return content

    def deliver(self, *messages: list[dict[str, Any]], left: float = 29.0) -> list[str]:
        """Deliver one message for each list of announcements; return those that come again."""
        event = {
            "Records": [
                {"messageId": f"m{n}", "eventSource": "aws:sqs", "body": json.dumps({"Records": m})}
                for n, m in enumerate(messages)
            ]
        }
        answer = self.intake.serve(event, INVOCATION, lambda: left)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def date_answer(parsed: dict[str, Any], **_: object) -> None:
    parsed["ResponseMetadata"]["HTTPHeaders"]["date"] = email.utils.formatdate(usegmt=True)


@pytest.fixture
def bulk(clients: Clients, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bulk]:
    with mock_aws():
        s3 = clients.paced_s3()
        s3.create_bucket(
            Bucket="photos", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        s3.put_bucket_versioning(Bucket="photos", VersioningConfiguration={"Status": "Enabled"})
        # S3 dates every answer; moto inside the process does not.
        s3.meta.events.register("after-call.s3.HeadObject", date_answer, unique_id="date")
        rekognition = FakeRekognition()
        monkeypatch.setattr(clients, "_diagnosis_rekognition", rekognition)
        comparer = Comparer(SETTINGS, clients, rekognition)  # type: ignore[arg-type]
        yield Bulk(s3, rekognition, Intake(SETTINGS, comparer, s3), Pairs(SETTINGS, comparer, s3))


def photo(bulk: Bulk, key: str = "challenge/alice/a.jpg") -> dict[str, Any]:
    return announced(key, versionId=bulk.put(key))


def refuse_results(bulk: Bulk, monkeypatch: pytest.MonkeyPatch, times: int) -> list[str]:
    """Make S3 overloaded for so many results; their keys as they come."""
    original, refused = bulk.s3.put_object, list[str]()

    def put_object(**put: Any) -> Any:
        if put["Key"].endswith(".json") and len(refused) < times:
            refused.append(put["Key"])
            answer = {"Error": {"Code": "SlowDown"}, "ResponseMetadata": {"HTTPStatusCode": 503}}
            raise ClientError(answer, "PutObject")  # type: ignore[arg-type]
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


class TestClaims:
    """Who may decide a photo."""

    def test_a_claim_is_given_once_and_again_only_when_it_is_stale(self, bulk: Bulk) -> None:
        fresh, stale = (ResultStore(bulk.s3, "photos", lease) for lease in (60.0, -1.0))
        assert fresh.claim("results/k.json", "a") is Claim.MINE
        assert fresh.claim("results/k.json", "b") is Claim.BUSY
        assert stale.claim("results/k.json", "c") is Claim.MINE

    def test_a_lease_outlives_every_holder_and_ends_before_the_message_comes_again(
        self, bulk: Bulk
    ) -> None:
        lease = bulk.intake._results._lease_seconds
        assert SETTINGS.timeout_seconds < lease < 6 * SETTINGS.timeout_seconds

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
