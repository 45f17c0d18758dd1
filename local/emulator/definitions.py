"""Definitions of state machines that Step Functions would refuse are refused.

    stepfunctions._validate_definition_jsonata       Upstream looks at JSONata expressions only.
    stepfunctions._validate_state_machine_definition Upstream finds every definition good.

The rules are those that lint holds the definition against. What CreateStateMachine and
UpdateStateMachine answer is only known to be InvalidDefinition: AWS may change the wording.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from local.emulator.upstream import Upstream
from tools.states_language import problems


def install() -> None:
    """Apply the patches to the MiniStack imported in this process."""
    states: Upstream = import_module("ministack.services.stepfunctions")
    responses: Upstream = import_module("ministack.core.responses")
    upstream_validate = states._validate_definition_jsonata

    def validate(definition_str: str) -> str | None:
        found = problems(definition_str)
        if found:
            return f"Invalid State Machine Definition: '{'; '.join(found)}'"
        refusal: str | None = upstream_validate(definition_str)
        return refusal

    def validate_state_machine_definition(data: dict[str, Any]) -> Upstream:
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

    states._validate_definition_jsonata = validate
    states._validate_state_machine_definition = validate_state_machine_definition
