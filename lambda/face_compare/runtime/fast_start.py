"""A session of botocore that makes clients for Rekognition fast, for the cold start.

Its clients send the same requests to the same endpoints as any others. The tests in
tests/unit/payload/runtime/test_clients.py prove it.
"""

from typing import Any

from botocore.handlers import BUILTIN_HANDLERS
from botocore.loaders import Loader
from botocore.session import Session


class RekognitionLoader(Loader):
    """botocore's loader of service data. It reads only what a client for Rekognition needs."""

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 - inherited
        """Return the one service. Looking for all others on the disk takes 20 ms of CPU."""
        return ["rekognition"]

    def load_data_with_path(self, name: str) -> tuple[Any, str]:
        """Load a data file. An empty one replaces endpoints.json.

        endpoints.json is for services without endpoint rules. Rekognition has such rules, and
        they decide. Reading the file takes 20 ms of CPU and 8 MiB. If it is empty, botocore
        treats every region as newer than the file.
        """
        if name == "endpoints":
            return {"version": 3, "partitions": []}, f"{self.BUILTIN_DATA_PATH}/{name}"
        return super().load_data_with_path(name)


def rekognition_session() -> Session:
    """Return a session that makes clients for Rekognition only.

    Of botocore's built-in handlers it has those that serve every service. Checking the hundred
    others takes 4 ms of CPU. The event of a single service has a dot and the service's name in
    it, such as "before-call.s3".
    """
    session = Session(include_builtin_handlers=False)
    for event, handler, *_ in BUILTIN_HANDLERS:
        if "." not in event:
            session.register(event, handler)
    session.register_component("data_loader", RekognitionLoader())
    return session
