"""The AWS clients, with limits that end before the function does."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.handlers import BUILTIN_HANDLERS
from botocore.loaders import Loader
from botocore.session import Session

from face_compare.settings import CallLimits, Settings

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_s3 import S3Client


class RekognitionData(Loader):
    """botocore's loader of service data, reading only what a client for Rekognition needs.

    For the session's documented component ``data_loader``. A client made with it sends the
    same requests to the same endpoints as any other: tests/unit/payload/test_clients.py.
    """

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 - inherited
        """Return the one service; looking for all others on the disk takes 20 ms of CPU."""
        return ["rekognition"]

    def load_data_with_path(self, name: str) -> tuple[Any, str]:
        """Load a file of botocore's, but for endpoints.json, in which no region is found.

        That file is for services without endpoint rules; Rekognition has some, and these
        decide. Reading it takes 20 ms of CPU and 8 MiB. An empty one has botocore treat every
        region as newer than the file.
        """
        if name == "endpoints":
            return {"version": 3, "partitions": []}, f"{self.BUILTIN_DATA_PATH}/{name}"
        return super().load_data_with_path(name)


def rekognition_session() -> Session:
    """Return a session of botocore's that makes clients for Rekognition only.

    It looks for data as RekognitionData does, and has those of botocore's built-in handlers that
    serve every service: checking the hundred others takes 4 ms of CPU. An event of one service
    has its name behind a dot, such as "before-call.s3".
    """
    session = Session(include_builtin_handlers=False)
    for event, handler, *_ in BUILTIN_HANDLERS:
        if "." not in event:
            session.register(event, handler)
    session.register_component("data_loader", RekognitionData())
    return session


class Clients:
    """The clients of one execution environment.

    The one for comparisons is made at once, while Lambda gives the start its full CPU. Those
    for finding out why a comparison failed are made when the first one fails: most
    environments never need them, and each costs as much as 0.2 s.

    The clients come from botocore's session, of which boto3's is a wrapper: they are of the
    same class, without the cost of importing boto3 and s3transfer (20 ms of CPU, 2 MiB).
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
        return client

    def _session(self, service: str) -> Session:
        if service not in self._sessions:
            self._sessions[service] = (
                rekognition_session() if service == "rekognition" else Session()
            )
        return self._sessions[service]

    def _client(self, service: str, limits: CallLimits) -> Any:
        # botocore's defaults are 60 s for each timeout and the "legacy" retries, which
        # outlast the function.
        return self._session(service).create_client(
            service,
            config=Config(
                connect_timeout=limits.connect_timeout,
                read_timeout=limits.read_timeout,
                retries={"mode": "standard", "total_max_attempts": limits.attempts},
                max_pool_connections=max(self._settings.concurrency, self._settings.workers),
            ),
        )
