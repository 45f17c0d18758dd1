"""State machines as Step Functions has them: patches to the pinned MiniStack.

What it would refuse is refused, by the rules that lint has too.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any
from unittest.mock import patch

from tools.states_language import problems


def install() -> None:
    """Apply the patches to the MiniStack that this process imports."""
    states = import_module("ministack.services.stepfunctions")
    responses = import_module("ministack.core.responses")
    original = states._validate_definition_jsonata

    def validate(definition_str: str) -> str | None:
        found = problems(definition_str)
        if found:
            return f"Invalid State Machine Definition: '{'; '.join(found)}'"
        refusal: str | None = original(definition_str)
        return refusal

    def validate_state_machine_definition(data: dict[str, Any]) -> Any:
        found = problems(data["definition"])
        return responses.json_response(
            {
                "result": "FAIL" if found else "OK",
                "diagnostics": [
                    {"severity": "ERROR", "code": "SCHEMA_VALIDATION_FAILED", "message": problem}
                    for problem in found
                ],
            }
        )

    original_delete = states._delete_state_machine

    def delete_state_machine(data: dict[str, Any]) -> Any:
        # AWS has no error for one that is gone, so a client may repeat the call.
        known = data.get("stateMachineArn") in states._state_machines
        return original_delete(data) if known else responses.json_response({})

    patch.object(states, "_delete_state_machine", delete_state_machine).start()
    # MiniStack looks at JSONata expressions only, and finds every definition good.
    patch.object(states, "_validate_definition_jsonata", validate).start()
    patch.object(
        states, "_validate_state_machine_definition", validate_state_machine_definition
    ).start()
