"""What the launcher is told through its environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

MINISTACK_VERSION = "1.5.33"
"""The version the patches were written against; tools/requirements/emulator.in pins it too."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where functions find their runtime and their AWS, and where principals are written down."""

    runtime_python: Path
    """Interpreter that has awslambdaric and boto3; it runs every Python function."""
    principals_file: Path
    """JSON file kept up to date for the Rekognition stand-in."""
    endpoint: str
    """The emulator's own address, e.g. "http://127.0.0.1:4566"."""
    function_endpoints: Mapping[str, str]
    """Every AWS_ENDPOINT_URL variable that functions get, by name."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Settings:
        """Read the settings.

        Raises:
            KeyError: a variable is missing (local/stack.py sets them all).
        """
        return cls(
            runtime_python=Path(environ["FACE_COMPARE_RUNTIME_PYTHON"]),
            principals_file=Path(environ["FACE_COMPARE_PRINCIPALS_FILE"]),
            endpoint=environ["AWS_ENDPOINT_URL"],
            function_endpoints={
                name: value
                for name, value in environ.items()
                if name == "AWS_ENDPOINT_URL" or name.startswith("AWS_ENDPOINT_URL_")
            },
        )
