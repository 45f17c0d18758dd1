"""The AWS clients, with time limits that end before the function's timeout."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.session import Session

from face_compare.runtime.fast_start import rekognition_session
from face_compare.runtime.settings import CallLimits, Settings

if TYPE_CHECKING:
    from botocore.awsrequest import AWSRequest
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_s3 import S3Client


class Clients:
    """The clients of one execution environment.

    The client for comparisons is made at once, while Lambda gives the start its full CPU. The
    clients for a diagnosis are made when the first comparison fails: most environments never
    need them, and each takes up to 0.2 s.

    The clients come from botocore's session. boto3's session is a wrapper of it and makes
    clients of the same classes, but importing boto3 and s3transfer takes 20 ms of CPU and 2 MiB.
    """

    def __init__(self, settings: Settings) -> None:
        """Make the client for comparisons."""
        self._sessions: dict[str, Session] = {}
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

    def paced_rekognition(self) -> RekognitionClient:
        """Make a client with the limits of bulk work."""
        client: RekognitionClient = self._client("rekognition", self._settings.paced_limits)
        return client

    def paced_s3(self) -> S3Client:
        """Make a client with the limits of bulk work."""
        client: S3Client = self._client("s3", self._settings.storage_limits)
        client.meta.events.register("request-created.s3.PutObject", _send_body_at_once)
        return client

    def _client(self, service: str, limits: CallLimits) -> Any:
        # botocore's defaults, 60 s for each timeout and the "legacy" retries, outlast the
        # function.
        return self._session(service).create_client(
            service,
            config=Config(
                connect_timeout=limits.connect_timeout,
                read_timeout=limits.read_timeout,
                retries={"mode": "standard", "total_max_attempts": limits.attempts},
                max_pool_connections=max(self._settings.concurrency, self._settings.workers),
            ),
        )

    def _session(self, service: str) -> Session:
        if service not in self._sessions:
            self._sessions[service] = (
                rekognition_session() if service == "rekognition" else Session()
            )
        return self._sessions[service]


def _send_body_at_once(request: AWSRequest, **_: object) -> None:
    """Do not wait for S3's "100 Continue" before the body: claims and results are small."""
    del request.headers["Expect"]
