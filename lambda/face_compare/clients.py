"""The AWS clients, with limits that end before the function does."""

from __future__ import annotations

from threading import Lock
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
        # Several comparisons of one invocation may fail at the same time.
        self._making = Lock()
        self._diagnosis_rekognition: RekognitionClient | None = None
        self._diagnosis_s3: S3Client | None = None
        self.rekognition: RekognitionClient = self._client(
            "rekognition", settings.comparison_limits
        )

    @property
    def diagnosis_rekognition(self) -> RekognitionClient:
        """Rekognition with the shorter limits of a diagnosis."""
        with self._making:
            if self._diagnosis_rekognition is None:
                self._diagnosis_rekognition = self._client(
                    "rekognition", self._settings.diagnosis_limits
                )
            return self._diagnosis_rekognition

    @property
    def diagnosis_s3(self) -> S3Client:
        """S3 with the shorter limits of a diagnosis."""
        with self._making:
            if self._diagnosis_s3 is None:
                self._diagnosis_s3 = self._client("s3", self._settings.diagnosis_limits)
            return self._diagnosis_s3

    def _client(self, service: str, limits: CallLimits) -> Any:
        # botocore's defaults are 60 s for each timeout and the "legacy" retries, which
        # outlast the function.
        return self._session.create_client(
            service,
            config=Config(
                connect_timeout=limits.connect_timeout,
                read_timeout=limits.read_timeout,
                retries={"mode": "standard", "total_max_attempts": limits.attempts},
                max_pool_connections=self._settings.concurrency,
            ),
        )
