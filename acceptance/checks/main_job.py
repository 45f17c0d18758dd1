"""The main job: two images, one decision, one record. On examples/minimal."""

from __future__ import annotations

from acceptance.model import Scene, Verdict, check
from local import use

_RECORD_SECONDS = 120.0


def told(outcome: use.Invoked) -> str:
    """What the function answered, with its request id."""
    if outcome.answer is None:
        return f"{outcome.error_type}: {outcome.error_message} (request {outcome.request_id})"
    answer = outcome.answer
    score = f"{answer['decision']} at {answer['similarity']}"
    return f"{score} in {outcome.seconds:.2f} s (request {outcome.request_id})"


def decided(outcome: use.Invoked, decision: str) -> Verdict:
    """Whether the function decided like this."""
    answer = outcome.answer or {}
    return answer.get("decision") == decision, told(outcome)


def failed(outcome: use.Invoked, error_type: str) -> Verdict:
    """Whether the function failed with this error."""
    return outcome.error_type == error_type, told(outcome)


@check(
    "match",
    "The deployed function can read the images, call Rekognition and decide.",
    "match for a darker photo of the same person",
    on="minimal",
)
def match(scene: Scene) -> Verdict:
    """Compare two photos of one person."""
    return decided(scene.compare(use.EILEEN, use.DARK), "match")


@check("stranger", "Another person does not match.", "no_match", on="minimal")
def stranger(scene: Scene) -> Verdict:
    """Compare photos of two people."""
    return decided(scene.compare(use.GRACE, use.DARK), "no_match")


@check(
    "no-face-in-source",
    "The function finds out that it is the source that shows no face.",
    "NoFaceInSourceError",
    on="minimal",
    row=6,
)
def no_face_in_source(scene: Scene) -> Verdict:
    """Compare a cat with a person."""
    return failed(scene.compare(use.CAT_REFERENCE, use.DARK), "NoFaceInSourceError")


@check(
    "no-face-in-target",
    "The function finds out that it is the target that shows no face.",
    "NoFaceInTargetError",
    on="minimal",
    row=6,
)
def no_face_in_target(scene: Scene) -> Verdict:
    """Compare a person with a cat."""
    return failed(scene.compare(use.EILEEN, use.CAT), "NoFaceInTargetError")


@check(
    "missing",
    "S3 tells a role with s3:ListBucket that an image does not exist.",
    "ImageNotFoundError",
    on="minimal",
)
def missing(scene: Scene) -> Verdict:
    """Compare with an image that is not there."""
    return failed(scene.compare(use.EILEEN, use.MISSING), "ImageNotFoundError")


@check(
    "forbidden",
    "Nobody can have the function read what is outside the two folders of images.",
    "ImageForbiddenError",
    on="minimal",
)
def forbidden(scene: Scene) -> Verdict:
    """Compare with an image in another folder."""
    return failed(scene.compare(use.PRIVATE, use.DARK), "ImageForbiddenError")


@check(
    "threshold-raised",
    "A request can raise the threshold, and near matches then do not match.",
    "the same image twice is a match at 99; two people at 99.99 are not",
    on="minimal",
)
def threshold_raised(scene: Scene) -> Verdict:
    """Compare twice with a higher threshold."""
    same = scene.compare(use.EILEEN, use.DARK, similarity_threshold=90)
    other = scene.compare(use.GRACE, use.DARK, similarity_threshold=99.99)
    applied = [(each.answer or {}).get("similarity_threshold") for each in (same, other)]
    good = applied == [90.0, 99.99] and decided(other, "no_match")[0]
    return good and decided(same, "match")[0], f"{told(same)}; {told(other)}; at {applied}"


@check(
    "threshold-not-lowered",
    "A request cannot weaken the module's rule.",
    "InvalidRequestError",
    on="minimal",
)
def threshold_not_lowered(scene: Scene) -> Verdict:
    """Compare with a lower threshold."""
    outcome = scene.compare(use.GRACE, use.DARK, similarity_threshold=50)
    return failed(outcome, "InvalidRequestError")


@check(
    "record-in-cloudwatch",
    "Each decision is on record in CloudWatch within two minutes.",
    "one record of the decision with the request's id, and Lambda's report with status success",
    on="minimal",
)
def record_in_cloudwatch(scene: Scene) -> Verdict:
    """Compare, and look for the records of the request."""
    outcome = scene.compare(use.EILEEN, use.DARK)
    records = scene.records(outcome.request_id, _RECORD_SECONDS)
    decisions = [each for each in records if each.get("message") == "face comparison decided"]
    reports = [each["record"].get("status") for each in records if _is_report(each)]
    good = len(decisions) == 1 and reports == ["success"]
    seen = f"{len(decisions)} records of the decision, reports {reports}"
    return good, f"{seen} (request {outcome.request_id})"


@check(
    "failure-is-no-crash",
    "Lambda's own report of an exception has no errorType that begins with Runtime.",
    "no Runtime. or Sandbox. in the report of a request for a missing image",
    on="minimal",
    row=4,
)
def failure_is_no_crash(scene: Scene) -> Verdict:
    """Compare with a missing image, and read Lambda's report."""
    outcome = scene.compare(use.EILEEN, use.MISSING)
    records = scene.records(outcome.request_id, _RECORD_SECONDS)
    reports = [each["record"] for each in records if _is_report(each)]
    crashes = [str(each.get("errorType", "")) for each in reports]
    clean = not any(each.startswith(("Runtime.", "Sandbox.")) for each in crashes)
    seen = [{k: each.get(k) for k in ("status", "errorType")} for each in reports]
    return reports and clean, f"{seen} (request {outcome.request_id})"


def _is_report(record: dict[str, object]) -> bool:
    return record.get("type") == "platform.report"
