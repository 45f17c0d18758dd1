"""The clients of bulk work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from face_compare.bulk.limits import paced_limits, storage_limits
from face_compare.runtime.clients import Clients
from face_compare.runtime.settings import Settings

if TYPE_CHECKING:
    from botocore.awsrequest import AWSRequest
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_s3 import S3Client


def paced_rekognition(clients: Clients, settings: Settings) -> RekognitionClient:
    """Make the client for comparisons."""
    client: RekognitionClient = clients.make("rekognition", paced_limits(settings))
    return client


def paced_s3(clients: Clients, settings: Settings) -> S3Client:
    """Make the client for events, references and results."""
    client: S3Client = clients.make("s3", storage_limits(settings))
    client.meta.events.register("request-created.s3.PutObject", _send_body_at_once)
    return client


def _send_body_at_once(request: AWSRequest, **_: object) -> None:
    """Do not wait for S3's "100 Continue" before the body: claims and results are small."""
    del request.headers["Expect"]
