"""The AWS clients, with time limits that end before the function's timeout."""

from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal

from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from face_compare.runtime import audit
from face_compare.runtime.settings import CallLimits, Settings

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_s3 import S3Client

AWS_ERRORS = (ClientError, BotoCoreError, ResponseParserError)
"""All that a client raises: an error answer, no answer, an unreadable answer."""


class Clients:
    """The clients of one execution environment.

    The client for comparisons is made at once, while Lambda gives the start its full CPU. The
    clients for a diagnosis are made when the first comparison fails: most environments never
    need them, and each takes up to 0.2 s.
    """

    def __init__(self, settings: Settings) -> None:
        """Make the client for comparisons."""
        self._has_fast_sessions = True
        self._settings = settings
        # Several comparisons of one invocation may fail at the same time.
        self._making = Lock()
        self._diagnosis_rekognition: RekognitionClient | None = None
        self._diagnosis_s3: S3Client | None = None
        self.rekognition: RekognitionClient = self.make("rekognition", settings.comparison_limits)

    @property
    def diagnosis_rekognition(self) -> "RekognitionClient":
        """Rekognition with the shorter limits of a diagnosis."""
        with self._making:
            if self._diagnosis_rekognition is None:
                self._diagnosis_rekognition = self.make(
                    "rekognition", self._settings.diagnosis_limits
                )
            return self._diagnosis_rekognition

    @property
    def diagnosis_s3(self) -> "S3Client":
        """S3 with the shorter limits of a diagnosis."""
        with self._making:
            if self._diagnosis_s3 is None:
                self._diagnosis_s3 = self.make("s3", self._settings.diagnosis_limits)
            return self._diagnosis_s3

    def make(self, service: Literal["rekognition", "s3"], limits: CallLimits) -> Any:
        """Make a client with these limits."""
        # botocore's defaults, 60 s for each timeout and the "legacy" retries, outlast the
        # function.
        config = Config(
            connect_timeout=limits.connect_timeout,
            read_timeout=limits.read_timeout,
            retries={"mode": "standard", "total_max_attempts": limits.attempts},
            max_pool_connections=max(self._settings.concurrency, self._settings.workers),
        )
        if self._has_fast_sessions:
            try:
                fast = self._rekognition_session if service == "rekognition" else self._s3_session
                return fast.client(service, config=config)
            except Exception as error:  # noqa: BLE001 - a new botocore may fail in any way
                self._has_fast_sessions = False
                audit.record_slow_start(error)
        return self._session.client(service, config=config)

    # Both modules are imported here because a new botocore may lack what they import.
    @cached_property
    def _rekognition_session(self) -> Session:
        from face_compare.runtime.fast_start import rekognition_session  # noqa: PLC0415

        return rekognition_session()

    @cached_property
    def _s3_session(self) -> Session:
        from face_compare.runtime.fast_times import s3_session  # noqa: PLC0415

        return s3_session()

    @cached_property
    def _session(self) -> Session:
        return Session()
