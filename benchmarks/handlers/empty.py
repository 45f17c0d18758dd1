"""(0) What starting Python and Lambda's runtime client costs by itself."""

from typing import Any


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001
    """Do nothing."""
    return {}
