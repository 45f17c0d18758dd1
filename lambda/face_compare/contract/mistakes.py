"""Finds out what a caller means by an unknown field, only for the message of the error.

Sources: the shapes of the events in the AWS Lambda developer guide, and Rekognition's names in
its API reference (``CompareFaces``, ``Image``, ``S3Object``).
"""

import difflib
import re
from collections.abc import Mapping, Sequence

_OTHER_SPELLINGS = {
    "source": ("reference", "referenceimage", "sourceimage", "sourcekey", "image1"),
    "sources": ("references", "sourceimages"),
    "target": ("candidate", "challenge", "challengeimage", "image2", "targetimage", "targetkey"),
    "targets": ("candidates", "challenges", "targetimages"),
    "similarity_threshold": ("facematchthreshold", "matchthreshold", "similarity", "threshold"),
    "require_single_face": ("singleface",),
    "bytes": ("base64", "blob", "body", "content", "data", "image", "imagebytes"),
    "key": ("file", "filename", "name", "object", "objectkey", "path", "s3key", "s3object"),
    "version_id": ("objectversion", "s3objectversion", "version"),
}
"""Other names for our fields: those of Rekognition and other services, and likely guesses."""

_BUCKET_NAMES = frozenset({"bucket", "bucketname", "s3bucket"})
_CLOSE = 0.75
"""How alike, from 0 to 1, a name and its misspelling are at least."""

_UPLOADS = (
    "The function reads announcements of uploads from its queue only, which paces them and keeps "
    "what fails. Set on_upload, and send them to the queue of the output uploads_queue_arn."
)
_EVENT = 'Send an event such as {"source": "reference/alice.jpg", "target": "challenge/1.jpg"}.'
_OF_S3_BY_RULE = f"This is an event of S3 from EventBridge. {_UPLOADS}"
_OF_EVENTBRIDGE = f"This is an event from EventBridge. Give its rule an input transformer. {_EVENT}"
_OF_SNS = f"This is a notification of SNS. {_UPLOADS}"
_PART_OF_HTTP = (
    "This looks like a part of an HTTP request. Use the function URL, API Gateway or a load "
    "balancer with Lambda's own (proxy) integration, or VPC Lattice with event structure V2. "
    f"{_EVENT}"
)
_OTHER_SERVICES = {
    "awslogs": "a subscription of CloudWatch Logs",
    "bootstrapServers": "Kafka",
    "getObjectContext": "S3 Object Lambda",
    "rmqMessagesByQueue": "Amazon MQ",
    "tasks": "S3 Batch Operations",
    "triggerSource": "Amazon Cognito",
}
"""Who sends an event that has this field."""

_SIGNS = {
    "Event": f"This is S3's test message. {_UPLOADS}",
    "TopicArn": _OF_SNS,
    **{
        member: f"This is an event of {sender}, which the function does not read. {_EVENT}"
        for member, sender in _OTHER_SERVICES.items()
    },
    **dict.fromkeys(("body", "httpMethod", "rawPath", "raw_path"), _PART_OF_HTTP),
}
"""What a field of an event says about its sender."""


def meant_member(name: str, known: Sequence[str]) -> str | None:
    """Return the known field that is meant by an unknown one, None if it is like none."""
    plain = _plain(name)
    for member in known:
        if plain in _OTHER_SPELLINGS.get(member, ()):
            return member
    return similar_member(name, known)


def similar_member(name: str, known: Sequence[str]) -> str | None:
    """Return the known field that is spelled most like a name, None if none is like it."""
    close = difflib.get_close_matches(name[:64].lower(), known, n=1, cutoff=_CLOSE)
    return close[0] if close else None


def advice_on(name: str, known: Sequence[str]) -> str:
    """Return a sentence about the field that is meant, "" if no known field is like it."""
    if "key" in known and _plain(name) in _BUCKET_NAMES:
        return " Leave the bucket out: every image is in the module's bucket, and key names it."
    member = meant_member(name, known)
    return f" Send {member} instead." if member else ""


def other_sender(event: Mapping[str, object]) -> str | None:
    """Return what to do with the event of another AWS service, None if it is from none."""
    # No service has these fields: it is an event for this function, with one field too many.
    if "target" in event or "targets" in event:
        return None
    if "detail-type" in event:
        is_upload = event.get("source") == "aws.s3"
        return _OF_S3_BY_RULE if is_upload else _OF_EVENTBRIDGE
    if "Records" in event:
        return _about_records(event["Records"])
    for member, sentence in _SIGNS.items():
        if member in event:
            return sentence
    return None


def _about_records(records: object) -> str:
    first = records[0] if isinstance(records, list) and records else None
    members = first if isinstance(first, Mapping) else {}
    sender = members.get("eventSource", members.get("EventSource"))
    if sender == "aws:s3":
        return f"This is a notification of S3. {_UPLOADS}"
    if sender == "aws:sns":
        return _OF_SNS
    if isinstance(sender, str) and re.fullmatch(r"aws:[a-z0-9-]{1,40}", sender):
        return f"These are records of {sender}, which the function does not read. {_EVENT}"
    return f"These are records of another service, which the function does not read. {_EVENT}"


def _plain(name: str) -> str:
    """Return a name as all styles of writing have it: without capitals and separators."""
    return re.sub(r"[^a-z0-9]", "", name[:64].lower())
