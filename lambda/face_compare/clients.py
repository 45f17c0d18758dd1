"""The AWS clients, with limits that end before the function does."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.session import Session

from face_compare.settings import CallLimits, Settings

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_s3 import S3Client


class Clients:
    """The clients of one execution environment.

    The one for comparisons is made at once, while Lambda gives the start its full CPU. Those
    for finding out why a comparison failed are made when the first one fails: most
    environments never need them, and each costs as much as 0.2 s.

    The clients come from botocore's session, of which boto3's is a wrapper: they are of the
    same class, without the cost of importing boto3 and s3transfer.
    """

    def __init__(self, settings: Settings) -> None:
        """Make the client for comparisons."""
        self._session = Session()
        self._settings = settings
        self.rekognition: RekognitionClient = self._client(
            "rekognition", settings.comparison_limits
        )

    @cached_property
    def diagnosis_rekognition(self) -> RekognitionClient:
        """Rekognition with the shorter limits of a diagnosis."""
        client: RekognitionClient = self._client("rekognition", self._settings.diagnosis_limits)
        return client

    @cached_property
    def diagnosis_s3(self) -> S3Client:
        """S3 with the shorter limits of a diagnosis."""
        client: S3Client = self._client("s3", self._settings.diagnosis_limits)
        return client

    def _client(self, service: str, limits: CallLimits) -> Any:
        # botocore's defaults are 60 s for each timeout and the "legacy" retries, which
        # outlast the function.
        return self._session.create_client(
            service,
            config=Config(
                connect_timeout=limits.connect_timeout,
                read_timeout=limits.read_timeout,
                retries={"mode": "standard", "total_max_attempts": limits.attempts},
            ),
        )
