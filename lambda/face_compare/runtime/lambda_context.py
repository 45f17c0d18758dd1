"""The context object that Lambda passes to the handler. Only type checkers import it."""

from typing import Protocol


class LambdaContext(Protocol):
    """The part of Lambda's context object that is used here."""

    aws_request_id: str
    function_version: str

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until Lambda stops the invocation."""
